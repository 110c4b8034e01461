"""A trainer's call of a reward, importable by name in spawned children."""

from __future__ import annotations

from typing import Any

from runs import make_problem

from genesys.training import VerifiedReward
from genesys.training.prompt_data import problem_cell


def score(made: VerifiedReward, *completions: Any, prompt: Any = "q", **columns: Any) -> list[float | None]:
    """The scores of completions of as many problems."""
    cells = [problem_cell(make_problem(number)) for number in range(len(completions))]
    return made(
        prompts=[prompt] * len(completions),
        completions=list(completions),
        **({"problem": cells} | columns),
    )
