"""The environment of one question and one answer, for any task type.

An environment of another task type is a class with three words:

    class ChessEnv(SingleTurnEnv):
        task_type = "chess_puzzle"
        default_problems = "chess:level=1"
        default_template = "plain"
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium.error import InvalidAction, ResetNeeded

from genesys.envs import templates
from genesys.envs.sources import ProblemSource, open_problems
from genesys.envs.spaces import TextSpace
from genesys.envs.verifying import Verifying, verifier_for
from genesys.errors import ConfigurationError, UnknownName
from genesys.rewards import verify
from genesys.schema import Problem, Verdict, canonical_json

Step = tuple[str, float, bool, bool, dict[str, Any]]


class SingleTurnEnv(gymnasium.Env[str, str]):
    """Asks one problem; the action is the completion, the reward is its score.

    Args:
        problems: A path, a generator with its parameters, or a source (`open_problems`); None takes the
            task type's generator.
        level: Level of a generator.
        seed: Seed of a generator. The seed of `reset` draws among its problems.
        size: Number of a generator's problems.
        verifier: "math", pinned "math@1", a specification, or None for the task type's default.
        answer_format: Where the answer stands (`genesys.rewards.answers`), for other people's problems.
        template: How problems are put (`genesys.envs.templates`); None takes the task type's.
        skip_malformed: Whether to count rows of a file that do not parse, and go on.
        render_mode: None, or "ansi": `render` returns the dialogue and its verdict as text.

    Attributes:
        problems: The source.
        template: `"name@version"` of the template.
        verifier_spec: What verifies the actions.
    """

    task_type: ClassVar[str]
    default_problems: ClassVar[str]
    default_template: ClassVar[str] = "plain"
    metadata: dict[str, Any] = {"render_modes": ["ansi"], "render_fps": 1}  # noqa: RUF012 - Gymnasium's type

    def __init__(
        self,
        *,
        problems: str | Path | ProblemSource | None = None,
        level: int | None = None,
        seed: int | None = None,
        size: int | None = None,
        verifier: Verifying = None,
        answer_format: str | None = None,
        template: str | None = None,
        skip_malformed: bool = False,
        render_mode: str | None = None,
    ) -> None:
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise UnknownName.of("render mode", render_mode, self.metadata["render_modes"])
        source = self.default_problems if problems is None else problems
        self.problems = open_problems(
            source, skip_malformed=skip_malformed, level=level, seed=seed, size=size
        )
        self._template = templates.template(self.default_template if template is None else template)
        self.template = self._template.key
        self.verifier_spec = verifier_for(self.task_type, verifier, answer_format)
        self.render_mode = render_mode
        self.observation_space = TextSpace()
        self.action_space = TextSpace()
        self._problem: Problem | None = None
        self._screen = ""

    @property
    def problem(self) -> Problem:
        """The problem that waits for its completion.

        Raises:
            ResetNeeded: If none does.
        """
        if self._problem is None:
            raise ResetNeeded("No problem waits for an answer: call reset() before each step().")
        return self._problem

    def messages(self, problem: Problem) -> templates.Messages:
        """What is put to the model, turn by turn.

        Raises:
            ConfigurationError: If the problem is of a task type that this environment does not serve.
        """
        if problem.task_type != self.task_type:
            raise ConfigurationError(
                f"problem {problem.problem_id!r} is of task type {problem.task_type!r}, "
                f"and {type(self).__name__} serves {self.task_type!r}",
                "Choose the environment of its task type: `genesys envs` lists them.",
            )
        return self._template.render(problem)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Draws a problem, or takes the one of `options={"problem_id": ...}`.

        Returns:
            The text of the user's turns; an info with `problem_id`, `task_type` and `source`.

        Raises:
            ConfigurationError: If the source has no such problem.
            UnknownName: If there is no such option.
        """
        super().reset(seed=seed)
        problem = choose(self.problems, self.np_random, options or {})
        turns = [turn["content"] for turn in self.messages(problem) if turn["role"] == "user"]
        self._problem, self._screen = problem, "\n\n".join(turns)
        info = {"problem_id": problem.problem_id, "task_type": problem.task_type, "source": problem.source}
        return self._screen, info

    def step(self, action: str) -> Step:
        """Verifies a completion's canonical text; the episode ends.

        Returns:
            An empty observation, as nothing more is said; the score as the reward (0.0 where there is
            none); True; False; and the verdict as an info: `problem_id`, `task_type`, `scorable`,
            `cause` ("" for a full score), `verifier` ("name@version") and `verdict_info` (JSON).

        Raises:
            ResetNeeded: If no problem waits.
            InvalidAction: If the action is no text.
        """
        problem = self.problem
        return self.conclude(action, verify(problem, checked(action), verifier=self.verifier_spec))

    def conclude(self, action: str, verdict: Verdict) -> Step:
        """Ends the episode with a verdict that was reached elsewhere, such as in a batch."""
        problem, self._problem = self.problem, None
        self._screen += (
            f"\n\n> {action}\n\n{verdict.verifier}: {verdict.score} {verdict.cause or ''}".rstrip()
        )
        return "", verdict.score or 0.0, True, False, describe(problem, verdict)

    def render(self) -> str | None:
        """The dialogue so far and its verdict, in render mode "ansi"."""
        return self._screen if self.render_mode == "ansi" else None


def choose(problems: ProblemSource, rng: np.random.Generator, options: Mapping[str, Any]) -> Problem:
    """The problem that the options of `reset` name, or a random one.

    Raises:
        ConfigurationError: If the source has no such problem.
        UnknownName: If there is no such option.
    """
    for name in options:
        if name != "problem_id":
            raise UnknownName.of("option of reset", str(name), ("problem_id",))
    if "problem_id" not in options:
        return problems[int(rng.integers(len(problems)))]
    try:
        return problems.by_id(options["problem_id"])
    except (KeyError, TypeError, AttributeError):
        raise ConfigurationError(
            f"there is no problem {options['problem_id']!r} among the {len(problems)} of this environment",
            f"Their ids look like {problems[0].problem_id!r}.",
        ) from None


def describe(problem: Problem, verdict: Verdict) -> dict[str, Any]:
    """The info of a step: the same keys and types for every verdict, and no times."""
    return {
        "problem_id": problem.problem_id,
        "task_type": problem.task_type,
        "scorable": verdict.scorable,
        "cause": verdict.cause or "",
        "verifier": verdict.verifier,
        "verdict_info": canonical_json(verdict.info),
    }


def checked(action: object) -> str:
    """An action that is a text.

    Raises:
        InvalidAction: If it is none.
    """
    if isinstance(action, str):
        return action
    raise InvalidAction(f"An action is the text of a completion, not {type(action).__name__}: {action!r:.80}")
