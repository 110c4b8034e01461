r"""A task type of your own: problems, verifier, environment; then collect, curate and train with it.

python examples/custom_environment.py OUT_FOLDER [MODEL]        # by default the demo's tiny model

In a package of your own the registrations are entry points, and `genesys grpo --env me/rotation-v0` works.
"""

import asyncio
import sys
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any, ClassVar

import gymnasium as gym

from genesys.curation import curate
from genesys.envs.single_turn import SingleTurnEnv
from genesys.envs.sources.listed import COLLECTIONS, ListedProblems
from genesys.rewards import VERIFIERS
from genesys.rewards.answers import read_answer
from genesys.rollouts.collecting import Harvest
from genesys.rollouts.sampler import SamplerSettings
from genesys.schema import Problem, Sampling, Verdict
from genesys.training.tiny_model import tiny_model_cached
from genesys.training.trainers import read_settings, train

TASK = "rotation"
ASKED = "What does this Python program print?\n\n{}\n\nPut the printed text in \\boxed{{}}."
PROGRAM = "```python\ns='{}'\ns=s[1:]+s[0]\ns=s[1:]+s[0]\nprint(s)\n```"


def rotation(word: str) -> Problem:
    """One problem: what is asked, and what the verifier needs."""
    asked, info = ASKED.format(PROGRAM.format(word)), {"ground_truth": word[2:] + word[:2]}
    return Problem(problem_id=word, source=TASK, task_type=TASK, prompt=asked, verification_info=info)


WORDS = ["".join(letters) for letters in permutations("abcdefgh", 4)][::7]
PROBLEMS = ListedProblems(TASK, "1", tuple(map(rotation, WORDS)))


@dataclass(frozen=True, kw_only=True)
class RotationVerifier:  # noqa: D101
    name: ClassVar[str] = TASK
    version: ClassVar[str] = "1"  # a change that can move a score is a new one
    kind: ClassVar[Any] = "inline"  # fast on any text, so it needs no worker process

    def verify(self, problem: Problem, text: str) -> Verdict:
        """Scores a completion; never raises."""
        answer = read_answer(text, ("boxed",))
        right = answer.text is not None and answer.text == problem.verification_info["ground_truth"]
        return Verdict.right() if right else Verdict.wrong(answer.cause or "wrong_answer")

    def check_gold(self, problem: Problem) -> str | None:
        """Why a problem cannot be used, or None."""
        return None if problem.verification_info.get("ground_truth") else "no ground_truth"


class RotationEnv(SingleTurnEnv):  # noqa: D101
    task_type, default_problems = TASK, TASK


def main(out: Path, model: str) -> None:
    """Registers the three, then harvests, curates and trains."""
    COLLECTIONS.register(TASK, f"{__name__}:PROBLEMS")
    VERIFIERS.register(TASK, f"{__name__}:RotationVerifier")
    gym.register("me/rotation-v0", entry_point=f"{__name__}:RotationEnv", kwargs={"verifier": TASK})
    sampler = SamplerSettings(name="transformers", model=model, sampling=Sampling(max_tokens=32))
    asyncio.run(Harvest(env_id="me/rotation-v0", sampler=sampler).run(out / "run"))
    kept = curate([out / "run"], "synthetic-1", out / "dataset").output("sft").rows
    given = {"model": model, "env": "me/rotation-v0", "out": out / "grpo", "learning_rate": 4e-4}
    trl = {"max_steps": 6, "per_device_train_batch_size": 64, "max_completion_length": 32}
    report = train(read_settings("grpo", given=given | trl))
    print(f"{kept} kept for SFT; reward {report.reward_first:.2f} -> {report.reward_last:.2f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else str(tiny_model_cached()))
