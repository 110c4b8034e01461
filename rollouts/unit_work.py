"""One unit of a plan on its way: asked of the sampler, recorded, and asked again where that is to go on."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from genesys.rollouts.budgets import BudgetWatch
from genesys.rollouts.identity import sample_seed, sampling_of
from genesys.rollouts.planning import Unit
from genesys.rollouts.progress import Progress
from genesys.rollouts.recorder import Recorded, Recorder
from genesys.rollouts.run_folder import RunFolder
from genesys.rollouts.sampler import Sample, Sampler, SampleRequest
from genesys.rollouts.tallies import StoppingRule, Tally
from genesys.schema import Completion, Verdict

_LOOK_AGAIN = 1.0
"""Seconds between two looks at whether the recorder still lives, while a verdict is waited for."""


class UnitWork:
    """What all units of a call share.

    Args:
        sampler: Samples.
        run: Gives identity and log.
        recorder: Takes completions.
        watch: Grants completions.
        progress: Is kept up to date.
        stop: When a problem has enough before all its samples, or None.
        opening: What the assistant's turn begins with.
        concurrency: Requests in flight at most.

    Attributes:
        slots: One for each request that may be in flight.
    """

    def __init__(
        self,
        sampler: Sampler,
        run: RunFolder,
        recorder: Recorder,
        watch: BudgetWatch,
        progress: Progress,
        *,
        stop: StoppingRule | None,
        opening: str,
        concurrency: int,
    ) -> None:
        self.slots = asyncio.Semaphore(concurrency)
        self._sampler, self._run, self._recorder = sampler, run, recorder
        self._watch, self._progress = watch, progress
        self._stop, self._opening = stop, opening

    async def do(self, unit: Unit) -> None:
        """Samples a unit, round by round; the caller has taken a slot, which this gives back."""
        missing = dict(unit.ids)
        tally = Tally(unit.tally.right, unit.tally.wrong)
        holds_slot = True
        try:
            while wanted := self._wanted(missing, tally):
                if not holds_slot:
                    await self.slots.acquire()
                    holds_slot = True
                granted = self._watch.grant(wanted) if not self._reached() else 0
                indices = list(islice(missing, granted))
                if not indices:
                    return
                verdicts = await self._round(unit, {index: missing.pop(index) for index in indices})
                self.slots.release()
                holds_slot = False
                for verdict in await self._all(verdicts):
                    tally.add(unit.problem, verdict.score)
            self._progress.spared += len(missing)
        finally:
            if holds_slot:
                self.slots.release()

    def _reached(self) -> bool:
        self._progress.stopped_by = self._progress.stopped_by or self._watch.reached()
        return self._progress.stopped_by is not None

    def _wanted(self, missing: Mapping[int, str], tally: Tally) -> int:
        if self._stop is None:
            return len(missing)
        return min(len(missing), self._stop.wanted(tally))

    async def _round(self, unit: Unit, ids: Mapping[int, str]) -> list[asyncio.Future[Verdict]]:
        """Samples some of a unit's completions and hands them over; their verdicts, where these matter."""
        verdicts: list[asyncio.Future[Verdict]] = []
        left = len(ids)
        try:
            async for sample in self._sampler.sample(self._request(unit, tuple(ids))):
                if sample.finish_reason == "error":
                    self._progress.failed += 1
                    self._run.log("sample_failed", problem_id=sample.problem_id, index=sample.sample_index)
                    continue
                left -= 1
                said = (unit.prefix.tokens or 0) if unit.prefix else 0
                self._watch.arrived(sample.prompt_tokens, max(0, (sample.completion_tokens or 0) - said))
                completion = self._completion(sample, unit, ids[sample.sample_index])
                on_verdict = None
                if self._stop is not None:
                    verdicts.append(asyncio.get_running_loop().create_future())
                    on_verdict = _setter(verdicts[-1])
                item = Recorded.fresh(
                    unit.problem, unit.messages, completion, said=said, on_verdict=on_verdict
                )
                if not self._recorder.offer(item):
                    await asyncio.to_thread(self._recorder.put, item)
        finally:
            self._watch.give_back(left)
        return verdicts

    async def _all(self, verdicts: Sequence[asyncio.Future[Verdict]]) -> list[Verdict]:
        waiting = set(verdicts)
        while waiting:
            _, waiting = await asyncio.wait(waiting, timeout=_LOOK_AGAIN)
            self._recorder.check()
        return [verdict.result() for verdict in verdicts]

    def _request(self, unit: Unit, indices: tuple[int, ...]) -> SampleRequest:
        return SampleRequest(
            problem_id=unit.problem.problem_id,
            messages=tuple(unit.messages),
            sample_indices=indices,
            seeds=tuple(_seed(unit, index) for index in indices),
            prefix=(unit.prefix,) * len(indices) if unit.prefix else None,
            opening=self._opening,
        )

    def _completion(self, sample: Sample, unit: Unit, response_id: str) -> Completion:
        return Completion(
            response_id=response_id,
            problem_id=unit.problem.problem_id,
            sample_index=sample.sample_index,
            text=sample.text,
            finish_reason=sample.finish_reason,
            prompt_tokens=sample.prompt_tokens,
            completion_tokens=sample.completion_tokens,
            model=unit.identity.model,
            model_revision=unit.identity.model_revision,
            template=unit.template,
            sampling=sampling_of(unit.identity, _seed(unit, sample.sample_index)),
            parent_id=unit.parent_id,
            token_ids=sample.token_ids,
            logprobs=sample.logprobs,
            started_at=sample.started_at,
            seconds=sample.seconds,
            host=platform.node(),
        )


def _seed(unit: Unit, index: int) -> int:
    """The sample's seed; a continuation has another stream than the sample it goes on from."""
    return sample_seed(unit.identity.seed, unit.parent_id or unit.problem.problem_id, index)


def _setter(future: asyncio.Future[Verdict]) -> Callable[[Verdict], None]:
    """What another thread calls with the result of a future of this loop."""
    loop = asyncio.get_running_loop()

    def set_result(verdict: Verdict) -> None:
        if not future.done():
            future.set_result(verdict)

    def from_any_thread(verdict: Verdict) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(set_result, verdict)

    return from_any_thread
