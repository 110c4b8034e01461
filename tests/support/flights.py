"""Trainings before they start, for the tests of preflight."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runs import make_problem
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.sft_config import SFTConfig

from genesys.training.checks.finding import Finding
from genesys.training.prompt_data import problem_cell

CPU: dict[str, Any] = {"use_cpu": True, "bf16": False, "report_to": "none"}
R1_LIKE = (
    "{% for m in messages %}{% if m['role'] == 'user' %}<|user|>{{ m['content'] }}<|end|>{% else %}"
    "<|assistant|>{{ m['content'].split('</think>')[-1] }}<|end|>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|><think>\n{% endif %}"
)
"""Drops the reasoning of past turns, and opens that of the next, as DeepSeek-R1's does."""


def prompts(count: int = 16) -> list[dict[str, Any]]:
    problems = [make_problem(number) for number in range(count)]
    return [
        {"prompt": [{"role": "user", "content": one.prompt}], "problem": problem_cell(one)}
        for one in problems
    ]


def traces(*words: int) -> list[dict[str, Any]]:
    return [
        {
            "prompt": [{"role": "user", "content": "Why?"}],
            "completion": [{"role": "assistant", "content": f"<think>{'so ' * count}</think>42"}],
        }
        for count in words
    ]


def grpo(tmp_path: Path, **changes: Any) -> GRPOConfig:
    settings: dict[str, Any] = {
        **CPU,
        "num_generations": 4,
        "per_device_train_batch_size": 8,
        "max_completion_length": 64,
        "save_steps": 10,
    }
    return GRPOConfig(str(tmp_path), **(settings | changes))


def sft(tmp_path: Path, **changes: Any) -> SFTConfig:
    return SFTConfig(str(tmp_path), **(CPU | changes))


def names(findings: list[Finding]) -> dict[str, str]:
    return {finding.name: finding.severity for finding in findings}
