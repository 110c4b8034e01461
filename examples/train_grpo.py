"""Online training of a distilled R1 on mathematics, with TRL's own trainer and the reward of genesys.

    python examples/train_grpo.py                                    # one GPU, vLLM in the same process
    accelerate launch --num_processes 8 examples/train_grpo.py       # eight
    python examples/train_grpo.py --cpu --model MODEL --env genesys/output-prediction-v0 \
        --problems string-programs:level=0,size=500 --max-tokens 32  # the demo's tiny model, without a GPU

`genesys grpo examples/configs/grpo-r1-distill-math.toml` is the same with checks before, resuming, held-out
scores and a card after.
"""

import argparse
from typing import Any

import gymnasium as gym
import torch
from transformers import AutoTokenizer
from trl import GRPOConfig, GRPOTrainer

import genesys  # noqa: F401  # registers the environments
from genesys.training import opened_by, preflight, prompt_dataset, reward, stop_on


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default="deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B")
    parser.add_argument("--env", default="genesys/math-v0")
    parser.add_argument("--problems", default="algebra:level=3,size=8000")
    parser.add_argument("--out", default="runs/train_grpo")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--max-tokens", type=int, default=8192)
    parser.add_argument("--cpu", action="store_true", help="a small model, without a GPU")
    return parser.parse_args()


def config(options: argparse.Namespace) -> GRPOConfig:
    """TRL's configuration: DAPO's loss and clipping, no KL term."""
    device: dict[str, Any] = {
        "use_vllm": True,
        "vllm_mode": "colocate",
        "vllm_gpu_memory_utilization": 0.3,
        "bf16": True,
    }
    if options.cpu:
        torch.set_num_threads(1)  # a tiny model is fastest so
        device = {"use_cpu": True, "bf16": False, "gradient_checkpointing": False}
    return GRPOConfig(
        output_dir=options.out,
        max_steps=options.steps,
        learning_rate=4e-4 if options.cpu else 1e-6,
        per_device_train_batch_size=64 if options.cpu else 8,
        gradient_accumulation_steps=1 if options.cpu else 16,
        num_generations=8,
        max_completion_length=options.max_tokens,
        epsilon_high=0.28,
        logging_steps=1,
        report_to="none",
        **device,
    )


def main(options: argparse.Namespace) -> None:
    """Trains, and saves the model."""
    env = gym.make(options.env, problems=options.problems)
    tokenizer = AutoTokenizer.from_pretrained(options.model, padding_side="left")
    args, dataset = config(options), prompt_dataset(env)
    verified = reward(opened=opened_by(tokenizer))  # R1's template opens the think tag
    stop_on(preflight(args, dataset, tokenizer, rewards=verified, model=options.model))
    trainer = GRPOTrainer(
        options.model, reward_funcs=verified, args=args, train_dataset=dataset, processing_class=tokenizer
    )
    trainer.train()
    trainer.save_model(f"{options.out}/model")


if __name__ == "__main__":
    main(parse())
