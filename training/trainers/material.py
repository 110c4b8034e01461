"""What a training learns from and is measured by."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genesys.errors import ConfigurationError, DataError
from genesys.rewards import default_spec, grader, verify_batch
from genesys.rewards.judging import require_judge
from genesys.rewards.registry import DEFAULTS
from genesys.rollouts.collecting import make_environment
from genesys.schema import Problem
from genesys.training.completion_text import opened_by
from genesys.training.curated_data import preference_dataset, sft_dataset
from genesys.training.curriculum import Curriculum
from genesys.training.pass_rates import choose, read_pass_rates
from genesys.training.prompt_data import problem_of, prompt_dataset
from genesys.training.trainers.reward_choice import Reward, reward_functions
from genesys.training.trainers.settings import TrainSettings
from genesys.training.verified_reward import LEFT_OPEN, VerifiedReward, reward

if TYPE_CHECKING:
    from datasets import Dataset

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Material:
    """What a training learns from and is measured by.

    Attributes:
        dataset: What it learns from, in TRL's form.
        rewards: For grpo: the verifier's reward, then the shaping ones.
        weights: Their weights, where some are given.
        curriculum: What draws the problems, where they are not merely shuffled.
        held_out: Prompts and problems of the held-out evaluation, in the form of `prompt_dataset`, or None.
        score: From held-out problems and texts to scores.
        identity: All of it by digests and keys.
        warnings: What is odd about it.
    """

    dataset: Dataset
    identity: dict[str, Any]
    rewards: tuple[Reward, ...] = ()
    weights: list[float] | None = None
    curriculum: Curriculum | None = None
    held_out: Dataset | None = None
    score: Callable[[Sequence[Problem], Sequence[str]], list[float | None]] | None = None
    warnings: tuple[str, ...] = ()

    def held_out_rows(self) -> list[tuple[list[dict[str, str]], Problem]]:
        """The held-out prompts with their problems."""
        rows = self.held_out if self.held_out is not None else ()
        return [(row["prompt"], problem_of(row["problem"])) for row in rows]


@dataclass(kw_only=True)
class _Loading:
    settings: TrainSettings
    tokenizer: Any
    identity: dict[str, Any] = field(default_factory=dict)


def load_material(settings: TrainSettings, tokenizer: Any, max_tokens: int) -> Material:
    """Opens data, rewards and held-out problems of a training.

    Args:
        settings: The training.
        tokenizer: The model's.
        max_tokens: Tokens of a completion at most, which some shaping rewards need.

    Raises:
        ConfigurationError: If something is not there, or does not fit.
        DataError: If a file cannot be used.
    """
    loading = _Loading(settings=settings, tokenizer=tokenizer)
    rewards: tuple[Reward, ...] = ()
    weights, curriculum = None, None
    if settings.kind == "grpo":
        dataset, verified = _online(loading)
        curriculum = _curriculum(settings)
        rewards, weights = reward_functions(
            verified if curriculum is None else curriculum.watching(verified),
            settings.rewards,
            combine=settings.combine,
            limit=max_tokens,
            weights=settings.trl.get("reward_weights"),
        )
    else:
        dataset = _offline(loading)
    held_out, score = _held_out(loading)
    return Material(
        dataset=dataset,
        identity=loading.identity,
        rewards=rewards,
        weights=weights,
        curriculum=curriculum,
        held_out=held_out,
        score=score,
        warnings=tuple(_overlap(dataset, held_out)),
    )


def _online(loading: _Loading) -> tuple[Dataset, VerifiedReward]:
    settings = loading.settings
    environment = _environment(settings, settings.problems)
    dataset = _by_pass_rate(prompt_dataset(environment, limit=settings.limit), settings)
    verifier = getattr(environment, "verifier_spec", None)
    opened = opened_by(loading.tokenizer, **(settings.trl.get("chat_template_kwargs") or {}))
    verified = reward(verifier=verifier, opened=opened)
    loading.identity |= {
        "problems": environment.problems.identity,
        "template": environment.template,
        "verifier": verifier.key if verifier is not None else _default_keys(dataset),
        "rows": len(dataset),
    }
    return dataset, verified


def _curriculum(settings: TrainSettings) -> Curriculum | None:
    if not settings.curriculum:
        return None
    return Curriculum(
        read_pass_rates(Path(str(settings.pass_rates))),
        least=0.0 if settings.min_pass_rate is None else settings.min_pass_rate,
        most=1.0 if settings.max_pass_rate is None else settings.max_pass_rate,
        seed=int(settings.trl.get("seed", 0)),
    )


def _by_pass_rate(dataset: Dataset, settings: TrainSettings) -> Dataset:
    """The problems whose pass rate in an offline run lies within the bounds."""
    if settings.min_pass_rate is None and settings.max_pass_rate is None:
        return dataset
    chosen = choose(
        read_pass_rates(Path(str(settings.pass_rates))),
        least=0.0 if settings.min_pass_rate is None else settings.min_pass_rate,
        most=1.0 if settings.max_pass_rate is None else settings.max_pass_rate,
    )
    ids = [problem_of(cell).problem_id for cell in dataset["problem"]]
    kept = [place for place, name in enumerate(ids) if name in chosen]
    logger.info("%d of %d problems have a pass rate within the bounds", len(kept), len(ids))
    if not kept:
        raise DataError(
            f"none of the {len(ids)} problems has a pass rate within the bounds in {settings.pass_rates}",
            "Widen --min-pass-rate and --max-pass-rate, or name a run of these problems.",
        )
    return dataset.select(kept)


def _offline(loading: _Loading) -> Dataset:
    settings = loading.settings
    path = Path(str(settings.dataset))
    dataset = sft_dataset(path) if settings.kind == "sft" else preference_dataset(path)
    loading.identity |= {"dataset": _digest_of_rows(dataset), "rows": len(dataset)}
    return dataset


def _held_out(loading: _Loading) -> tuple[Dataset | None, Any]:
    settings = loading.settings
    if settings.eval_problems is None:
        return None, None
    environment = _environment(settings, settings.eval_problems)
    held_out = prompt_dataset(environment, limit=settings.eval_limit)
    verifier = getattr(environment, "verifier_spec", None)
    loading.identity |= {
        "held_out": environment.problems.identity,
        "held_out_rows": len(held_out),
        "held_out_verifier": verifier.key if verifier is not None else _default_keys(held_out),
    }

    def score(problems: Sequence[Problem], texts: Sequence[str]) -> list[float | None]:
        verdicts = verify_batch(problems, texts, verifier=verifier)
        return [0.0 if verdict.cause in LEFT_OPEN else verdict.score for verdict in verdicts]

    return held_out, score


def _environment(settings: TrainSettings, problems: str | None) -> Any:
    environment = make_environment(
        str(settings.env),
        problems=problems,
        template=settings.template,
        verifier=settings.verifier,
        answer_format=settings.answer_format,
    )
    asked = getattr(environment, "verifier_spec", None) or grader().spec_for(environment.problems[0])
    require_judge([asked])  # an hour later is too late to hear of it
    return environment


def _default_keys(dataset: Dataset) -> str:
    kinds = {problem_of(cell).task_type for cell in islice(dataset["problem"], 1000)}
    return ", ".join(sorted(default_spec(kind).key for kind in kinds if kind in DEFAULTS))


def _digest_of_rows(dataset: Dataset) -> str:
    """The rows count, and not the files they come from: a set curated anew is the same set."""
    digest = hashlib.sha256()
    for row in dataset:
        digest.update(json.dumps(row, sort_keys=True, ensure_ascii=False).encode())
    return f"sha256:{digest.hexdigest()}"


def _overlap(dataset: Dataset, held_out: Dataset | None) -> list[str]:
    if held_out is None:
        return []
    measured = {_question(row["prompt"]) for row in held_out.select_columns("prompt")}
    learned = {_question(row["prompt"]) for row in dataset.select_columns("prompt")}
    both = len(measured & learned)
    if both == len(measured):
        raise ConfigurationError(
            "every held-out problem is also one to learn from", "Give other --eval-problems."
        )
    if both:
        return [f"{both} of {len(measured)} held-out prompts are also learned from: the score flatters"]
    return []


def _question(prompt: Any) -> str:
    return prompt if isinstance(prompt, str) else json.dumps(prompt, sort_keys=True)
