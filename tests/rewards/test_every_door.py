"""One completion, one verdict, byte for byte, at whatever door it is verified."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gymnasium
import pytest
from grader_children import verify_in_child

import genesys  # noqa: F401  # registers the environments
from genesys.rewards import averify, averify_batch, verify, verify_batch
from genesys.schema import Problem

ENVS = {"verifiable_math": "genesys/math-v0", "code_output_prediction": "genesys/output-prediction-v0"}


def math_problem(gold: str) -> Problem:
    return _problem("verifiable_math", gold)


def _problem(task_type: str, gold: str) -> Problem:
    return Problem(
        problem_id=f"{task_type}-{gold}",
        source="doors",
        task_type=task_type,
        prompt=f"? {gold}",
        verification_info={"ground_truth": gold},
    )


CASES = [
    (math_problem("42"), "<think>6*7</think>It is \\boxed{42}."),  # strings decide
    (math_problem("\\frac{1}{2}"), "\\boxed{0.5}"),  # numbers decide
    (math_problem("\\sqrt{12}"), "\\boxed{2\\sqrt{3}}"),  # needs symbols
    (math_problem("x^2-1"), "\\boxed{(x-1)(x+1)}"),  # needs a worker
    (math_problem("x^2-1"), "\\boxed{(x-1)(x+2)}"),
    (math_problem("2"), "\\boxed{9^{9^{9^{9^9}}}}"),  # too complex
    (math_problem("2"), "no box"),
    (math_problem("2"), "<think>\\boxed{2}"),  # truncated
    (math_problem(""), "\\boxed{2}"),  # bad gold
    (_problem("code_output_prediction", "abc"), '{"output": "abc"}'),
    (_problem("code_output_prediction", "[1, 2]"), '{"output": "[1,2]"}'),
    (_problem("code_output_prediction", "abc"), "\\boxed{abd}"),
]
PROBLEMS = [problem for problem, _ in CASES]
TEXTS = [text for _, text in CASES]


@pytest.fixture(scope="module")
def expected() -> list[bytes]:
    return [verify(problem, text).content() for problem, text in CASES]


def test_the_cases_end_in_different_ways() -> None:
    causes = {verdict.cause for verdict in verify_batch(PROBLEMS, TEXTS)}
    assert {None, "wrong_answer", "no_answer", "truncated", "bad_gold"} <= causes


def test_verify_batch(expected: list[bytes]) -> None:
    assert [verdict.content() for verdict in verify_batch(PROBLEMS, TEXTS)] == expected


def test_an_asyncio_task(expected: list[bytes]) -> None:
    async def one_by_one() -> list[bytes]:
        tasks = [asyncio.create_task(averify(problem, text)) for problem, text in CASES]
        return [(await task).content() for task in tasks]

    assert asyncio.run(one_by_one()) == expected
    assert [verdict.content() for verdict in asyncio.run(averify_batch(PROBLEMS, TEXTS))] == expected


def test_worker_threads(expected: list[bytes]) -> None:
    with ThreadPoolExecutor(4) as threads:
        assert [one.content() for one in threads.map(verify, PROBLEMS, TEXTS)] == expected


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # forking with threads is what is tested
def test_forked_and_spawned_processes(method: str, expected: list[bytes]) -> None:
    context: Any = multiprocessing.get_context(method)
    for (problem, text), content in zip(CASES[2:5], expected[2:5], strict=True):
        queue = context.Queue()
        child = context.Process(target=verify_in_child, args=(queue, problem, text, None))
        child.start()
        assert queue.get(timeout=60) == content
        child.join()


def write_problems(path: Path, task_type: str) -> list[int]:
    """Writes the distinct problems of one task type; returns the places of their cases."""
    places = [place for place, problem in enumerate(PROBLEMS) if problem.task_type == task_type]
    rows = {PROBLEMS[place].problem_id: PROBLEMS[place].to_row() for place in places}
    path.write_text("".join(json.dumps(row) + "\n" for row in rows.values()))
    return places


def as_step(content: bytes) -> tuple[float, bool, str, str, Any]:
    score, cause, info, verifier = json.loads(content)
    return score or 0.0, score is not None, cause or "", verifier, info


def of_info(reward: float, info: dict[str, Any]) -> tuple[float, bool, str, str, Any]:
    return reward, info["scorable"], info["cause"], info["verifier"], json.loads(info["verdict_info"])


@pytest.mark.parametrize("task_type", ENVS)
def test_env_step(task_type: str, tmp_path: Path, expected: list[bytes]) -> None:
    places = write_problems(tmp_path / "problems.jsonl", task_type)
    env = gymnasium.make(ENVS[task_type], problems=str(tmp_path / "problems.jsonl"))
    for place in places:
        env.reset(options={"problem_id": PROBLEMS[place].problem_id})
        _, reward, _, _, info = env.step(TEXTS[place])
        assert of_info(float(reward), info) == as_step(expected[place])


@pytest.mark.parametrize("task_type", ENVS)
def test_the_vector_environment(task_type: str, tmp_path: Path, expected: list[bytes]) -> None:
    places = write_problems(tmp_path / "problems.jsonl", task_type)
    envs = gymnasium.make_vec(ENVS[task_type], num_envs=2, problems=str(tmp_path / "problems.jsonl"))
    for place in places:
        envs.reset(options={"problem_id": PROBLEMS[place].problem_id})
        _, rewards, _, _, infos = envs.step([TEXTS[place]] * 2)
        for index in range(2):
            info = {name: values[index] for name, values in infos["final_info"].items()}
            assert of_info(rewards[index], info) == as_step(expected[place])


def test_genesys_score(tmp_path: Path, expected: list[bytes]) -> None:
    rows = [
        {**problem.to_row(), "llm_response": text, "response_id": str(place)}
        for place, (problem, text) in enumerate(CASES)
    ]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = ["genesys", "score", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out.jsonl")]
    subprocess.run(
        [sys.executable, "-c", "from genesys.cli import main; main()", *command[1:]],
        check=True,
        capture_output=True,
    )
    scored = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    contents = [
        [row["score"], row["cause"], json.loads(row["verification_result_info"]), row["verifier"]]
        for row in scored
    ]
    assert contents == [json.loads(content) for content in expected]
