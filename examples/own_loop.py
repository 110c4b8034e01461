"""A loop of your own: sample with transformers, verify with genesys, keep what is right.

python examples/own_loop.py MODEL_FOLDER        # after `genesys demo`, the tiny model it names
"""

import sys
from typing import Any

import gymnasium as gym
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import genesys  # noqa: F401  # registers the environments
from genesys.rewards import verify_batch

SAMPLES, MAX_TOKENS = 4, 32


def main(model_name: str) -> None:
    """Samples a few problems several times, and prints the pass rate and one right trace."""
    env: Any = gym.make("genesys/output-prediction-v0", problems="string-programs:level=0,size=64").unwrapped
    tokenizer = AutoTokenizer.from_pretrained(model_name, padding_side="left")
    model: Any = AutoModelForCausalLM.from_pretrained(model_name)
    torch.manual_seed(0)

    problems = [problem for problem in env.problems for _ in range(SAMPLES)]
    prompts = [
        tokenizer.apply_chat_template(env.messages(problem), tokenize=False, add_generation_prompt=True)
        for problem in problems
    ]
    batch = tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False)
    tokens = model.generate(**batch, do_sample=True, max_new_tokens=MAX_TOKENS)[
        :, batch["input_ids"].shape[1] :
    ]
    texts = tokenizer.batch_decode(tokens, skip_special_tokens=True)

    verdicts = verify_batch(problems, texts)  # concurrent; the same scores as env.step and `genesys score`
    right = [text for text, verdict in zip(texts, verdicts, strict=True) if verdict.score == 1.0]
    unscorable = [verdict.cause for verdict in verdicts if verdict.score is None]
    print(f"{len(right)} of {len(texts)} right, {len(unscorable)} unscorable")
    print(max(right, key=len, default="none was right"))


if __name__ == "__main__":
    main(sys.argv[1])
