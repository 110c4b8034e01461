"""How long a step of GRPO takes, and which share of it the rewards are.

    python benchmarks/grpo_step.py                       # the demo's tiny model on a CPU
    python benchmarks/grpo_step.py --size 0.5b           # 0.5 B parameters made from a configuration, on a GPU
    python benchmarks/grpo_step.py --size 0.5b --vllm    # likewise, generating with vLLM in the same process

Weights are random but for the tiny model: speed does not depend on them. What is verified does: random
text would cost a verifier nothing. So the texts that reach it are the problems' own solutions behind as much
reasoning as was sampled, every other box with a digit more; programs pass, so that all tests run. A step's rewards are its
`correctness/batch_seconds`, the wall time of the whole call; both are medians without the first step.
"""

# mypy: untyped-calls-exclude="torch,transformers"
# Parts of their interfaces carry no annotations.

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import gymnasium as gym
import torch
from transformers import AutoTokenizer, PrinterCallback, Qwen2Config, Qwen2ForCausalLM
from trl import GRPOConfig, GRPOTrainer

import genesys  # noqa: F401  # registers the environments
from genesys.training import prompt_dataset, reward
from genesys.training.prompt_data import problem_of
from genesys.training.tiny_model import tiny_model_cached
from genesys.training.verified_reward import VerifiedReward

ENVIRONMENTS = {
    "genesys/math-v0": "algebra:level=3,size=400",
    "genesys/output-prediction-v0": "string-programs:level=2,size=400",
    "genesys/code-v0": "code-problems",
}


def main() -> None:
    """Prints a line for each environment."""
    options = _parse()
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{os.cpu_count()} CPU cores"
    print(f"{device}, {platform.machine()}, torch {torch.__version__}")
    for env_id in options.env or ENVIRONMENTS:
        with tempfile.TemporaryDirectory() as folder:
            print(_measure(env_id, _model(options.size, Path(folder)), Path(folder), options), flush=True)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--size", choices=("tiny", "0.5b"), default="tiny")
    parser.add_argument("--env", action="append", choices=sorted(ENVIRONMENTS))
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--batch", type=int, default=64, help="completions a step")
    parser.add_argument("--max-tokens", type=int, help="default: 64 (tiny), 1024 (0.5b)")
    parser.add_argument("--vllm", action="store_true")
    return parser.parse_args()


def _model(size: str, folder: Path) -> str:
    """The tiny model, or a Qwen2 of 0.5 B with its tokenizer and random weights."""
    tiny = tiny_model_cached()
    if size == "tiny":
        return str(tiny)
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    config = Qwen2Config(  # Qwen2.5-0.5B's sizes
        vocab_size=151_936,
        hidden_size=896,
        intermediate_size=4864,
        num_hidden_layers=24,
        num_attention_heads=14,
        num_key_value_heads=2,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(0)
    model: Any = Qwen2ForCausalLM(config)
    model.to(torch.bfloat16).save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    return str(folder / "model")


def _measure(env_id: str, model: str, folder: Path, options: argparse.Namespace) -> str:
    env = gym.make(env_id, problems=ENVIRONMENTS[env_id])
    on_gpu = torch.cuda.is_available()
    if not on_gpu:
        torch.set_num_threads(1 if options.size == "tiny" else torch.get_num_threads())
    args = GRPOConfig(
        output_dir=str(folder / "out"),
        max_steps=options.steps,
        per_device_train_batch_size=options.batch,
        num_generations=8,
        max_completion_length=options.max_tokens or (64 if options.size == "tiny" else 1024),
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        use_cpu=not on_gpu,
        bf16=on_gpu,
        gradient_checkpointing=on_gpu,
        use_vllm=options.vllm,
        vllm_mode="colocate",
        vllm_gpu_memory_utilization=0.3,
    )
    tokenizer = AutoTokenizer.from_pretrained(model, padding_side="left")
    trainer = GRPOTrainer(
        model,
        reward_funcs=_Answering(reward()),
        args=args,
        train_dataset=prompt_dataset(env),
        processing_class=tokenizer,
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    return _line(env_id, [logs for logs in trainer.state.log_history if "step_time" in logs][1:])


def _line(env_id: str, logs: list[dict[str, Any]]) -> str:
    step = median(one["step_time"] for one in logs)
    rewards = median(one["correctness/batch_seconds"] for one in logs)
    right = median(one["rewards/correctness/mean"] for one in logs)
    return (
        f"{env_id}: {step:.2f} s a step, rewards {1000 * rewards:.1f} ms = {rewards / step:.1%}, "
        f"{right:.0%} right, {logs[-1]['completions/mean_length']:.0f} tokens a completion"
    )


class _Answering:
    """The reward, for texts that answer."""

    __name__ = "correctness"

    def __init__(self, inner: VerifiedReward) -> None:
        self._inner = inner

    def __call__(self, prompts: Any, completions: Any, problem: Any, **columns: Any) -> list[float | None]:
        answers = [
            [{"role": "assistant", "content": self._text(cell, len(ids), place)}]
            for place, (cell, ids) in enumerate(zip(problem, columns["completion_ids"], strict=True))
        ]
        return self._inner(prompts, answers, problem=problem, **columns)

    @staticmethod
    def _text(cell: str, tokens: int, place: int) -> str:
        """A solution behind as much reasoning as was sampled; no two of a group are the same text."""
        solution = problem_of(cell).gold_standard_solution or ""
        thought = f"Attempt {place}. " + "Let me check this again. " * (tokens // 6)
        if place % 2 and "\\boxed{" in solution:
            before, _, after = solution.rpartition("}")
            solution = f"{before}7}}{after}"
        return f"<think>{thought}</think>{solution.rpartition('</think>')[2]}"


if __name__ == "__main__":
    main()
