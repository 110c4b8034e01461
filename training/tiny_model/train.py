"""Trains the tiny base model, in memory."""

# mypy: untyped-calls-exclude="torch,transformers"
# Parts of their interfaces carry no annotations.

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from random import Random
from typing import NamedTuple

import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from genesys.training.tiny_model.corpus import Document, documents, tokenizer_texts
from genesys.training.tiny_model.recipe import Progress, Recipe
from genesys.training.tiny_model.tokenizer import END, build_tokenizer

IGNORED = -100
"""The label that cross-entropy leaves out."""


class Trained(NamedTuple):
    """A trained model.

    Attributes:
        model: Its weights.
        tokenizer: Its tokenizer, with the chat template.
        loss: Of the last step, in nats a completion token.
    """

    model: LlamaForCausalLM
    tokenizer: PreTrainedTokenizerFast
    loss: float


def train(recipe: Recipe, seed: int, progress: Progress | None) -> Trained:
    """Trains with one thread of the CPU: the same seed gives the same weights on one kind of machine.

    torch's own random state and number of threads are left as they were.
    """
    tokenizer = build_tokenizer(tokenizer_texts())
    with _one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(_config(recipe, tokenizer))
        loss = _optimise(model, tokenizer, recipe, Random(seed), progress)
    return Trained(model, tokenizer, loss)


def _config(recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> LlamaConfig:
    """Llama, because transformers replaces the tokenizer of a Qwen2 folder by Qwen's own."""
    heads = recipe.hidden_size // recipe.head_size
    return LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=recipe.hidden_size,
        intermediate_size=3 * recipe.hidden_size,
        num_hidden_layers=recipe.layers,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        initializer_range=0.05,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def _optimise(
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    recipe: Recipe,
    rng: Random,
    progress: Progress | None,
) -> float:
    """Returns the last loss."""
    worked, mixed, loss = documents(rng, guessing=0.0), documents(rng), float("nan")
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=recipe.learning_rate, weight_decay=0.01, betas=(0.9, 0.98), fused=True
    )
    model.train()
    for step in range(recipe.steps):
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * _schedule(step, recipe)
        corpus = worked if step < recipe.worked_steps else mixed
        error = _loss(model, *_encode(tokenizer, list(islice(corpus, recipe.batch_size))))
        optimizer.zero_grad()
        error.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        loss = error.item()
        if progress is not None:
            progress(step + 1, recipe.steps, loss)
    return loss


def _schedule(step: int, recipe: Recipe) -> float:
    """A short warm-up, then a straight way down to a tenth."""
    return min(1.0, (step + 1) / recipe.warmup) * (1 - 0.9 * step / recipe.steps)


def _loss(model: LlamaForCausalLM, ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    logits = model(input_ids=ids, use_cache=False, logits_to_keep=labels.shape[1] + 1).logits[:, :-1]
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED)


def _encode(tokenizer: PreTrainedTokenizerFast, batch: list[Document]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids of shape (documents, longest), and labels of the last tokens of each.

    The labels begin where the shortest prompt ends; the loss is on completions alone.
    """
    chats = [[{"role": "user", "content": document.prompt}] for document in batch]
    rendered = tokenizer.apply_chat_template(chats, tokenize=False, add_generation_prompt=True)
    prompts = tokenizer(rendered, add_special_tokens=False)["input_ids"]
    answers = tokenizer([document.completion + END for document in batch], add_special_tokens=False)[
        "input_ids"
    ]
    longest = max(len(prompt) + len(answer) for prompt, answer in zip(prompts, answers, strict=True))
    ids = torch.full((len(batch), longest), int(tokenizer.pad_token_id))
    labels = torch.full((len(batch), longest), IGNORED)
    for place, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        end = len(prompt) + len(answer)
        ids[place, :end] = torch.tensor(prompt + answer)
        labels[place, len(prompt) : end] = torch.tensor(answer)
    return ids, labels[:, min(map(len, prompts)) :]


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
