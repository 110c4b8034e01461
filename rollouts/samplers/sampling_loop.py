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

from genesys.rollouts.samplers.batching import Row
from genesys.rollouts.samplers.kv_cache import growing_cache
from genesys.rollouts.samplers.token_choice import RowRandom, choose, log_probability
from genesys.schema import FinishReason, Sampling


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
    """

    batch_size: int
    sampling: Sampling
    eos: frozenset[int]
    pad: int
    context: int
    keep_logprobs: bool
    stopped_by: Callable[[Sequence[int]], bool] | None


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """The tokens of one finished row.

    Attributes:
        token_ids: All that were sampled, the end token and those of a stop text included.
        logprobs: One for each, or None where they were not asked for.
        finish_reason: `stop` (end token or stop text), `length`, or `error` where the model gave no
            number to choose by.
    """

    token_ids: list[int]
    logprobs: list[float] | None
    finish_reason: FinishReason


class Batch:
    """One batch on its way through the model.

    Args:
        model: A causal language model in evaluation mode.
        settings: What all batches share.
        length: Padded prompt length, above that of every row's prompt.
        rows: At most `settings.batch_size`.
    """

    def __init__(
        self, model: PreTrainedModel, settings: LoopSettings, length: int, rows: Sequence[Row]
    ) -> None:
        self._model, self._settings, self._rows = model, settings, rows
        self._device = model.device
        places = list(rows) + [rows[0]] * (settings.batch_size - len(rows))
        self._most = max(row.max_tokens for row in rows)
        ids = torch.full((len(places), length), settings.pad)
        mask = torch.zeros((len(places), length + self._most), dtype=torch.bool)
        for place, row in enumerate(places):
            ids[place, length - len(row.prompt) :] = torch.tensor(row.prompt)
            mask[place, length - len(row.prompt) :] = True
        self._prompts, self._mask, self._length = ids.to(self._device), mask.to(self._device), length
        self._positions = (self._mask[:, :length].cumsum(-1) - 1).clamp(min=0)
        self._eos = torch.tensor(sorted(settings.eos), device=self._device)
        self._limits = torch.tensor([row.max_tokens for row in places], device=self._device)
        seeds = [row.seed for row in rows] + [None] * (len(places) - len(rows))
        self._random = RowRandom(seeds, self._device) if settings.sampling.temperature > 0 else None
        self._tokens = torch.empty((len(places), self._most), dtype=torch.long, device=self._device)
        self._logprobs = torch.empty((len(places), self._most), device=self._device)
        self._live = torch.arange(len(places), device=self._device) < len(rows)

    @torch.inference_mode()
    def run(self, deliver: Callable[[Row, Drawn], None], stop: threading.Event) -> None:
        """Samples until every row has ended, its asker has gone, or `stop` is set.

        Args:
            deliver: Gets each row as it ends.
            stop: Looked at before every token.
        """
        cache = growing_cache(self._model.config)
        logits = self._forward(self._prompts, self._positions, cache)
        positions = self._positions[:, -1:]
        for step in range(self._most):
            tokens = self._draw(logits, step)
            self._end_rows(logits, tokens, step, deliver)
            if stop.is_set() or not bool(self._live.any()):
                return
            positions = (positions + 1).clamp(max=self._settings.context - 1)  # only ended rows get there
            logits = self._forward(tokens[:, None], positions, cache)

    def _forward(self, ids: torch.Tensor, positions: torch.Tensor, cache: DynamicCache) -> torch.Tensor:
        """Logits of each row's last token: float32 of shape (rows, vocabulary)."""
        seen = cache.get_seq_length() + ids.shape[1]
        output = self._model(
            input_ids=ids,
            attention_mask=self._mask[:, :seen],
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        logits: torch.Tensor = output.logits[:, -1].float()
        return logits

    def _draw(self, logits: torch.Tensor, step: int) -> torch.Tensor:
        uniforms = None if self._random is None else self._random.next()
        tokens = choose(logits, uniforms, self._settings.sampling)
        self._tokens[:, step] = tokens
        if self._settings.keep_logprobs:
            self._logprobs[:, step] = log_probability(logits, tokens)
        return tokens

    def _end_rows(
        self, logits: torch.Tensor, tokens: torch.Tensor, step: int, deliver: Callable[[Row, Drawn], None]
    ) -> None:
        """Delivers the rows that this token ends, and drops those that nobody waits for."""
        ended_by_eos = torch.isin(tokens, self._eos)
        unusable = ~logits.amax(-1).isfinite()
        ending = self._live & (ended_by_eos | unusable | (self._limits == step + 1))
        watched = self._live if self._settings.stopped_by is not None else ending
        for place in watched.nonzero()[:, 0].tolist():
            reason = self._reason(place, step, bool(unusable[place]), bool(ended_by_eos[place]))
            if reason is not None:
                self._live[place] = False
                deliver(self._rows[place], self._drawn(place, step, reason))
        for place, row in enumerate(self._rows):
            if row.mailbox.abandoned:
                self._live[place] = False

    def _reason(self, place: int, step: int, unusable: bool, ended: bool) -> FinishReason | None:
        if unusable:
            return "error"
        stopped_by = self._settings.stopped_by
        if ended or (stopped_by is not None and stopped_by(self._tokens[place, : step + 1].tolist())):
            return "stop"
        return "length" if step + 1 == self._rows[place].max_tokens else None

    def _drawn(self, place: int, step: int, reason: FinishReason) -> Drawn:
        count = step if reason == "error" else step + 1  # what was drawn from no numbers is no token
        kept = self._logprobs[place, :count].tolist() if self._settings.keep_logprobs else None
        return Drawn(token_ids=self._tokens[place, :count].tolist(), logprobs=kept, finish_reason=reason)
