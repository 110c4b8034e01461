"""One completion, one verdict, byte for byte, at whatever door it is verified."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gymnasium
import pytest
from code_problems_for_tests import call_cases, code_problem, fenced, stdin_cases
from grader_children import verify_in_child

import genesys  # noqa: F401  # registers the environments
from genesys.rewards import averify, averify_batch, verify, verify_batch
from genesys.rewards.sandbox.levels import open_worker
from genesys.rewards.sandbox.unavailable import SandboxUnavailable
from genesys.schema import Problem

Cases = list[tuple[Problem, str]]

ENVS = {
    "verifiable_math": "genesys/math-v0",
    "code_output_prediction": "genesys/output-prediction-v0",
    "verifiable_code": "genesys/code-v0",
}


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
SUM = code_problem(
    "python", [*stdin_cases(("1 2\n", "3\n"), ("4 5\n", "9\n")), *call_cases("add", ([2, 3], 5))]
)
ADD = "def add(a, b):\n    return a {} b\n\nif __name__ == '__main__':\n    print(add(*map(int, input().split())))"
CODE_CASES = [
    (SUM, fenced("python", ADD.format("+"))),  # right
    (SUM, fenced("python", ADD.format("-"))),  # wrong
    (SUM, fenced("python", "import sys\nprint(3)\nsys.exit(len(input()) % 2)")),  # right in parts
    (SUM, "no program"),
]


@pytest.fixture(scope="module", params=["text", "code"])
def cases(request: pytest.FixtureRequest) -> Cases:
    """Cases of the verifiers that run nothing, and of the sandbox where this machine has one."""
    if request.param == "text":
        return CASES
    try:
        open_worker().close()
    except SandboxUnavailable as refusal:
        pytest.skip(f"no isolation level holds here: {refusal.fault}")
    return CODE_CASES


@pytest.fixture(scope="module")
def expected(cases: Cases) -> list[bytes]:
    return [verify(problem, text).content() for problem, text in cases]


def test_the_cases_end_in_different_ways(cases: Cases) -> None:
    causes = {verdict.cause for verdict in verify_batch(*columns(cases))}
    others = {"truncated", "bad_gold"} if cases is CASES else set()
    assert {None, "wrong_answer", "no_answer"} | others <= causes


def columns(cases: Cases) -> tuple[list[Problem], list[str]]:
    return [problem for problem, _ in cases], [text for _, text in cases]


def test_verify_batch(cases: Cases, expected: list[bytes]) -> None:
    assert [verdict.content() for verdict in verify_batch(*columns(cases))] == expected


def test_an_asyncio_task(cases: Cases, expected: list[bytes]) -> None:
    async def one_by_one() -> list[bytes]:
        tasks = [asyncio.create_task(averify(problem, text)) for problem, text in cases]
        return [(await task).content() for task in tasks]

    assert asyncio.run(one_by_one()) == expected
    assert [verdict.content() for verdict in asyncio.run(averify_batch(*columns(cases)))] == expected


def test_worker_threads(cases: Cases, expected: list[bytes]) -> None:
    with ThreadPoolExecutor(4) as threads:
        assert [one.content() for one in threads.map(verify, *columns(cases))] == expected


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # forking with threads is what is tested
def test_forked_and_spawned_processes(method: str, cases: Cases, expected: list[bytes]) -> None:
    context: Any = multiprocessing.get_context(method)
    chosen = slice(2, 5) if cases is CASES else slice(0, 2)
    for (problem, text), content in zip(cases[chosen], expected[chosen], strict=True):
        queue = context.Queue()
        child = context.Process(target=verify_in_child, args=(queue, problem, text, None))
        child.start()
        assert queue.get(timeout=60) == content
        child.join()


def by_task_type(cases: Cases, path: Path) -> Iterator[tuple[str, str, list[int]]]:
    """For each task type: its environment, a file of its distinct problems, the places of its cases."""
    for task_type in sorted({problem.task_type for problem, _ in cases}):
        places = [place for place, (problem, _) in enumerate(cases) if problem.task_type == task_type]
        rows = {cases[place][0].problem_id: cases[place][0].to_row() for place in places}
        file = path / f"{task_type}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows.values()))
        yield ENVS[task_type], str(file), places


def as_step(content: bytes) -> tuple[float, bool, str, str, Any]:
    score, cause, info, verifier = json.loads(content)
    return score or 0.0, score is not None, cause or "", verifier, info


def of_info(reward: float, info: dict[str, Any]) -> tuple[float, bool, str, str, Any]:
    return reward, info["scorable"], info["cause"], info["verifier"], json.loads(info["verdict_info"])


def test_env_step(cases: Cases, tmp_path: Path, expected: list[bytes]) -> None:
    for env_id, file, places in by_task_type(cases, tmp_path):
        env = gymnasium.make(env_id, problems=file)
        for place in places:
            problem, text = cases[place]
            env.reset(options={"problem_id": problem.problem_id})
            _, reward, _, _, info = env.step(text)
            assert of_info(float(reward), info) == as_step(expected[place])


def test_the_vector_environment(cases: Cases, tmp_path: Path, expected: list[bytes]) -> None:
    for env_id, file, places in by_task_type(cases, tmp_path):
        envs = gymnasium.make_vec(env_id, num_envs=2, problems=file)
        for place in places:
            problem, text = cases[place]
            envs.reset(options={"problem_id": problem.problem_id})
            _, rewards, _, _, infos = envs.step([text] * 2)
            for index in range(2):
                info = {name: values[index] for name, values in infos["final_info"].items()}
                assert of_info(rewards[index], info) == as_step(expected[place])


def test_genesys_score(cases: Cases, tmp_path: Path, expected: list[bytes]) -> None:
    rows = [
        {**problem.to_row(), "llm_response": text, "response_id": str(place)}
        for place, (problem, text) in enumerate(cases)
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
