"""How the next token is drawn: every row by its own numbers alone.

All functions work on rows of a batch at once, and none lets a row's token depend on another row's data.
"""

from __future__ import annotations

import numpy as np
import torch

from genesys.schema import Sampling

CANDIDATES = 1024
"""Most probable tokens among which a nucleus is looked for first; a flatter row is sorted in full."""

DRAWN_AT_ONCE = 256
"""Uniform numbers that a row's generator gives at a time."""


class RowRandom:
    """One stream of uniform numbers for each row, decided by the row's seed alone.

    Args:
        seeds: One for each row; None for a padding row, whose tokens nobody reads.
        device: Where the numbers are wanted.
    """

    def __init__(self, seeds: list[int | None], device: torch.device) -> None:
        self._streams = [
            None if seed is None else np.random.Generator(np.random.Philox(key=seed)) for seed in seeds
        ]
        self._device = device
        self._drawn = torch.empty(len(seeds), 0)
        self._used = 0

    def next(self) -> torch.Tensor:
        """The next number of each row in [0, 1): float64 of shape (rows,)."""
        if self._used == self._drawn.shape[1]:
            numbers = np.full((len(self._streams), DRAWN_AT_ONCE), 0.5)
            for row, stream in enumerate(self._streams):
                if stream is not None:
                    numbers[row] = stream.random(DRAWN_AT_ONCE)
            self._drawn, self._used = torch.from_numpy(numbers).to(self._device), 0
        self._used += 1
        return self._drawn[:, self._used - 1]


def choose(logits: torch.Tensor, uniforms: torch.Tensor | None, sampling: Sampling) -> torch.Tensor:
    """Draws one token a row by inversion of its cumulative distribution.

    Temperature comes first, then top_k, then top_p over what top_k left, as in vLLM.

    Args:
        logits: float32 of shape (rows, vocabulary).
        uniforms: float64 of shape (rows,) in [0, 1); None only where the temperature is 0.
        sampling: Temperature 0 takes the first of the most probable tokens.

    Returns:
        Token ids, int64 of shape (rows,).
    """
    if uniforms is None:
        return logits.argmax(-1)
    scaled = logits / sampling.temperature
    if sampling.top_k == 0 and sampling.top_p >= 1.0:
        return _invert(scaled.softmax(-1).cumsum(-1, dtype=torch.float64), uniforms)
    return _choose_among_best(scaled, uniforms, sampling)


def log_probability(logits: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """The model's own log-probability of each row's token: no temperature, the whole vocabulary."""
    return logits.log_softmax(-1).gather(-1, tokens[:, None])[:, 0]


def _invert(cumulative: torch.Tensor, uniforms: torch.Tensor) -> torch.Tensor:
    """Places of shape (rows,) at which the cumulative weights first exceed their share of the total."""
    wanted = uniforms[:, None] * cumulative[:, -1:]
    found = torch.searchsorted(cumulative, wanted, right=True)[:, 0]
    return found.clamp(max=cumulative.shape[1] - 1)


def _choose_among_best(scaled: torch.Tensor, uniforms: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    vocabulary = scaled.shape[-1]
    width = min(vocabulary, sampling.top_k or CANDIDATES)
    best, ids = scaled.topk(width)
    considered = best if sampling.top_k else scaled
    weights = (best - considered.logsumexp(-1, keepdim=True)).exp()
    tokens, closed = _nucleus(weights, ids, uniforms, sampling.top_p)
    if sampling.top_k or width == vocabulary or bool(closed.all()):
        return tokens
    for row in (~closed).nonzero()[:, 0].tolist():  # one at a time, so that no row sees how many there are
        everything, order = scaled[row : row + 1].sort(descending=True, stable=True)
        tokens[row], _ = _nucleus(everything.softmax(-1), order, uniforms[row : row + 1], sampling.top_p)
    return tokens


def _nucleus(
    weights: torch.Tensor, ids: torch.Tensor, uniforms: torch.Tensor, top_p: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draws among the first tokens whose weights reach top_p, and says of each row whether they do."""
    cumulative = weights.cumsum(-1, dtype=torch.float64)
    before = cumulative - weights
    kept = torch.where(before < top_p, weights, 0.0).cumsum(-1, dtype=torch.float64)
    tokens = ids.gather(-1, _invert(kept, uniforms)[:, None])[:, 0]
    return tokens, cumulative[:, -1] >= top_p
