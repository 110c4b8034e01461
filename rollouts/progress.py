"""What a harvest has done so far, for whoever watches."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from genesys.causes import CAUSES
from genesys.rewards.thresholds import passes
from genesys.schema import Completion, Problem, Verdict


@dataclass(kw_only=True)
class Progress:
    """Counters of one call, updated by several threads and read by one.

    Attributes:
        planned: Completions the plan asks for, those of earlier calls included.
        before: Of these, committed by earlier calls.
        completions: Committed by this call.
        tokens: Sampled by this call.
        truncated: Completions of this call that hit the token limit.
        failed: Samples that ended in an error; they are asked again by the next call.
        bad_golds: Problems left out because no answer to them could be verified.
        verified: Verdicts of this call, right, wrong and unscorable.
        passed: Of these, passing their task type's threshold.
        causes: Verdicts by cause.
    """

    planned: int = 0
    before: int = 0
    completions: int = 0
    tokens: int = 0
    truncated: int = 0
    failed: int = 0
    bad_golds: int = 0
    verified: int = 0
    passed: int = 0
    causes: Counter[str] = field(default_factory=Counter)
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
        missing = self.planned - self.before - done
        return missing * self.seconds / done if done and self.planned else None

    def committed(self, completion: Completion) -> None:
        """Counts a completion that is durable now."""
        with self._lock:
            self.completions += 1
            self.tokens += completion.completion_tokens or 0
            self.truncated += completion.finish_reason == "length"

    def verified_one(self, problem: Problem, verdict: Verdict) -> None:
        """Counts a verdict."""
        with self._lock:
            self.verified += 1
            self.passed += passes(problem.task_type, verdict.score)
            if verdict.cause is not None:
                self.causes[verdict.cause] += 1
