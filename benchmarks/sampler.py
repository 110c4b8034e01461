"""Tokens per CPU-second of the transformers sampler against transformers' own `generate`.

    python benchmarks/sampler.py

Both do the whole job with one thread of torch: render and tokenise the prompts, sample at temperature 1
in batches of 64, decode. The model has the shape of the demo's and random weights, so that nearly every
completion reaches its length. Prompts of one length are the best case for `generate`, which then needs no
padding; with prompts of many lengths it pads each batch to its longest. Runs alternate, and the ratio is taken between neighbours, because other work
on the machine slows both.
"""

# mypy: untyped-calls-exclude="torch,transformers"
# Parts of their interfaces carry no annotations.

from __future__ import annotations

import asyncio
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

from genesys.envs.sources import open_problems
from genesys.rollouts.sampler import SampleRequest
from genesys.rollouts.samplers.transformers_sampler import TransformersSampler
from genesys.schema import Sampling
from genesys.training.tiny_model import Recipe, make_tiny_model

BATCH = 64
ROUNDS = 3


def main() -> None:
    """Prints one line for each length of completions and kind of prompts."""
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}, "
        f"transformers {transformers.__version__}, batch {BATCH}"
    )
    alike = prompts_of(512, levels=(0,))
    mixed = prompts_of(512, levels=(0, 1, 2, 3))
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        make_tiny_model(model, recipe=Recipe(steps=1, worked_steps=1, learning_rate=0.0))
        measure(model, 32, alike, "prompts of one length")
        measure(model, 512, alike[:128], "prompts of one length")
        measure(model, 128, mixed, "prompts of many lengths")


def prompts_of(count: int, levels: tuple[int, ...]) -> list[str]:
    """Prompts of string programs, the levels shuffled among each other."""
    size = count // len(levels)
    sources = [open_problems(f"string-programs:level={level},seed=0,size={size}") for level in levels]
    prompts = [problem.prompt for source in sources for problem in source]
    Random(0).shuffle(prompts)
    return prompts


def measure(model: Path, length: int, prompts: list[str], kind: str) -> None:
    """Alternates the two and prints their medians and the ratio."""
    ours, theirs = [], []
    for round_ in range(ROUNDS + 1):
        speeds = asyncio.run(sampler_speed(model, prompts, length)), generate_speed(model, prompts, length)
        if round_ > 0:  # the first warms up
            ours.append(speeds[0])
            theirs.append(speeds[1])
    ratio = statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))
    print(
        f"{length:4} tokens, {kind:23}: sampler {statistics.median(ours):7,.0f} tokens/CPU-s, "
        f"generate {statistics.median(theirs):7,.0f}, ratio {ratio:.2f}"
    )


async def sampler_speed(model: Path, prompts: list[str], length: int) -> float:
    """Tokens per CPU-second of the sampler, its model loaded before."""
    sampler = TransformersSampler(
        str(model), Sampling(max_tokens=length), batch_size=BATCH, device="cpu", threads=1
    )

    async def ask(index: int, prompt: str) -> int:
        request = SampleRequest(
            problem_id=str(index),
            messages=({"role": "user", "content": prompt},),
            sample_indices=(0,),
            seeds=(index,),
        )
        return sum([sample.completion_tokens or 0 async for sample in sampler.sample(request)])

    await ask(0, prompts[0])
    began = time.process_time()
    tokens = await asyncio.gather(*(ask(index, prompt) for index, prompt in enumerate(prompts)))
    seconds = time.process_time() - began
    await sampler.aclose()
    return sum(tokens) / seconds


def generate_speed(folder: Path, prompts: list[str], length: int) -> float:
    """Tokens per CPU-second of `generate` over padded batches, its model loaded before."""
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model.eval()
    began, tokens = time.process_time(), 0
    for start in range(0, len(prompts), BATCH):
        chats = [[{"role": "user", "content": prompt}] for prompt in prompts[start : start + BATCH]]
        rendered = tokenizer.apply_chat_template(chats, tokenize=False, add_generation_prompt=True)
        batch = tokenizer(rendered, return_tensors="pt", padding=True, add_special_tokens=False)
        output = model.generate(**batch, do_sample=True, temperature=1.0, top_k=0, max_new_tokens=length)
        sampled = output[:, batch["input_ids"].shape[1] :]
        tokenizer.batch_decode(sampled, skip_special_tokens=True)
        tokens += int((sampled != tokenizer.pad_token_id).sum())
    return tokens / (time.process_time() - began)


if __name__ == "__main__":
    main()
