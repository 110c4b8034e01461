"""The batched sampling loop: what a row becomes does not depend on the rows beside it.

Matrix kernels round differently for different shapes, and a completion that differs in one last bit
differs altogether a hundred tokens on. So every batch has the same shape: always `batch_size` rows (empty
places repeat the first row), prompts padded on the left to one length, no row taken out when it ends.
Kernels that split their work over threads also round by a row's place, so each batch is computed by one
thread of torch; several batches are computed side by side where there are cores.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from transformers import DynamicCache, PreTrainedModel

from genesys.rollouts.repetition import RepetitionDetector, RepetitionRule
from genesys.rollouts.samplers.batching import Row
from genesys.rollouts.samplers.kv_cache import growing_cache, has_plain_attention
from genesys.rollouts.samplers.token_choice import RowRandom, choose, log_probability
from genesys.schema import FinishReason, Sampling

UNUSABLE = -1
"""Stands for a token where the model gave no number to choose by."""


@dataclass(frozen=True, kw_only=True)
class LoopSettings:
    """What all batches of a sampler share.

    Attributes:
        batch_size: Rows of every batch.
        sampling: How tokens are drawn.
        eos: Tokens that end a completion.
        pad: The token that fills empty places.
        context: Positions the model has.
        keep_logprobs: Whether log-probabilities are computed.
        stopped_by: Whether a row's tokens so far contain a stop text; None where there is none.
        repetition: What ends a row as a loop, or None.
    """

    batch_size: int
    sampling: Sampling
    eos: frozenset[int]
    pad: int
    context: int
    keep_logprobs: bool
    stopped_by: Callable[[Sequence[int]], bool] | None
    repetition: RepetitionRule | None = None


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """The tokens of one finished row.

    Attributes:
        token_ids: All that were sampled, the end token and those of a stop text included, after those that
            the row went on from.
        logprobs: One for each, or None where they were not asked for.
        finish_reason: `stop` (end token or stop text), `length`, `repetition`, or `error` where the model
            gave no number to choose by.
    """

    token_ids: list[int]
    logprobs: list[float] | None
    finish_reason: FinishReason


class _Watch:
    """Feeds a row's tokens to a detector of repetition, as many at a time as it decides by."""

    def __init__(self, rule: RepetitionRule | None) -> None:
        self._step = rule.step if rule else 0
        self._detector = RepetitionDetector(rule) if rule else None
        self._fed = 0

    def sees_repetition(self, tokens: list[int]) -> bool:
        if self._detector is None or len(tokens) % self._step:
            return False
        start, self._fed = self._fed, len(tokens)
        return self._detector.extend(tokens[start:])


class Batch:
    """One batch on its way through the model.

    Args:
        model: A causal language model in evaluation mode.
        settings: What all batches share.
        length: Padded prompt length, above the number of tokens known of every row.
        rows: At most `settings.batch_size`.
    """

    def __init__(
        self, model: PreTrainedModel, settings: LoopSettings, length: int, rows: Sequence[Row]
    ) -> None:
        self._model, self._settings, self._rows = model, settings, rows
        self._length, self._most = length, max(row.max_tokens - len(row.said) for row in rows)
        device = model.device
        places = [*rows, *[rows[0]] * (settings.batch_size - len(rows))]
        known = [row.known for row in places]
        padding = [length - len(tokens) for tokens in known]
        prompts = [[settings.pad] * empty + list(ids) for empty, ids in zip(padding, known, strict=True)]
        self._prompts = torch.tensor(prompts, device=device)
        columns = torch.arange(length + self._most, device=device)
        self._mask = columns >= torch.tensor(padding, device=device)[:, None]
        self._positions = (columns[:length] - torch.tensor(padding, device=device)[:, None]).clamp(min=0)
        seeds = [row.seed for row in rows] + [None] * (len(places) - len(rows))
        self._random = RowRandom(seeds, device) if settings.sampling.temperature > 0 else None
        self._tokens: list[list[int]] = [list(row.said) for row in rows]
        self._logprobs: list[list[float]] = [list(row.said_logprobs) for row in rows]
        self._watches = [_Watch(settings.repetition) for _ in rows]
        self._live = list(range(len(rows)))

    @torch.inference_mode()
    def run(self, deliver: Callable[[Row, Drawn], None], stop: threading.Event) -> None:
        """Samples until every row has ended, its asker has gone, or `stop` is set.

        Args:
            deliver: Gets each row as it ends.
            stop: Looked at before every token.
        """
        cache = growing_cache(self._model.config)
        plain = has_plain_attention(self._model, cache)
        logits = self._forward(self._prompts, self._mask[:, : self._length], self._positions, cache)
        positions = self._positions[:, -1:]
        for step in range(self._most):
            tokens = self._draw(logits)
            self._end_rows(deliver)
            if stop.is_set() or not self._live:
                return
            mask = self._mask[:, : self._length + step + 1]
            positions = (positions + 1).clamp(max=self._settings.context - 1)  # only ended rows get there
            # One token may look at all that is no padding: transformers need not work that out again.
            seen = mask[:, None, None, :] if plain else mask
            logits = self._forward(tokens[:, None], seen, positions, cache)

    def _forward(
        self, ids: torch.Tensor, mask: torch.Tensor, positions: torch.Tensor, cache: DynamicCache
    ) -> torch.Tensor:
        """Logits of each row's last token: float32 of shape (rows, vocabulary)."""
        output = self._model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        logits: torch.Tensor = output.logits[:, -1].float()
        return logits

    def _draw(self, logits: torch.Tensor) -> torch.Tensor:
        """Draws a token for every place, and notes those of the live rows; shape (rows,)."""
        uniforms = None if self._random is None else self._random.next()
        drawn = choose(logits, uniforms, self._settings.sampling)
        tokens, usable = drawn.tolist(), logits.amax(-1).isfinite()
        if not bool(usable.all()):
            tokens = [
                token if good else UNUSABLE for token, good in zip(tokens, usable.tolist(), strict=True)
            ]
        for place in self._live:
            self._tokens[place].append(tokens[place])
        if self._settings.keep_logprobs:
            logprobs = log_probability(logits, drawn).tolist()
            for place in self._live:
                self._logprobs[place].append(logprobs[place])
        return drawn

    def _end_rows(self, deliver: Callable[[Row, Drawn], None]) -> None:
        """Delivers the rows that their last token ends, and drops those that nobody waits for."""
        still_live = []
        for place in self._live:
            row, tokens = self._rows[place], self._tokens[place]
            reason = self._reason(row, tokens, self._watches[place])
            if reason is not None:
                deliver(row, self._drawn(place, reason))
            elif not row.mailbox.abandoned:
                still_live.append(place)
        self._live = still_live

    def _reason(self, row: Row, tokens: list[int], watch: _Watch) -> FinishReason | None:
        if tokens[-1] == UNUSABLE:
            return "error"
        stopped_by = self._settings.stopped_by
        if tokens[-1] in self._settings.eos or (stopped_by is not None and stopped_by(tokens)):
            return "stop"
        if watch.sees_repetition(tokens):
            return "repetition"
        return "length" if len(tokens) == row.max_tokens else None

    def _drawn(self, place: int, reason: FinishReason) -> Drawn:
        tokens, logprobs = self._tokens[place], self._logprobs[place]
        if reason == "error":  # what was drawn from no numbers is no token
            tokens, logprobs = tokens[:-1], logprobs[:-1]
        kept = logprobs if self._settings.keep_logprobs else None
        return Drawn(token_ids=tokens, logprobs=kept, finish_reason=reason)
