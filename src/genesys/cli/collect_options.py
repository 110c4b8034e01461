"""The flags of `genesys collect`, in the panels of its help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

PROBLEMS, SAMPLING, VERIFYING, ENOUGH, RUNNING = (
    "Problems",
    "Model and sampling",
    "Verification",
    "When to stop",
    "Run folder and screen",
)


def _option(panel: str, name: str, help_text: str, **more: Any) -> Any:
    return typer.Option(*name.split(), help=help_text, rich_help_panel=panel, **more)


EnvId = Annotated[str | None, _option(PROBLEMS, "--env", "Environment id; [bold]genesys envs[/] lists them.")]
Problems = Annotated[
    str | None,
    _option(
        PROBLEMS,
        "--problems",
        "A file (JSONL, .gz, Parquet in the common schema), a generator such as "
        "arithmetic:level=2,seed=7,size=1000, or hf:org/name@revision:config:split. Default: the environment's generator.",
    ),
]
MixtureFile = Annotated[
    Path | None,
    _option(
        PROBLEMS,
        "--mixture",
        "A TOML file of sources with weights, instead of --env and --problems: docs/rollouts.md.",
    ),
]
Template = Annotated[
    str | None,
    _option(
        PROBLEMS,
        "--template",
        "How a problem becomes messages: plain, boxed, final-answer, think-answer; or pinned, boxed@1. "
        "Default: the environment's.",
    ),
]
Limit = Annotated[int | None, _option(PROBLEMS, "--limit", "Only the first so many problems.", min=1)]
Shard = Annotated[
    str | None,
    _option(
        PROBLEMS,
        "--shard",
        "i/n: only this share of the problems; [bold]genesys merge[/] brings shards together.",
    ),
]
SkipMalformed = Annotated[
    bool, _option(PROBLEMS, "--skip-malformed", "Count rows that do not parse and go on.")
]
OnBadGold = Annotated[
    str, _option(PROBLEMS, "--on-bad-gold", "skip: leave out problems nobody can verify; fail: stop.")
]

Model = Annotated[
    str | None,
    _option(SAMPLING, "--model", "Name or path of the model; of a recording, its file of responses."),
]
SamplerName = Annotated[str, _option(SAMPLING, "--sampler", "transformers, vllm, server, recording, …")]
SamplerOption = Annotated[
    list[str] | None,
    _option(
        SAMPLING,
        "--sampler-option -o",
        "KEY=VALUE for the sampler, such as batch_size=128. Repeatable.",
    ),
]
Endpoint = Annotated[
    list[str] | None,
    _option(
        SAMPLING,
        "--endpoint",
        "Address of a server for --sampler server, such as http://node-1:8000/v1. Repeatable; the servers "
        "share the work.",
    ),
]
PresetName = Annotated[
    str | None,
    _option(
        SAMPLING,
        "--preset",
        "deepseek-r1 (temperature 0.6, top_p 0.95, answers open with <think>, 12,288 tokens) or openr1 "
        "(its instruction, 16,384 tokens); both end loops. Flags beside it win.",
    ),
]
N = Annotated[int, _option(SAMPLING, "--n", "Completions a problem; may grow later.", min=1)]
Seed = Annotated[int, _option(SAMPLING, "--seed", "The run's seed; each sample's follows from it.")]
Temperature = Annotated[
    float | None, _option(SAMPLING, "--temperature", "0 is greedy. Default: 0.6.", min=0.0)
]
TopP = Annotated[float | None, _option(SAMPLING, "--top-p", "Nucleus. Default: 0.95.", min=0.0, max=1.0)]
TopK = Annotated[int | None, _option(SAMPLING, "--top-k", "0, the default, considers all tokens.", min=0)]
MaxTokens = Annotated[
    int | None, _option(SAMPLING, "--max-tokens", "Tokens a completion at most. Default: 12,288.", min=1)
]
OpenThink = Annotated[
    bool | None,
    _option(
        SAMPLING,
        "--open-think/--no-open-think",
        "Begin every answer with <think>, where the model's chat template does not. Default: the preset's.",
    ),
]
StopRepetition = Annotated[
    bool | None,
    _option(
        SAMPLING,
        "--stop-repetition/--no-stop-repetition",
        "End a completion that has fallen into a loop (finish reason repetition). Default: the preset's.",
    ),
]
ContinueTruncated = Annotated[
    bool,
    _option(
        SAMPLING,
        "--continue-truncated",
        "Continue the run's truncated completions up to a higher --max-tokens, as new rows that point to "
        "the old ones. Problems, model and settings are the run's.",
    ),
]

Verify = Annotated[bool, _option(VERIFYING, "--verify/--no-verify", "Verify completions alongside.")]
Verifier = Annotated[
    str | None,
    _option(
        VERIFYING,
        "--verifier",
        'Verifier, maybe pinned: "math", "math@1", for the task types it is for. Default: by task type.',
    ),
]
AnswerFormat = Annotated[
    str | None,
    _option(
        VERIFYING,
        "--answer-format",
        "Where answers stand: boxed, json_output, answer_tag, fenced_code, bare. Default: the template's, or "
        "by task type.",
    ),
]
Judge = Annotated[
    str | None,
    _option(
        VERIFYING,
        "--judge",
        "The judge of judged rewards: a TOML file (docs/rewards/judge.md) or a server's address, such as "
        "http://127.0.0.1:8000/v1#MODEL. Default: the environment variable GENESYS_JUDGE.",
    ),
]
Workers = Annotated[
    int | None,
    _option(VERIFYING, "--workers", "Grader processes. Default: the cores of this machine.", min=1),
]

UntilCorrect = Annotated[
    int | None,
    _option(
        ENOUGH,
        "--until-correct",
        "Rejection sampling: a problem has enough after so many verified completions, at most --n.",
        min=1,
    ),
]
UntilPair = Annotated[
    bool,
    _option(
        ENOUGH,
        "--until-pair",
        "A problem has enough only once it has a right and a wrong completion (a preference pair), at most --n.",
    ),
]
MaxCompletions = Annotated[
    int | None, _option(ENOUGH, "--max-completions", "Completions of the run, earlier calls included.", min=1)
]
MaxTotalTokens = Annotated[
    int | None, _option(ENOUGH, "--max-total-tokens", "Sampled tokens of the run, likewise.", min=1)
]
MaxHours = Annotated[float | None, _option(ENOUGH, "--max-hours", "Hours of this call.")]
MaxSeconds = Annotated[float | None, _option(ENOUGH, "--max-seconds", "Seconds of this call.")]
MaxCost = Annotated[
    float | None, _option(ENOUGH, "--max-cost", "Money of the run, in the unit of the prices.")
]
PricePrompt = Annotated[float, _option(ENOUGH, "--price-prompt", "Of a million prompt tokens.", min=0.0)]
PriceCompletion = Annotated[
    float, _option(ENOUGH, "--price-completion", "Of a million sampled tokens.", min=0.0)
]
Grace = Annotated[
    float | None,
    _option(
        ENOUGH,
        "--grace",
        "Seconds that requests in flight get once a budget is reached; the next call samples anew what is "
        "cancelled. Default: they end.",
        min=0.0,
    ),
]

OutFolder = Annotated[Path, _option(RUNNING, "--out", "The run folder to write.")]
SpoolFolder = Annotated[
    Path | None,
    _option(RUNNING, "--spool", "Local folder for the write-ahead spool, where --out is a network disk."),
]
Concurrency = Annotated[int, _option(RUNNING, "--concurrency", "Requests in flight at most.", min=1)]
Wandb = Annotated[
    str | None,
    _option(
        RUNNING,
        "--wandb",
        "Weights & Biases project to log to: throughput, pass rates, lengths, cost. WANDB_MODE=offline needs no "
        "account.",
    ),
]
Json = Annotated[bool, _option(RUNNING, "--json", "Print one JSON object on stdout; logs go to stderr.")]
