"""What a training is told: settings of genesys's own, and those that go to TRL by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from genesys.errors import ConfigurationError, UnknownName

Kind = Literal["sft", "dpo", "grpo"]
"""Supervised on what is right, on preferences, or online by reward."""

KINDS: tuple[Kind, ...] = get_args(Kind)

CONFIG_CLASSES: dict[Kind, str] = {"sft": "SFTConfig", "dpo": "DPOConfig", "grpo": "GRPOConfig"}
"""TRL's class whose fields a command takes by name."""

_OFFLINE_ONLY = ("dataset", "eval_max_tokens", "eval_temperature")
_ONLINE_ONLY = (
    "problems",
    "limit",
    "verifier",
    "answer_format",
    "rewards",
    "combine",
    "pass_rates",
    "min_pass_rate",
    "max_pass_rate",
    "curriculum",
)


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """One training.

    Attributes:
        kind: What kind of training.
        model: Folder of transformers, or a name on the hub.
        out: The folder that gets everything.
        dataset: For sft and dpo: what `genesys curate` wrote, a folder or a Parquet file.
        env: The environment that serves problems; for sft and dpo, of the held-out ones.
        problems: For grpo: a file, generator or collection; None is the environment's default.
        template: How problems become messages; None is the environment's default.
        limit: For grpo: only the first so many problems.
        verifier: For grpo: verifier of the reward; None is the task type's.
        answer_format: For grpo: where answers stand; None is the task type's.
        rewards: For grpo: shaping rewards beside the verifier's, one table each (`reward_choice`).
        combine: For grpo: "sum" of all rewards, or "gate": shaping pays only where the answer is right.
        pass_rates: For grpo: a run folder whose pass rates choose among the problems.
        min_pass_rate: Problems below it in `pass_rates` are left out.
        max_pass_rate: Problems above it in `pass_rates` are left out.
        curriculum: Whether problems are drawn by how much they can teach: by `pass_rates` first, then by
            what training sees (`genesys.training.curriculum`).
        eval_problems: Held-out problems, scored before, during and after training; None scores nothing.
        eval_limit: How many of them at most.
        eval_n: Completions for each.
        eval_every: Steps between two evaluations; None evaluates before and after only.
        eval_max_tokens: For sft and dpo: tokens of such a completion; grpo takes its own.
        eval_temperature: For sft and dpo: how they are drawn; grpo takes its own.
        wandb: Whether to report to Weights & Biases (`WANDB_PROJECT`, `WANDB_MODE` are its own).
        trl: Fields of TRL's configuration that were given, by name.
    """

    kind: Kind
    model: str
    out: Path
    dataset: str | None = None
    env: str | None = None
    problems: str | None = None
    template: str | None = None
    limit: int | None = None
    verifier: str | None = None
    answer_format: str | None = None
    rewards: tuple[Mapping[str, Any], ...] = ()
    combine: str = "sum"
    pass_rates: str | None = None
    min_pass_rate: float | None = None
    max_pass_rate: float | None = None
    curriculum: bool = False
    eval_problems: str | None = None
    eval_limit: int = 256
    eval_n: int = 1
    eval_every: int | None = None
    eval_max_tokens: int = 4096
    eval_temperature: float = 1.0
    wandb: bool = False
    trl: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_numbers()
        for name in _ONLINE_ONLY if self.kind != "grpo" else _OFFLINE_ONLY:
            if getattr(self, name) != _default(name):
                kinds = "grpo" if name in _ONLINE_ONLY else "sft and dpo"
                raise ConfigurationError(f"{name} means nothing to {self.kind}: it is for {kinds}")
        if self.kind == "grpo" and self.env is None:
            raise ConfigurationError(
                "grpo needs an environment", "Give --env; `genesys envs` lists them, with their problems."
            )
        if self.kind != "grpo" and self.dataset is None:
            raise ConfigurationError(
                f"{self.kind} needs a dataset", "Give --dataset, a folder that `genesys curate` wrote."
            )
        if self.eval_problems is not None and self.env is None:
            raise ConfigurationError(
                "eval_problems needs an environment that serves them", "Give --env as well."
            )
        if self.eval_every is not None and self.eval_problems is None:
            raise ConfigurationError(
                f"eval_every={self.eval_every} needs held-out problems", "Give --eval-problems as well."
            )
        if self.combine not in ("sum", "gate"):
            raise UnknownName.of("way to combine rewards", self.combine, ("sum", "gate"))
        self._check_pass_rates()

    def _check_numbers(self) -> None:
        for name in ("curriculum", "wandb"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigurationError(f"{name}={getattr(self, name)!r} is neither true nor false")
        for name in ("limit", "eval_limit", "eval_n", "eval_every", "eval_max_tokens"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
                raise ConfigurationError(f"{name}={value!r} is no whole number from 1")
        if not isinstance(self.eval_temperature, int | float) or self.eval_temperature < 0:
            raise ConfigurationError(f"eval_temperature={self.eval_temperature!r} is no number from 0")

    def _check_pass_rates(self) -> None:
        bounds = {"min_pass_rate": self.min_pass_rate, "max_pass_rate": self.max_pass_rate}
        for name, value in bounds.items():
            if value is None:
                continue
            if not isinstance(value, int | float) or not 0 <= value <= 1:
                raise ConfigurationError(f"{name}={value!r} is no share in [0, 1]")
        asked = [name for name, value in bounds.items() if value is not None]
        asked += ["curriculum"] if self.curriculum else []
        if asked and self.pass_rates is None:
            raise ConfigurationError(
                f"{asked[0]} needs measured pass rates",
                "Give --pass-rates RUN, a run of these problems that `genesys collect` made.",
            )

    def identity(self) -> dict[str, Any]:
        """What distinguishes two trainings, as JSON types: a checkpoint of one never continues another."""
        everything = asdict(self) | {"out": None, "rewards": list(self.rewards), "trl": None}
        trl = {name: value for name, value in self.trl.items() if name not in MAY_CHANGE}
        kept = {name: value for name, value in everything.items() if name not in MAY_CHANGE}
        return {name: value for name, value in (kept | {"trl": trl}).items() if value is not None}


OWN_SETTINGS = tuple(entry.name for entry in fields(TrainSettings) if entry.name not in ("kind", "trl"))
"""The settings that are not TRL's."""

MAY_CHANGE = frozenset(
    {
        "out",
        "wandb",
        "eval_every",
        "max_steps",
        "num_train_epochs",
        "save_strategy",
        "save_steps",
        "save_total_limit",
        "logging_steps",
        "logging_strategy",
        "logging_dir",
        "run_name",
        "report_to",
        "log_completions",
        "num_completions_to_print",
        "disable_tqdm",
        "project",
        "hub_model_id",
        "push_to_hub",
        "ddp_timeout",
        "dataloader_pin_memory",
        "torch_empty_cache_steps",
        "vllm_server_base_url",
        "vllm_server_host",
        "vllm_server_port",
        "vllm_server_timeout",
        "vllm_group_port",
        "vllm_gpu_memory_utilization",
        "vllm_enable_sleep_mode",
    }
)
"""What may be another when a training is resumed: how long, how often it saves, what it reports, and what
a scheduler decides anew, such as the address of vLLM's server."""


def _default(name: str) -> Any:
    return next(entry.default for entry in fields(TrainSettings) if entry.name == name)
