"""A key-value cache that grows in place."""

# mypy: untyped-calls-exclude="torch,transformers"
# Parts of their interfaces carry no annotations.

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from transformers import DynamicCache, PreTrainedConfig, PreTrainedModel
from transformers.cache_utils import DynamicLayer

MIN_GROWTH = 32
"""Tokens by which a full cache grows at least; long ones grow by a sixteenth of their length.

Attention reads a row's keys in one go only where little room lies between them: growing by more saves
copies and loses a quarter of attention's speed.
"""


class GrowingLayer(DynamicLayer):
    """One layer's keys and values in buffers with room to spare.

    transformers' own layer concatenates at every token, which copies the whole cache: at 512 tokens that
    is most of the time of a small model. Shapes and numbers are the same.
    """

    _length = 0

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Makes empty buffers of the dtype and device of the first keys."""
        super().lazy_initialization(key_states, value_states)
        self._key_buffer = self._grown(key_states, None)
        self._value_buffer = self._grown(value_states, None)

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Appends keys and values, each (rows, heads, new tokens, head size), and returns all of them."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        start, end = self._length, self._length + key_states.shape[-2]
        if end > self._key_buffer.shape[-2]:
            self._key_buffer = self._grown(key_states, self._key_buffer)
            self._value_buffer = self._grown(value_states, self._value_buffer)
        self._key_buffer[:, :, start:end] = key_states
        self._value_buffer[:, :, start:end] = value_states
        self._length = end
        self.keys, self.values = self._key_buffer[:, :, :end], self._value_buffer[:, :, :end]
        return self.keys, self.values

    def _grown(self, new: torch.Tensor, old: torch.Tensor | None) -> torch.Tensor:
        length = self._length + new.shape[-2]
        room = length + max(MIN_GROWTH, length // 16)
        buffer = new.new_empty((*new.shape[:2], room, new.shape[-1]))
        if old is not None:
            buffer[:, :, : self._length] = old[:, :, : self._length]
        return buffer


def growing_cache(config: PreTrainedConfig) -> DynamicCache:
    """An empty cache for a model, with its plain layers replaced by growing ones.

    Layers of another kind (sliding windows, linear attention) stay what transformers makes them.
    """
    cache = DynamicCache(config=config)
    new: Callable[[], GrowingLayer] = GrowingLayer  # its constructor is transformers', without annotations
    cache.layers = [new() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache


def has_plain_attention(model: PreTrainedModel, cache: DynamicCache) -> bool:
    """Whether a new token attends to all earlier ones and a mask of four dimensions says the rest.

    So it is where positions are rotary, every layer keeps all keys, and torch's own attention computes it:
    Llama, Mistral, Qwen and their like. Elsewhere the two-dimensional mask goes in, and transformers makes
    of it what the architecture needs.
    """
    rotary = getattr(model.config, "rope_parameters", None) is not None
    every_layer = all(isinstance(layer, GrowingLayer) for layer in cache.layers)
    return rotary and every_layer and model.config._attn_implementation == "sdpa"
