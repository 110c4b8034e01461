"""Truncated samples, continued: a longer limit for traces that had not ended, instead of new ones.

A continuation is a row of its own in the same run, under an id of its own that follows from its parent's
(`parent_id`). Its text is the whole text, the parent's and what came after; its parent is superseded.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from genesys.errors import ConfigurationError, RunMismatch
from genesys.rewards import Grader
from genesys.rollouts.cluster.settings import ClusterSettings
from genesys.rollouts.collecting import collect_into, deciding_settings, opened_sampler
from genesys.rollouts.collector import Collector, CollectSettings
from genesys.rollouts.identity import RunIdentity, response_ids
from genesys.rollouts.planning import Messages, Unit
from genesys.rollouts.progress import Progress
from genesys.rollouts.remote_run import opened_place
from genesys.rollouts.repetition import RepetitionRule, repetition_onset
from genesys.rollouts.run_folder import RunFolder
from genesys.rollouts.run_reader import RunReader
from genesys.rollouts.sampler import SAMPLERS, Prefix, Sampler, SamplerSettings
from genesys.schema import Problem, Sampling

_COLUMNS = ["response_id", "problem_id", "sample_index", "finish_reason", "template", "completion_tokens"]
_LONG_COLUMNS = [*_COLUMNS, "sampling", "token_ids", "logprobs", "text"]


class ContinuationPlan:
    """The truncated samples of a run that a longer limit lets go on.

    A sample is continued once for each limit: the next higher limit goes on from its last continuation.
    One whose end is a loop is left as it is, and counted.

    Args:
        run: The run.
        max_tokens: The new limit, of the whole text.
        progress: Is told what was there and what is left out.
        limit: Only the first so many, or all.
    """

    def __init__(
        self, run: RunFolder, max_tokens: int, progress: Progress, *, limit: int | None = None
    ) -> None:
        self._run, self._progress, self._limit = run, progress, limit
        self._identity = replace(run.identity, sampling={**run.identity.sampling, "max_tokens": max_tokens})
        self._max_tokens = max_tokens
        self._leaves, progress.before = self._survey()

    @property
    def planned(self) -> int:
        """Continuations of this limit, those of earlier calls included."""
        missing = len(self._leaves) if self._limit is None else min(len(self._leaves), self._limit)
        return self._progress.before + missing

    def units(self) -> Iterator[Unit]:
        """One unit for each sample to continue."""
        if not self._leaves:
            return
        problems = _problems(self._run.reader)
        for place, row in enumerate(self._rows()):
            if self._limit is not None and place >= self._limit:
                return
            if _loops(row):
                self._progress.planned -= 1
                self._progress.not_continued += 1
                continue
            problem, messages = problems[row["problem_id"]]
            yield self._unit(problem, messages, row)

    def _survey(self) -> tuple[set[str], int]:
        """The truncated samples without a continuation, and how many have one of this very limit."""
        truncated: set[str] = set()
        continued: set[str] = set()
        done = 0
        columns = ["response_id", "parent_id", "finish_reason", "sampling"]
        for batch in self._run.reader.batches("completions", columns):
            for row in batch.to_pylist():
                limit = Sampling.from_struct(row["sampling"]).max_tokens
                if row["parent_id"]:
                    continued.add(row["parent_id"])
                    done += limit == self._max_tokens
                if row["finish_reason"] == "length" and limit < self._max_tokens:
                    truncated.add(row["response_id"])
        return truncated - continued, done

    def _rows(self) -> Iterator[dict[str, Any]]:
        for batch in self._run.reader.batches("completions", _LONG_COLUMNS):
            for place, name in enumerate(batch.column("response_id").to_pylist()):
                if name in self._leaves:  # one at a time: as Python objects, tokens take tenfold room
                    yield batch.slice(place, 1).to_pylist()[0]

    def _unit(self, problem: Problem, messages: Messages, row: Mapping[str, Any]) -> Unit:
        index, parent_id = row["sample_index"], row["response_id"]
        (name,) = response_ids(self._identity, problem, messages, [index], parent_id)
        return Unit(
            problem=problem,
            messages=messages,
            template=row["template"],
            identity=self._identity,
            ids={index: name},
            parent_id=parent_id,
            prefix=Prefix(
                text=row["text"],
                token_ids=None if row["token_ids"] is None else tuple(row["token_ids"]),
                logprobs=None if row["logprobs"] is None else tuple(row["logprobs"]),
                tokens=row["completion_tokens"],
            ),
        )


def _problems(run: RunReader) -> dict[str, tuple[Problem, Messages]]:
    """The problems of a run with the messages they were put as."""
    return {
        row["problem_id"]: (Problem.from_row(row), row["messages"])
        for batch in run.batches("problems")
        for row in batch.to_pylist()
    }


def _loops(row: Mapping[str, Any]) -> bool:
    rule = RepetitionRule()
    if row["token_ids"] is not None:
        return repetition_onset(row["token_ids"], rule) is not None
    return repetition_onset(row["text"], rule.for_characters()) is not None


@dataclass(frozen=True, kw_only=True)
class Continuation:
    """Everything that continuing the truncated samples of a run needs to know.

    The run says what model, sampling and seed they had; only the limit is another.

    Attributes:
        sampler: Name of the sampler and its options; its model is the run's.
        max_tokens: The new limit, of the whole text.
        model: Where the model lies, if not under the name that the run has.
        options: The sampler's own options.
        settings: How; n and stopping rules play no part.
        progress: Counters to watch.
        cluster: Where the samplers run; None is this process.
    """

    sampler: str
    max_tokens: int
    model: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    settings: CollectSettings = field(default_factory=CollectSettings)
    progress: Progress = field(default_factory=Progress)
    cluster: ClusterSettings | None = None

    async def run(self, out: Path, grader: Grader) -> Progress:
        """Continues what is truncated in a run folder.

        Raises:
            ConfigurationError: If it is no run, or the sampler cannot continue.
            RunMismatch: If the sampler's model or settings are not the run's.
            SamplerError: If the sampler cannot go on.
        """
        stored = RunIdentity(**RunReader.open(out).identity)
        sampling = Sampling.from_struct({**stored.sampling, "max_tokens": self.max_tokens})
        if self.max_tokens <= stored.sampling["max_tokens"]:
            raise ConfigurationError(
                f"--max-tokens {self.max_tokens} is no more than the run's {stored.sampling['max_tokens']}",
                "Truncated samples are continued with a higher limit.",
            )
        chosen = SamplerSettings(
            name=self.sampler,
            model=self.model or stored.model,
            sampling=sampling,
            options={**self._stored_options(stored), **self.options},
        )
        sampler = await opened_sampler(chosen, self.cluster, self.settings, self.progress)
        try:
            self._check(sampler, stored)
            return await self._collect(sampler, out, stored, grader)
        finally:
            await sampler.aclose()

    def _stored_options(self, stored: RunIdentity) -> dict[str, Any]:
        """The options that the run's samples were drawn with, as far as the sampler has them."""
        taken = inspect.signature(SAMPLERS.load(self.sampler)).parameters
        return {name: value for name, value in stored.settings.items() if name in taken}

    def _check(self, sampler: Sampler, stored: RunIdentity) -> None:
        if not sampler.capabilities.continues:
            raise ConfigurationError(
                f"sampler {self.sampler!r} cannot continue a truncated sample",
                "Take one that can, such as transformers, vllm, or server with a completions endpoint.",
            )
        mine = replace(
            stored,
            model=sampler.model,
            model_revision=sampler.model_revision,
            settings=deciding_settings(sampler, self._opening(stored)),
        )
        differences = mine.differences(stored.to_json())
        if differences:
            raise RunMismatch(
                "the samples cannot be continued by another sampler than theirs:\n  "
                + "\n  ".join(differences),
                "Give the model and the sampler options that the run has.",
            )

    async def _collect(self, sampler: Sampler, out: Path, stored: RunIdentity, grader: Grader) -> Progress:
        settings = replace(self.settings, stop=None, opening=self._opening(stored))
        with opened_place(out) as place, RunFolder.reopen(place.folder, on_part=place.on_part) as run:
            run.log("continue", max_tokens=self.max_tokens, sampler=self.sampler)
            plan = ContinuationPlan(run, self.max_tokens, self.progress, limit=settings.limit)
            collector = Collector(
                None, sampler, run, settings, progress=self.progress, grader=grader, plan=plan
            )
            return await collect_into(run, collector, grader, settings)

    def _opening(self, stored: RunIdentity) -> str:
        opening: str = stored.settings.get("opening", "")
        return opening
