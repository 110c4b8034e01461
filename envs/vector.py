"""Many one-question environments at a time, verified together and without a wasted action.

Gymnasium's own vector environments step one environment after the other, and by default spend every
second step on the reset: half the completions would be thrown away. Here a step verifies all actions
through the grader, concurrently, and returns the next problems at once (autoreset mode SAME_STEP).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from gymnasium.error import InvalidAction
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from genesys.envs.single_turn import SingleTurnEnv, checked
from genesys.errors import ConfigurationError
from genesys.rewards import verify_batch

Seeds = int | Sequence[int | None] | None
Flags = npt.NDArray[np.bool_]
Rewards = npt.NDArray[np.float64]
VectorStep = tuple[tuple[str, ...], Rewards, Flags, Flags, dict[str, Any]]


class SingleTurnVectorEnv(VectorEnv[tuple[str, ...], Sequence[str], npt.NDArray[Any]]):
    """A batch of single-turn environments over one problem source.

    Problems, rewards and infos are those of `num_envs` single environments in Gymnasium's
    `SyncVectorEnv(..., autoreset_mode="SameStep")`; only the verifying differs, which is concurrent.

    Args:
        num_envs: How many, at least 1.
        **kwargs: Arguments of each environment (`SingleTurnEnv`).

    Attributes:
        envs: The environments. They share their source.
    """

    environment: ClassVar[type[SingleTurnEnv]]

    def __init__(self, num_envs: int = 1, **kwargs: Any) -> None:
        if num_envs < 1:
            raise ConfigurationError(f"num_envs={num_envs} makes no batch", "Give at least 1.")
        first = self.environment(**kwargs)
        shared = {**kwargs, "problems": first.problems, "level": None, "seed": None, "size": None}
        self.envs = [first, *(self.environment(**shared) for _ in range(num_envs - 1))]
        self.num_envs = num_envs
        self.metadata = {**first.metadata, "autoreset_mode": AutoresetMode.SAME_STEP}
        self.render_mode = first.render_mode
        self.problems, self.template = first.problems, first.template
        self.verifier_spec = first.verifier_spec
        self.single_observation_space = first.observation_space
        self.single_action_space = first.action_space
        self.observation_space = batch_space(first.observation_space, num_envs)
        self.action_space = batch_space(first.action_space, num_envs)
        self._observations = [""] * num_envs

    def reset(
        self, *, seed: Seeds = None, options: dict[str, Any] | None = None
    ) -> tuple[tuple[str, ...], dict[str, Any]]:
        """Draws a problem for each environment.

        Args:
            seed: Environment i gets seed + i, or the i-th of a list, or keeps its generator.
            options: Those of the single environment, for each; and `reset_mask`, a boolean array of the
                environments to reset, as in Gymnasium.

        Returns:
            The texts to answer, one for each environment, and the infos of the resets.
        """
        chosen = dict(options or {})
        mask = self._mask(chosen.pop("reset_mask", None))
        infos: dict[str, Any] = {}
        for index, one_seed in enumerate(self._seeds(seed)):
            if mask[index]:
                self._observations[index], info = self.envs[index].reset(seed=one_seed, options=chosen)
                infos = self._add_info(infos, info, index)
        return tuple(self._observations), infos

    def step(self, actions: Sequence[str]) -> VectorStep:
        """Verifies one completion for each environment and serves the next problems.

        Returns:
            The next texts to answer; rewards, float64 of shape (num_envs,); all True (terminated); all
            False (truncated); and infos: those of the resets, with the verdicts under `final_info`.

        Raises:
            ResetNeeded: If `reset` has not been called.
            InvalidAction: If there is not one text for each environment.
        """
        problems = [env.problem for env in self.envs]
        texts = self._texts(actions)
        verdicts = verify_batch(problems, texts, verifier=self.verifier_spec)
        rewards = np.zeros(self.num_envs, dtype=np.float64)
        infos: dict[str, Any] = {}
        for index, (env, text, verdict) in enumerate(zip(self.envs, texts, verdicts, strict=True)):
            final, rewards[index], _, _, info = env.conclude(text, verdict)
            infos = self._add_info(infos, {"final_obs": final, "final_info": info}, index)
            self._observations[index], info = env.reset()
            infos = self._add_info(infos, info, index)
        ended = np.ones(self.num_envs, dtype=np.bool_)
        return tuple(self._observations), rewards, ended, ~ended, infos

    def render(self) -> tuple[Any, ...]:
        """What each environment shows."""
        return tuple(env.render() for env in self.envs)

    def _seeds(self, seed: Seeds) -> Sequence[int | None]:
        if seed is None:
            return [None] * self.num_envs
        if isinstance(seed, int):
            return [seed + index for index in range(self.num_envs)]
        if len(seed) != self.num_envs:
            raise ConfigurationError(f"{len(seed)} seeds for {self.num_envs} environments")
        return seed

    def _mask(self, mask: Any) -> Flags:
        if mask is None:
            return np.ones(self.num_envs, dtype=np.bool_)
        if (
            isinstance(mask, np.ndarray)
            and mask.shape == (self.num_envs,)
            and mask.dtype == np.bool_
            and mask.any()
        ):
            return mask
        raise ConfigurationError(
            f"reset_mask={mask!r} selects no environments",
            f"Give a boolean array of shape ({self.num_envs},) with at least one True.",
        )

    def _texts(self, actions: Sequence[str]) -> list[str]:
        if isinstance(actions, str) or len(actions) != self.num_envs:
            raise InvalidAction(
                f"A step takes {self.num_envs} texts, one for each environment: {actions!r:.80}"
            )
        return [checked(action) for action in actions]
