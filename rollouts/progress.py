"""What a harvest has done so far, for whoever watches."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field

from genesys.causes import CAUSES
from genesys.rewards.thresholds import passes
from genesys.schema import Completion, Problem, Verdict

RECENT = 4096
"""Lengths of completions that are kept for whoever watches."""


@dataclass(kw_only=True)
class SourceCounts:
    """The verdicts on one source's completions: all, those that pass, those without a score."""

    verified: int = 0
    passed: int = 0
    unscorable: int = 0


@dataclass(frozen=True, kw_only=True)
class SamplerCounts:
    """The samplers of a cluster: how many there are to be, are alive, and were lost so far."""

    wanted: int
    alive: int
    lost: int = 0


@dataclass(kw_only=True)
class Progress:
    """Counters of one call, updated by several threads and read by one.

    Attributes:
        planned: Completions the plan asks for, those of earlier calls included.
        before: Of these, committed by earlier calls.
        spared: Of these, not needed: their problems have enough.
        completions: Committed by this call.
        tokens: Sampled by this call; a continued sample counts what it added.
        prompt_tokens: Of the prompts of this call's completions.
        truncated: Completions of this call that hit the token limit.
        repeated: Completions of this call that ended as a loop.
        not_continued: Truncated completions that were left as they are, as they had fallen into a loop.
        failed: Samples that ended in an error; they are asked again by the next call.
        bad_golds: Problems left out because no answer to them could be verified.
        verified: Verdicts of this call, right, wrong and unscorable.
        passed: Of these, passing their task type's threshold.
        causes: Verdicts by cause.
        sources: Verdicts by the source of the problem.
        lengths: Tokens of the latest completions.
        stopped_by: The budget that ended this call, in words, or None.
        exhausted: Sources of a mixture that had no more problems while others had.
        cost: What the run has cost so far, or None without prices.
        samplers: The samplers of a cluster, or None without one.
    """

    planned: int = 0
    before: int = 0
    spared: int = 0
    completions: int = 0
    tokens: int = 0
    prompt_tokens: int = 0
    truncated: int = 0
    repeated: int = 0
    not_continued: int = 0
    failed: int = 0
    bad_golds: int = 0
    verified: int = 0
    passed: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    sources: dict[str, SourceCounts] = field(default_factory=dict)
    lengths: deque[int] = field(default_factory=lambda: deque(maxlen=RECENT))
    stopped_by: str | None = None
    exhausted: list[str] = field(default_factory=list)
    cost: float | None = None
    samplers: SamplerCounts | None = None
    started: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def seconds(self) -> float:
        """Seconds since the call began."""
        return max(time.monotonic() - self.started, 1e-9)

    @property
    def tokens_per_second(self) -> float:
        """Sampled tokens a second, over the whole call."""
        return self.tokens / self.seconds

    @property
    def pass_rate(self) -> float | None:
        """Share of scorable verdicts that pass, or None before the first."""
        scorable = self.verified - self.unscorable
        return self.passed / scorable if scorable else None

    @property
    def unscorable(self) -> int:
        """Verdicts without a score."""
        return sum(count for name, count in self.causes.items() if CAUSES[name].outcome == "unscorable")

    def seconds_left(self, done: int) -> float | None:
        """Estimated seconds to the end of the plan at the pace so far, or None where nobody can tell.

        Args:
            done: What this call has done of the plan: completions or verdicts.
        """
        missing = self.planned - self.before - self.spared - done
        return missing * self.seconds / done if done and self.planned else None

    def committed(self, completion: Completion, said: int = 0) -> None:
        """Counts a completion that is durable now, of whose tokens so many were sampled before."""
        with self._lock:
            self.completions += 1
            self.tokens += max(0, (completion.completion_tokens or 0) - said)
            self.prompt_tokens += completion.prompt_tokens or 0
            self.truncated += completion.finish_reason == "length"
            self.repeated += completion.finish_reason == "repetition"
            if completion.completion_tokens is not None:
                self.lengths.append(completion.completion_tokens)

    def verified_one(self, problem: Problem, verdict: Verdict) -> None:
        """Counts a verdict."""
        with self._lock:
            self.verified += 1
            self.passed += passes(problem.task_type, verdict.score)
            if verdict.cause is not None:
                self.causes[verdict.cause] += 1
            counts = self.sources.setdefault(problem.source, SourceCounts())
            counts.verified += 1
            counts.passed += passes(problem.task_type, verdict.score)
            counts.unscorable += verdict.score is None
