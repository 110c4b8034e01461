"""One question, one answer: resets, steps, infos and everything that can be asked wrongly."""

from __future__ import annotations

import json
import pickle
import re
from pathlib import Path
from typing import Any

import gymnasium
import pytest
from gymnasium.error import InvalidAction, ResetNeeded

import genesys.rewards
from genesys.envs.math_env import MathEnv
from genesys.envs.output_env import OutputPredictionEnv
from genesys.envs.single_turn import SingleTurnEnv
from genesys.envs.sources import open_problems
from genesys.errors import ConfigurationError, MalformedRow, UnknownName
from genesys.rewards import verifier_spec
from genesys.schema import Problem


def answer(problem: Problem) -> str:
    return f"<think>hm</think>\\boxed{{{problem.verification_info['ground_truth']}}}"


def write(path: Path, *problems: Problem) -> Path:
    path.write_text("".join(json.dumps(problem.to_row()) + "\n" for problem in problems))
    return path


def problem(**changes: Any) -> Problem:
    base: dict[str, Any] = {
        "problem_id": "p",
        "source": "made",
        "task_type": "code_output_prediction",
        "prompt": "What does print('ab') print?",
        "verification_info": {"ground_truth": "ab"},
    }
    return Problem(**{**base, **changes})


def test_reset_asks_the_rendered_problem() -> None:
    env = MathEnv(problems="algebra", level=1)
    observation, info = env.reset(seed=3)
    asked = env.problems.by_id(info["problem_id"])
    assert [turn["content"] for turn in env.messages(asked)] == [observation]
    assert observation.startswith(asked.prompt)
    assert info == {"problem_id": asked.problem_id, "task_type": "verifiable_math", "source": "algebra"}


def test_the_seed_of_reset_decides_the_sequence_of_problems() -> None:
    first, second = MathEnv(), MathEnv()
    drawn = [first.reset(seed=5)[0], *(first.reset()[0] for _ in range(9))]
    assert drawn == [second.reset(seed=5)[0], *(second.reset()[0] for _ in range(9))]
    assert len(set(drawn)) > 5
    assert drawn[0] != MathEnv().reset(seed=6)[0]


def test_a_problem_is_asked_for_by_its_id() -> None:
    env = OutputPredictionEnv(level=1)
    _, info = env.reset(options={"problem_id": "string-programs-level1-seed0-17"})
    assert info["problem_id"] == "string-programs-level1-seed0-17"


def test_a_right_answer_earns_1_and_ends_the_episode() -> None:
    env = MathEnv()
    _, reset_info = env.reset(seed=3)
    observation, reward, terminated, truncated, info = env.step(answer(env.problem))
    assert (observation, reward, terminated, truncated) == ("", 1.0, True, False)
    assert list(info) == ["problem_id", "task_type", "scorable", "cause", "verifier", "verdict_info"]
    assert info["problem_id"] == reset_info["problem_id"]
    assert (info["scorable"], info["cause"], info["verifier"]) == (True, "", env.verifier_spec.key)
    assert isinstance(json.loads(info["verdict_info"]), dict)


@pytest.mark.parametrize(
    ("action", "cause"), [("", "no_answer"), ("\\boxed{no}", "wrong_answer"), ("<think>so", "truncated")]
)
def test_a_wrong_answer_earns_0_with_its_cause(action: str, cause: str) -> None:
    env = OutputPredictionEnv()
    env.reset(seed=3)
    _, reward, terminated, _, info = env.step(action)
    assert (reward, terminated, info["scorable"], info["cause"]) == (0.0, True, True, cause)


def test_an_unscorable_answer_earns_0_and_says_so(tmp_path: Path) -> None:
    env = OutputPredictionEnv(problems=write(tmp_path / "rows.jsonl", problem(verification_info={})))
    env.reset(seed=1)
    _, reward, terminated, _, info = env.step("\\boxed{ab}")
    assert (reward, terminated, info["scorable"], info["cause"]) == (0.0, True, False, "bad_gold")


def test_the_reward_is_the_graders_verdict() -> None:
    env = OutputPredictionEnv(level=2)
    for seed in range(20):
        env.reset(seed=seed)
        asked = env.problem
        action = answer(asked) if seed % 2 else "\\boxed{x}"
        verdict = genesys.rewards.verify(asked, action)
        _, reward, _, _, info = env.step(action)
        assert (reward, info["verifier"], json.loads(info["verdict_info"])) == (
            verdict.score,
            verdict.verifier,
            verdict.info,
        )


def test_a_second_step_needs_a_reset() -> None:
    env = MathEnv()
    with pytest.raises(ResetNeeded):
        env.step("before the first reset")
    env.reset(seed=1)
    env.step("")
    with pytest.raises(ResetNeeded, match="call reset"):
        env.step("")


def test_an_action_that_is_no_text_is_refused_and_costs_nothing() -> None:
    env = MathEnv()
    env.reset(seed=1)
    with pytest.raises(InvalidAction, match="text of a completion, not int: 42"):
        env.step(42)  # type: ignore[arg-type]  # what a careless caller passes
    assert env.step(answer(env.problem))[1] == 1.0


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"problem_id": "p1"}, "there is no problem 'p1' among the 1000 of this environment"),
        ({"problem_id": 7}, "there is no problem 7"),
        ({"problem_id": []}, "there is no problem []"),
        ({"problem": "x"}, "unknown option of reset 'problem'\nDid you mean 'problem_id'?"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(fault)):
        MathEnv().reset(options=options)


def test_wrong_options_are_refused_for_files_too(tmp_path: Path) -> None:
    env = OutputPredictionEnv(problems=write(tmp_path / "rows.jsonl", problem()))
    unknown: list[Any] = ["q", None, []]
    for problem_id in unknown:
        with pytest.raises(ConfigurationError, match="Their ids look like 'p'"):
            env.reset(options={"problem_id": problem_id})


def test_a_problem_of_another_task_type_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="and MathEnv serves 'verifiable_math'"):
        MathEnv(problems="string-programs").reset(seed=1)


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({"problems": "arithmetik"}, "Did you mean 'arithmetic'?"),
        ({"verifier": "maths"}, "Did you mean 'math'?"),
        ({"template": "boxd"}, "Did you mean 'boxed'?"),
        ({"answer_format": "box"}, "unknown answer format 'box'"),
        ({"render_mode": "human"}, "unknown render mode 'human'\nKnown: ansi."),
    ],
)
def test_unknown_names_are_suggested_when_the_environment_is_made(
    arguments: dict[str, Any], fault: str
) -> None:
    with pytest.raises(UnknownName, match=re.escape(fault)):
        MathEnv(**arguments)


def test_a_version_that_the_package_does_not_carry_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="math@0 is asked for"):
        MathEnv(verifier="math@0")


def test_verifiers_come_by_default_name_version_or_specification() -> None:
    default = MathEnv().verifier_spec
    pinned = f"{default.name}@{default.version}"
    for verifier in ("math", pinned, verifier_spec("math")):
        assert MathEnv(verifier=verifier).verifier_spec == default
    assert MathEnv(verifier="math-verify").verifier_spec.name == "math-verify"


@pytest.mark.parametrize("verifier", [None, "output", "output@1", verifier_spec("output")])
def test_an_answer_format_becomes_a_parameter_of_the_verifier(verifier: Any) -> None:
    env = OutputPredictionEnv(verifier=verifier, answer_format="bare")
    env.reset(seed=1)
    info = env.step(env.problem.verification_info["ground_truth"])[4]
    assert (info["cause"], info["verifier"]) == ("", env.verifier_spec.key)
    assert info["verifier"] == verifier_spec("output", {"answer_format": "bare"}).key


def test_arguments_of_generators_and_files_reach_the_source(tmp_path: Path) -> None:
    env = MathEnv(problems="algebra", level=2, seed=9, size=30)
    assert env.problems.identity == "algebra@1:level=2,seed=9,size=30"
    path = write(tmp_path / "rows.jsonl", problem())
    path.write_text(path.read_text() + "{\n")
    with pytest.raises(MalformedRow):
        OutputPredictionEnv(problems=path)
    assert OutputPredictionEnv(problems=path, skip_malformed=True).problems.skipped == 1


def test_templates_are_named_with_their_version() -> None:
    assert (MathEnv().template, OutputPredictionEnv().template) == ("boxed@1", "plain@1")
    env = MathEnv(template="plain")
    assert env.reset(seed=1)[0] == env.problem.prompt


def test_ansi_shows_the_dialogue_and_its_verdict() -> None:
    env = OutputPredictionEnv(render_mode="ansi")
    observation, _ = env.reset(seed=1)
    assert env.render() == observation
    env.step("\\boxed{x}")
    assert env.render() == f"{observation}\n\n> \\boxed{{x}}\n\noutput@1: 0.0 wrong_answer"
    silent = OutputPredictionEnv()
    silent.reset(seed=1)
    assert silent.render() is None


def test_make_takes_the_arguments_and_does_not_copy_the_problems(tmp_path: Path) -> None:
    problems = open_problems(write(tmp_path / "rows.jsonl", problem()))
    env = gymnasium.make("genesys/output-prediction-v0", problems=problems)
    assert isinstance(env.unwrapped, SingleTurnEnv)
    assert env.unwrapped.problems is problems
    assert env.spec is not None
    assert env.spec.kwargs["problems"] is problems


def test_environments_survive_pickling() -> None:
    env = MathEnv(problems="algebra", level=1)
    env.reset(seed=4)
    other = pickle.loads(pickle.dumps(env))
    assert other.problem == env.problem
    assert other.reset()[0] == env.reset()[0]
    assert other.reset(seed=1)[0] == env.reset(seed=1)[0]
