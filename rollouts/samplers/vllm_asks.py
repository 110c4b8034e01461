"""What vLLM is asked, and what its answers become.

Rows of one prompt with consecutive seeds are one request with `n`: vLLM gives the i-th sample of a request
the request's seed plus i, which is how the seeds of a problem's samples follow from each other
(`genesys.rollouts.identity.sample_seed`). So a sample has the same seed whether it is asked with its group
or alone. The prompt is read once for all of them, by vLLM's prefix cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from genesys.rollouts.repetition import RepetitionDetector, RepetitionRule
from genesys.rollouts.samplers.batching import Row
from genesys.rollouts.samplers.sampling_loop import Drawn
from genesys.rollouts.samplers.vllm_arguments import require_vllm
from genesys.schema import FinishReason, Sampling


@dataclass(frozen=True, kw_only=True)
class AskSettings:
    """What all requests to the engine share.

    Attributes:
        sampling: How tokens are drawn.
        eos: Tokens that end a completion.
        keep_logprobs: Whether log-probabilities are wanted.
        seeds: Whether rows' seeds go with them.
        repetition: What ends a row as a loop, or None.
    """

    sampling: Sampling
    eos: frozenset[int]
    keep_logprobs: bool
    seeds: bool
    repetition: RepetitionRule | None

    @property
    def alone(self) -> bool:
        """Whether each row is a request of its own.

        Greedy ones are by vLLM's rule; those that may end for repetition, because vLLM ends whole requests only.
        """
        return self.sampling.temperature == 0 or self.repetition is not None


class Ask:
    """Rows that go to vLLM as one request: the same tokens known, the same most, consecutive seeds.

    Args:
        rows: At least one.
        settings: What all requests share.
    """

    def __init__(self, rows: Sequence[Row], settings: AskSettings) -> None:
        self.rows, self.settings = rows, settings
        self.growing = [Growing(row, settings) for row in rows]

    @property
    def prompt(self) -> list[int]:
        """All tokens that the model reads before it samples one."""
        return list(self.rows[0].known)

    def params(self) -> Any:
        """The request's `SamplingParams`, as vLLM calls them."""
        vllm, first = require_vllm("vllm.sampling_params"), self.rows[0]
        settings, sampling = self.settings, self.settings.sampling
        return vllm.SamplingParams(
            n=len(self.rows),
            seed=first.seed if settings.seeds and sampling.temperature > 0 else None,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=sampling.top_k,
            max_tokens=first.max_tokens - len(first.said),
            stop=list(sampling.stop),
            stop_token_ids=sorted(settings.eos),
            logprobs=0 if settings.keep_logprobs else None,
            detokenize=bool(sampling.stop),  # texts are decoded from the tokens, once, when a sample ends
            output_kind=vllm.RequestOutputKind.DELTA,  # a sample's end is told before the request's
        )


def asks_of(rows: Sequence[Row], settings: AskSettings) -> Iterator[Ask]:
    """Groups rows into requests, in their order."""
    group: list[Row] = []
    for row in rows:
        if group and not _belongs(row, group[-1], settings):
            yield Ask(group, settings)
            group = []
        group.append(row)
    if group:
        yield Ask(group, settings)


def _belongs(row: Row, last: Row, settings: AskSettings) -> bool:
    if settings.alone or row.known != last.known or len(row.said) != len(last.said):
        return False
    return not settings.seeds or row.seed == last.seed + 1


class Growing:
    """One row and what vLLM has told of it so far.

    Args:
        row: The row.
        settings: What all requests share.
    """

    def __init__(self, row: Row, settings: AskSettings) -> None:
        self.row = row
        self.done = False
        self._keep_logprobs = settings.keep_logprobs
        self._tokens, self._logprobs = list(row.said), list(row.said_logprobs)
        self._detector = RepetitionDetector(settings.repetition) if settings.repetition else None
        self._step = settings.repetition.step if settings.repetition else 0
        self._fed = 0

    def take(self, part: Any) -> Drawn | None:
        """Adds what one of vLLM's `CompletionOutput`s tells; the whole row once it has ended."""
        tokens = list(part.token_ids)
        self._tokens += tokens
        if part.logprobs:
            self._logprobs += [
                entry[token].logprob for entry, token in zip(part.logprobs, tokens, strict=True)
            ]
        if self._sees_repetition(part.finish_reason):
            return self._drawn("repetition")
        if part.finish_reason is None:
            return None
        return self._drawn(_REASONS.get(part.finish_reason, "error"))

    def _sees_repetition(self, reason: str | None) -> bool:
        """Feeds the detector up to each place where it decides; what came after the loop was found is cut.

        A row's last token, where it ends the row, is the model's own end and no part of a loop.
        """
        if self._detector is None:
            return False
        until = len(self._tokens) - (reason == "stop")
        while self._fed + self._step <= until:
            start, self._fed = self._fed, self._fed + self._step
            if self._detector.extend(self._tokens[start : self._fed]):
                del self._tokens[self._fed :], self._logprobs[self._fed :]
                return True
        return False

    def _drawn(self, reason: FinishReason) -> Drawn:
        self.done = True
        kept = self._logprobs if self._keep_logprobs else None
        return Drawn(token_ids=self._tokens, logprobs=kept, finish_reason=reason)


_REASONS: dict[str, FinishReason] = {"stop": "stop", "length": "length", "repetition": "repetition"}
"""vLLM's own words; an `abort` that was not ours, or an `error`, is an error."""
