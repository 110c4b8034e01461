"""Asking a model many prompts: a harvest, with a run folder, so that no prompt is asked twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from genesys.curation.builders.context import BuildContext
from genesys.envs.sources import ProblemSource
from genesys.envs.templates import Messages
from genesys.errors import SamplerError
from genesys.rollouts.collector import Collector, CollectSettings
from genesys.rollouts.identity import RunIdentity
from genesys.rollouts.progress import Progress
from genesys.rollouts.run_folder import RunFolder
from genesys.rollouts.sampler import Sampler
from genesys.schema import Problem, digest_of, split_reasoning

TASK_TYPE = "builder_prompt"
"""The task type of prompts: nothing verifies them; who asked reads the replies."""


@dataclass(frozen=True)
class Prompts:
    """A `ProblemSource` of prompts, by the id of what they are about.

    Attributes:
        identity: What all the prompts of the step are: those left to ask are part of the same harvest.
        texts: Id -> prompt.
    """

    identity: str
    texts: dict[str, str]
    skipped: int = 0

    @cached_property
    def _ids(self) -> list[str]:
        return list(self.texts)

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[Problem]:
        return (self.by_id(name) for name in self._ids)

    def __getitem__(self, index: int) -> Problem:
        return self.by_id(self._ids[index])

    def by_id(self, problem_id: str) -> Problem:
        """The prompt about something, as a problem that nobody verifies."""
        return Problem(
            problem_id=problem_id,
            source="builder",
            task_type=TASK_TYPE,
            prompt=self.texts[problem_id],
            verification_info={},
        )


@dataclass
class _Asking:
    """What the collector needs of an environment."""

    problems: ProblemSource
    template: str

    def messages(self, problem: Problem) -> Messages:
        return [{"role": "user", "content": problem.prompt}]


def ask(
    texts: dict[str, str], *, step: str, prompt: str, folder: Path, attempt: int, context: BuildContext
) -> dict[str, str]:
    """Asks what has not been asked yet, and returns every reply.

    Args:
        texts: Id -> prompt: those whose reply to this attempt is wanted.
        step: Name of the step.
        prompt: Key of the wording.
        folder: Where the run folder is made, without its digest; it survives interruptions.
        attempt: 0 for the first reply, 1 for the one after a malformed one, and so on.
        context: The build.

    The run folder bears the digest of its identity: another model, seed or setting asks anew, beside what was asked
    before; and a reply to a prompt that reads otherwise now is no reply.

    Returns:
        Id -> the answer of that attempt's reply, without its reasoning; "" where it never ended.

    Raises:
        SamplerError: If some prompts could not be answered; the next call asks only these.
    """
    source = Prompts(digest_of(context.seed, step), texts)
    return context.wait(_ask(source, f"build/{step}", prompt, folder, attempt, context))


async def _ask(
    source: Prompts, env_id: str, prompt: str, folder: Path, attempt: int, context: BuildContext
) -> dict[str, str]:
    sampler = context.sampler()
    identity = _identity(source, env_id, prompt, sampler, context.seed)
    place = folder.with_name(f"{folder.name}-{digest_of(asdict(identity), bits=64)}")
    with RunFolder(place, identity) as run:
        settings = CollectSettings(n=attempt + 1, concurrency=context.concurrency, verify=False)
        collector = Collector(_Asking(source, prompt), sampler, run, settings, grader=context.grader)
        watching = asyncio.create_task(_watched(collector.progress, context))
        try:
            progress = await collector.collect()
        finally:
            watching.cancel()
        replies = _replies(run, source, attempt)
    if len(replies) < len(source.texts):
        raise SamplerError(
            f"{progress.failed or len(source.texts) - len(replies)} of {len(source.texts)} prompts of "
            f"{env_id} were not answered",
            "Run the same command again: only these are asked.",
        )
    return replies


async def _watched(progress: Progress, context: BuildContext) -> None:
    """Tells, twice a second, how many replies are there and how many are wanted."""
    while True:
        context.on_asked(progress.before + progress.completions, progress.planned)
        await asyncio.sleep(0.5)


def _identity(source: Prompts, env_id: str, prompt: str, sampler: Sampler, seed: int) -> RunIdentity:
    return RunIdentity(
        env_id=env_id,
        source=source.identity,
        template=prompt,
        model=sampler.model,
        model_revision=sampler.model_revision,
        sampling=sampler.sampling.identity(),
        settings=dict(sampler.settings),
        seed=seed,
    )


def _replies(run: RunFolder, source: Prompts, attempt: int) -> dict[str, str]:
    columns: Sequence[str] = ("problem_id", "problem_digest", "sample_index", "text")
    wanted = {problem.problem_id: problem.digest for problem in source}
    found: dict[str, str] = {}
    for batch in run.reader.batches("completions", columns):
        for row in batch.to_pylist():
            if row["sample_index"] == attempt and wanted.get(row["problem_id"]) == row["problem_digest"]:
                found[row["problem_id"]] = split_reasoning(row["text"]).answer or ""
    return found
