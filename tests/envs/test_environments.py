"""Every registered environment, the same questions to each."""

from __future__ import annotations

import subprocess
import sys
import warnings

import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env
from judge_fixture import loopback_judge  # noqa: F401  # a fixture

from genesys.environments import ENVIRONMENTS, JUDGED
from genesys.envs.single_turn import SingleTurnEnv
from genesys.rewards import verify

pytestmark = pytest.mark.usefixtures("loopback_judge")
env_ids = pytest.mark.parametrize("env_id", sorted(ENVIRONMENTS))


def make(env_id: str) -> SingleTurnEnv:
    env = gymnasium.make(env_id).unwrapped
    assert isinstance(env, SingleTurnEnv)
    return env


@env_ids
def test_gymnasiums_checker_has_nothing_to_say(env_id: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(make(env_id))


@env_ids
def test_the_default_problems_are_of_its_task_type_and_have_right_golds(env_id: str) -> None:
    env = make(env_id)
    count = len(env.problems)
    assert count >= (8 if env_id in JUDGED else 40)
    for index in range(0, count, max(1, count // 10)):
        problem = env.problems[index]
        assert problem.task_type == env.task_type
        assert problem.gold_standard_solution is not None
        assert verify(problem, problem.gold_standard_solution, verifier=env.verifier_spec).score == 1.0


@env_ids
def test_it_asks_for_the_answer_where_its_verifier_reads_it(env_id: str) -> None:
    observation, _ = make(env_id).reset(seed=1)
    if env_id == "genesys/stem-v0":  # all of the answer is read
        return
    assert (
        "fenced code block" if env_id in ("genesys/code-v0", "genesys/swe-v0") else "\\boxed{}"
    ) in observation


@env_ids
def test_it_declares_a_vector_environment_of_its_own(env_id: str) -> None:
    envs = gymnasium.make_vec(env_id, num_envs=2)
    assert type(envs).__module__ == type(make(env_id)).__module__
    envs.close()


@env_ids
def test_a_verifier_pinned_by_the_registration_is_the_one_the_package_carries(env_id: str) -> None:
    pinned = gymnasium.spec(env_id).kwargs["verifier"]
    spec = make(env_id).verifier_spec
    assert pinned == f"{spec.name}@{spec.version}"
    assert gymnasium.spec(env_id).nondeterministic == (env_id in JUDGED)
    assert (spec.key == pinned) != (env_id in JUDGED)  # the judge that is configured stands in the key


def test_environments_load_no_optional_package() -> None:
    code = (
        "import sys, gymnasium, genesys\n"
        f"for env_id in {sorted(ENVIRONMENTS)!r}:\n"
        "    env = gymnasium.make(env_id)\n"
        "    env.reset(seed=1)\n"
        "    env.step('\\\\boxed{1}')\n"
        "    gymnasium.make_vec(env_id, num_envs=2).reset(seed=1)\n"
        "heavy = {'torch', 'transformers', 'trl', 'datasets', 'vllm', 'ray', 'duckdb', 'pandas', 'wandb'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
