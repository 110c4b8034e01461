"""The vector environments against Gymnasium's own, which step one environment after the other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.error import InvalidAction, ResetNeeded
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv
from judge_fixture import loopback_judge  # noqa: F401  # a fixture

from genesys.environments import ENVIRONMENTS, JUDGED
from genesys.envs.math_env import MathVectorEnv
from genesys.envs.output_env import OutputPredictionVectorEnv
from genesys.envs.vector import SingleTurnVectorEnv
from genesys.errors import ConfigurationError, UnknownName
from genesys.rewards.gold import gold_answer
from genesys.schema import Problem

pytestmark = pytest.mark.usefixtures("loopback_judge")
env_ids = pytest.mark.parametrize("env_id", sorted(ENVIRONMENTS))


def batch(env_id: str, num_envs: int, **kwargs: Any) -> SingleTurnVectorEnv:
    envs = gymnasium.make_vec(env_id, num_envs=num_envs, **kwargs)
    assert isinstance(envs, SingleTurnVectorEnv)
    return envs


def one_by_one(env_id: str, num_envs: int, **kwargs: Any) -> SyncVectorEnv[Any, Any]:
    makers = [lambda: gymnasium.make(env_id, **kwargs)] * num_envs
    return SyncVectorEnv(makers, autoreset_mode=AutoresetMode.SAME_STEP)


def answers(envs: SingleTurnVectorEnv, right: list[bool]) -> list[str]:
    """A right or a wrong answer for each environment."""
    problems = [env.problem for env in envs.envs]
    return [
        (gold_answer(problem) or "") if is_right else "\\boxed{no}"
        for problem, is_right in zip(problems, right, strict=True)
    ]


def assert_same(left: Any, right: Any) -> None:
    """What vector environments return: tuples, nested dicts and arrays, of equal types."""
    assert type(left) is type(right)
    if isinstance(left, dict):
        assert left.keys() == right.keys()
        for key in left:
            assert_same(left[key], right[key])
    elif isinstance(left, tuple):
        assert len(left) == len(right)
        for one, other in zip(left, right, strict=True):
            assert_same(one, other)
    elif isinstance(left, np.ndarray):
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(left, right)
    else:
        assert left == right


@env_ids
def test_it_does_what_single_environments_in_a_row_do(env_id: str) -> None:
    fixed = env_id in JUDGED or env_id == "genesys/code-v0"  # their problems are fixed collections
    level = {} if fixed else {"level": 1}
    ours, theirs = batch(env_id, 5, **level), one_by_one(env_id, 5, **level)
    assert ours.metadata == theirs.metadata
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    assert_same(ours.reset(seed=11), theirs.reset(seed=11))
    for turn in range(4):
        actions = answers(ours, [(index + turn) % 2 == 0 for index in range(5)])
        assert_same(ours.step(actions), theirs.step(tuple(actions)))
    assert_same(ours.reset(seed=[3, None, 5, None, 3]), theirs.reset(seed=[3, None, 5, None, 3]))
    mask = np.array([True, False, True, False, False])
    options = {"reset_mask": mask, "problem_id": ours.problems[7].problem_id}
    assert_same(ours.reset(options=options), theirs.reset(options=dict(options)))
    assert "reset_mask" in options


@env_ids
def test_64_environments_verify_every_action(env_id: str) -> None:
    envs = batch(env_id, 64)
    observations, infos = envs.reset(seed=0)
    for turn in range(3):
        right = [(index + turn) % 3 == 0 for index in range(64)]
        asked = list(infos["problem_id"])
        observations, rewards, terminated, truncated, infos = envs.step(answers(envs, right))
        final = infos["final_info"]
        assert rewards.tolist() == [float(is_right) for is_right in right]
        assert terminated.all()
        assert not truncated.any()
        assert list(final["problem_id"]) == asked
        assert set(final["verifier"]) == {envs.verifier_spec.key}
        assert [cause == "" for cause in final["cause"]] == right
        assert len(observations) == 64
        assert observations in envs.observation_space


def test_infos_keep_their_types() -> None:
    envs = OutputPredictionVectorEnv(num_envs=3)
    envs.reset(seed=1)
    final = envs.step(["", "", ""])[4]["final_info"]
    assert final["scorable"].dtype == np.bool_
    for key in ("problem_id", "task_type", "cause", "verifier", "verdict_info"):
        assert final[key].dtype == object
        assert all(isinstance(value, str) for value in final[key])


def test_unscorable_answers_keep_their_place(tmp_path: Path) -> None:
    rows = [
        Problem(
            problem_id=name,
            source="made",
            task_type="code_output_prediction",
            prompt="?",
            verification_info=info,
        ).to_row()
        for name, info in (("good", {"ground_truth": "ab"}), ("bad", {}))
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    envs = OutputPredictionVectorEnv(num_envs=8, problems=path)
    _, infos = envs.reset(seed=2)
    asked = infos["problem_id"]
    assert {"good", "bad"} == set(asked)
    _, rewards, _, _, infos = envs.step(["\\boxed{ab}"] * 8)
    assert infos["final_info"]["scorable"].tolist() == (asked == "good").tolist() == (rewards == 1.0).tolist()


def test_environments_share_one_source() -> None:
    envs = MathVectorEnv(num_envs=4, problems="algebra", level=2, seed=3, size=50)
    assert {id(env.problems) for env in envs.envs} == {id(envs.problems)}
    assert envs.problems.identity == "algebra@1:level=2,seed=3,size=50"


@pytest.mark.parametrize(
    "actions", ["ab", ["a"], ["a", "b", "c"], ["a", 7]], ids=["text", "few", "many", "number"]
)
def test_actions_that_are_not_one_text_each_are_refused_and_cost_nothing(actions: Any) -> None:
    envs = OutputPredictionVectorEnv(num_envs=2)
    envs.reset(seed=1)
    waiting = [env.problem for env in envs.envs]
    with pytest.raises(InvalidAction):
        envs.step(actions)
    assert [env.problem for env in envs.envs] == waiting
    assert envs.step(answers(envs, [True, True]))[1].tolist() == [1.0, 1.0]


def test_a_step_before_the_first_reset_is_refused() -> None:
    with pytest.raises(ResetNeeded):
        MathVectorEnv(num_envs=2).step(["", ""])


@pytest.mark.parametrize(
    ("arguments", "error", "fault"),
    [
        ({"seed": [1]}, ConfigurationError, "1 seeds for 2 environments"),
        (
            {"options": {"reset_mask": np.zeros(2, dtype=np.bool_)}},
            ConfigurationError,
            "selects no environments",
        ),
        ({"options": {"reset_mask": [True, False]}}, ConfigurationError, "boolean array of shape"),
        ({"options": {"problem": "x"}}, UnknownName, "Did you mean 'problem_id'"),
    ],
)
def test_wrong_resets_are_refused(arguments: dict[str, Any], error: type[Exception], fault: str) -> None:
    with pytest.raises(error, match=fault):
        OutputPredictionVectorEnv(num_envs=2).reset(**arguments)


def test_a_batch_has_at_least_one() -> None:
    with pytest.raises(ConfigurationError, match="num_envs=0 makes no batch"):
        MathVectorEnv(num_envs=0)


def test_sampled_actions_fit_and_render_shows_each() -> None:
    envs = OutputPredictionVectorEnv(num_envs=3, render_mode="ansi")
    observations, _ = envs.reset(seed=1)
    assert envs.render() == observations
    actions = envs.action_space.sample()
    assert actions in envs.action_space
    envs.step(actions)


def test_gymnasiums_statistics_wrapper_counts_every_episode() -> None:
    envs = gymnasium.wrappers.vector.RecordEpisodeStatistics(batch("genesys/output-prediction-v0", 2))
    envs.reset(seed=1)
    for _ in range(3):
        envs.step(["", ""])
    assert envs.episode_count == 6


def test_gymnasiums_async_vector_environment_works_without_shared_memory() -> None:
    makers = [lambda: gymnasium.make("genesys/output-prediction-v0")] * 2
    theirs = AsyncVectorEnv(makers, shared_memory=False, autoreset_mode=AutoresetMode.SAME_STEP)
    ours = OutputPredictionVectorEnv(num_envs=2)
    try:
        assert_same(ours.reset(seed=5), theirs.reset(seed=5))
        actions = answers(ours, [True, False])
        assert_same(ours.step(actions), theirs.step(tuple(actions)))
    finally:
        theirs.close()
