"""`genesys eval`: how good a model is on problems, with how sure that is."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genesys.cli.console import percent, print_json, stderr, stdout, table
from genesys.cli.options import AnswerFormat, Json, Judge, Limit, Problems, Verifier, Workers, make_grader
from genesys.errors import ConfigurationError

if TYPE_CHECKING:
    from genesys.rewards import Grader
    from genesys.rollouts.collecting import Harvest
    from genesys.training.pass_at_k import Evaluation, PassAtK


def evaluate(
    run: Annotated[
        Path | None, typer.Argument(help="A run that exists: it is evaluated, and nothing is sampled.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", help="Or else: the model to sample, by name or folder.")
    ] = None,
    env: Annotated[
        str | None, typer.Option("--env", help="The environment that serves the problems.")
    ] = None,
    problems: Problems = None,
    out: Annotated[Path | None, typer.Option("--out", help="The run folder to make.")] = None,
    k: Annotated[str, typer.Option("--k", help="Which pass@k, such as 1,4,16.")] = "1",
    n: Annotated[
        int | None, typer.Option("--n", min=1, help="Completions a problem. Default: the largest k.")
    ] = None,
    sampler: Annotated[
        str, typer.Option("--sampler", help="transformers, server, vllm, recording, …")
    ] = "transformers",
    sampler_option: Annotated[
        list[str] | None,
        typer.Option("--sampler-option", "-o", help="KEY=VALUE for the sampler. Repeatable."),
    ] = None,
    temperature: Annotated[float, typer.Option("--temperature", min=0.0, help="0 is greedy.")] = 1.0,
    top_p: Annotated[float, typer.Option("--top-p", min=0.0, max=1.0, help="Nucleus.")] = 1.0,
    max_tokens: Annotated[
        int, typer.Option("--max-tokens", min=1, help="Tokens a completion at most.")
    ] = 12_288,
    template: Annotated[
        str | None, typer.Option("--template", help='How problems are put: "plain", "boxed".')
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="The run's seed, and the bootstrap's.")] = 0,
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, help="Requests in flight at most.")
    ] = 256,
    limit: Limit = None,
    verifier: Verifier = None,
    answer_format: AnswerFormat = None,
    judge: Judge = None,
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Measure a model on problems: unbiased pass@k with a 95 % interval over problems, for each source.

    Completions go into a run like any other: interrupt it and run the same command again, score it with
    other verifiers, curate it.

        genesys eval --model ./my-model --env genesys/math-v0 --problems test.jsonl --k 1,4 --n 16 --out runs/eval
        genesys eval runs/eval --k 1,4,16
    """
    from genesys.training.pass_at_k import evaluate_run

    ks = _parse_ks(k)
    if run is None:
        sampling = {"temperature": temperature, "top_p": top_p, "max_tokens": max_tokens}
        run = _required("--out", out)
        harvest = _harvest(
            env=_required("--env", env),
            problems=problems,
            template=template,
            model=_required("--model", model),
            sampler=(sampler, sampler_option or []),
            sampling=sampling,
            settings={"n": n or max(ks), "limit": limit, "concurrency": concurrency},
            seed=seed,
        )
        _collect(harvest, run, make_grader(verifier, answer_format, workers, judge))
        key = _asked_key(run, verifier, answer_format)
    else:
        _refuse(model=model, env=env, problems=problems, out=out, n=n, limit=limit, template=template)
        _refuse(answer_format=answer_format, judge=judge, workers=workers)
        key = _named_key(run, verifier)
    show(evaluate_run(run, ks, verifier=key, seed=seed), run, json=json)


def _parse_ks(text: str) -> list[int]:
    words = [word.strip() for word in text.split(",")]
    if not all(word.isascii() and word.isdigit() and int(word) > 0 for word in words):
        raise ConfigurationError(f"--k {text!r} is no list of whole numbers from 1", "As in --k 1,4,16.")
    return sorted({int(word) for word in words})


def _required(flag: str, value: Any) -> Any:
    if value is None:
        raise ConfigurationError(
            f"{flag} is missing",
            "Name a run that exists, or sample one: --model, --env and --out, and --problems for other problems.",
        )
    return value


def _refuse(**options: object) -> None:
    for name, value in options.items():
        if value is not None:
            raise ConfigurationError(
                f"--{name.replace('_', '-')} is for sampling and scoring, and a run that exists was given",
                "Leave one of the two out; `genesys score` scores it anew.",
            )


def _named_key(run: Path, name: str | None) -> str | None:
    """The key of a verifier of the run, by its key or the beginning of it: "math", "math@1"."""
    from genesys.errors import UnknownName
    from genesys.rollouts.run_reader import RunReader

    if name is None:
        return None
    keys = RunReader(run).verifier_keys()
    named = [key for key in keys if name in (key, key.partition("+")[0], key.partition("@")[0])]
    if name not in named and len(named) > 1:
        raise ConfigurationError(
            f"--verifier {name} names several in this run: {', '.join(named)}", "Give the whole key."
        )
    if not named:
        raise UnknownName.of("verifier in this run", name, keys)
    return name if name in named else named[0]


def _asked_key(run: Path, verifier: str | None, answer_format: str | None) -> str | None:
    """The key of the verifier that was just asked for; an earlier call may have left the scores of others."""
    from genesys.rewards.registry import verifier_table
    from genesys.rollouts.run_reader import RunReader

    params = {} if answer_format is None else {"answer_format": answer_format}
    asked = {spec.key for spec in verifier_table(verifier, params).values()}
    there = [key for key in RunReader(run).verifier_keys() if key in asked]
    return there[0] if len(there) == 1 else None


def _harvest(
    *,
    env: str,
    problems: str | None,
    template: str | None,
    model: str,
    sampler: tuple[str, list[str]],
    sampling: dict[str, Any],
    settings: dict[str, Any],
    seed: int,
) -> Harvest:
    from genesys.cli.collect import parse_options
    from genesys.rollouts.collecting import Harvest
    from genesys.rollouts.collector import CollectSettings
    from genesys.rollouts.sampler import SamplerSettings
    from genesys.schema import Sampling

    return Harvest(
        env_id=env,
        problems=problems,
        template=template,
        sampler=SamplerSettings(
            name=sampler[0], model=model, sampling=Sampling(**sampling), options=parse_options(sampler[1])
        ),
        seed=seed,
        settings=CollectSettings(**settings),
    )


def _collect(harvest: Harvest, out: Path, grader: Grader) -> None:
    from genesys.cli.collect import interruptible
    from genesys.cli.live import watching

    try:
        with watching(harvest.progress, "completions"):
            progress = asyncio.run(interruptible(harvest.run(out, grader)))
    finally:
        grader.close()
    if progress.failed:
        stderr.print(f"{progress.failed:,} completions failed; the same command asks for them again")


def show(evaluation: Evaluation, run: Path, *, json: bool) -> None:
    """Prints the figures."""
    if json:
        print_json({"run": str(run), **evaluation.to_json()})
        return
    ks = [figure.k for figure in evaluation.sources["all"]]
    rows = [
        (source, max((figure.problems for figure in figures), default=0), *_cells(figures, ks))
        for source, figures in evaluation.sources.items()
        if source != "all" or len(evaluation.sources) > 2
    ]
    stdout.print(table(str(run), ("source", "problems", *(f"pass@{k}" for k in ks)), rows))
    truncated = percent(evaluation.truncated, evaluation.completions + evaluation.unscored)
    stderr.print(
        f"{evaluation.completions:,} scored completions of {evaluation.problems:,} problems, {truncated} "
        f"truncated, {evaluation.unscored:,} unscorable or not scored; [95 % intervals] over problems",
        highlight=False,
        markup=False,
    )


def _cells(figures: list[PassAtK], ks: list[int]) -> list[str]:
    by_k = {figure.k: figure for figure in figures}
    return [_cell(by_k[k]) if k in by_k else "–" for k in ks]


def _cell(figure: PassAtK) -> str:
    text = f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"
    return text if not figure.too_few else f"{text} ({figure.too_few} problems have fewer than {figure.k})"
