"""The judged environments: without a judge, with published rows, and one noisy score at every door."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gymnasium
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from chat_server import ChatServer
from command_line import genesys
from grader_children import verify_in_child
from judge_stub import judging

from genesys.environments import JUDGED
from genesys.envs.sources import open_problems
from genesys.rewards import averify, averify_batch, verify, verify_batch
from genesys.rewards.gold import near_miss
from genesys.rewards.judging import VARIABLE
from genesys.rollouts.run_reader import RunReader
from genesys.schema import Problem

TASK_TYPE = "llm_judgeable_groundtruth_similarity"
env_ids = pytest.mark.parametrize("env_id", sorted(JUDGED))


@pytest.fixture
def without_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def noisy_judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A judge that never says the same twice: only the cache can make its scores agree."""
    said: list[int] = []

    def dice(seen: object) -> float:
        said.append(1)
        return float(len(said) * 37 % 101)

    with ChatServer(judging(dice), model="noisy") as server:
        monkeypatch.setenv("GENESYS_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv(VARIABLE, f"{server.url}#noisy")
        yield server


@env_ids
@pytest.mark.usefixtures("without_judge")
def test_without_a_judge_an_environment_is_made_and_gives_no_score(env_id: str) -> None:
    env = gymnasium.make(env_id)
    assert env.spec is not None and env.spec.nondeterministic
    env.reset(seed=1)
    _, reward, terminated, truncated, info = env.step("An answer.")
    assert (reward, terminated, truncated) == (0.0, True, False)
    assert (info["scorable"], info["cause"], info["verifier"]) == (False, "judge_unconfigured", "judge@1")
    envs = gymnasium.make_vec(env_id, num_envs=3)
    envs.reset(seed=1)
    assert set(envs.step(["a", "b", ""])[4]["final_info"]["cause"]) == {"judge_unconfigured", "no_answer"}


@pytest.mark.usefixtures("without_judge")
def test_the_cause_names_the_remedy() -> None:
    from genesys.causes import cause

    assert "--judge" in (cause("judge_unconfigured").remedy or "")


def published_rows() -> list[dict[str, Any]]:
    """Rows as the published task datasets hold them: structs as Python literals, ids as numbers or null."""
    base = {"task_type": TASK_TYPE, "gold_standard_solution": "def f():\n    return 2\n"}
    return [
        {
            **base,
            "problem_id": "swe_1",
            "source": "swe_fixer",
            "in_source_id": None,
            "prompt": "Rewrite the file so that f returns 2.",
            "verification_info": "{'judging_instructions': \"Compare the 'files'.\", 'language': None}",
            "metadata": "{'path': 'f.py', 'stars': 12, 'archived': False}",
        },
        {
            **base,
            "problem_id": "stackexchange_2",
            "source": "stackexchange",
            "in_source_id": 4711,
            "prompt": "Why?",
            "verification_info": "{'judging_instructions': ''}",
            "metadata": "{}",
        },
    ]


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
@env_ids
@pytest.mark.usefixtures("noisy_judge")
def test_published_rows_are_served_and_judged(env_id: str, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"published.{ending}"
    rows = published_rows()
    if ending == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        typed = [{**row, "in_source_id": None if row["in_source_id"] is None else 4711} for row in rows]
        pq.write_table(pa.Table.from_pylist(typed), path)
    problems = list(open_problems(path))
    assert [problem.in_source_id for problem in problems] == [None, "4711"]
    assert problems[0].verification_info["judging_instructions"] == "Compare the 'files'."
    assert problems[0].metadata == {"path": "f.py", "stars": 12, "archived": False}
    env = gymnasium.make(env_id, problems=str(path))
    for problem in problems:
        env.reset(options={"problem_id": problem.problem_id})
        info = env.step("```python\ndef f():\n    return 2\n```")[4]
        assert info["scorable"] and json.loads(info["verdict_info"])["rubric"] == "similarity@1"


def cases() -> list[tuple[Problem, str]]:
    """A gold, a near miss and nothing, of each collection."""
    found = []
    for name in ("swe-problems", "stem-problems"):
        for problem in list(open_problems(name))[:2]:
            texts = (problem.gold_standard_solution, near_miss(problem), "<think>open", "")
            found += [(problem, text or "") for text in texts]
    return found


def test_a_noisy_judge_gives_one_score_at_every_door(noisy_judge: ChatServer, tmp_path: Path) -> None:
    chosen = cases()
    problems, texts = [problem for problem, _ in chosen], [text for _, text in chosen]
    expected = [verdict.content() for verdict in verify_batch(problems, texts)]
    scores = [json.loads(content)[0] for content in expected]
    assert len(set(scores)) > 4 and scores.count(0.0) >= 8
    assert [verify(*case).content() for case in chosen] == expected
    assert asyncio.run(_one_by_one(chosen)) == expected
    assert [one.content() for one in asyncio.run(averify_batch(problems, texts))] == expected
    with ThreadPoolExecutor(4) as threads:
        assert [one.content() for one in threads.map(verify, problems, texts)] == expected
    assert _stepped(chosen) == _stepped_together(chosen) == [score or 0.0 for score in scores]
    assert _scored_by_command(chosen, tmp_path) == scores
    assert len(noisy_judge.asked) == 8  # each question once: four problems, two answers


async def _one_by_one(chosen: list[tuple[Problem, str]]) -> list[bytes]:
    tasks = [asyncio.create_task(averify(problem, text)) for problem, text in chosen]
    return [(await task).content() for task in tasks]


def _env_of(problem: Problem) -> str:
    return "genesys/swe-v0" if problem.source == "swe-problems" else "genesys/stem-v0"


def _stepped(chosen: list[tuple[Problem, str]]) -> list[float]:
    envs = {env_id: gymnasium.make(env_id) for env_id in JUDGED}
    rewards = []
    for problem, text in chosen:
        envs[_env_of(problem)].reset(options={"problem_id": problem.problem_id})
        rewards.append(float(envs[_env_of(problem)].step(text)[1]))
    return rewards


def _stepped_together(chosen: list[tuple[Problem, str]]) -> list[float]:
    envs = {env_id: gymnasium.make_vec(env_id, num_envs=2) for env_id in JUDGED}
    rewards = []
    for problem, text in chosen:
        envs[_env_of(problem)].reset(options={"problem_id": problem.problem_id})
        first, second = envs[_env_of(problem)].step([text] * 2)[1]
        assert first == second
        rewards.append(float(first))
    return rewards


def _scored_by_command(chosen: list[tuple[Problem, str]], folder: Path) -> list[float | None]:
    rows = [
        {**problem.to_row(), "llm_response": text, "response_id": str(place)}
        for place, (problem, text) in enumerate(chosen)
    ]
    (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = genesys("score", folder / "in.jsonl", "--out", folder / "out.jsonl")
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["score"] for line in (folder / "out.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # forking with threads is what is tested
def test_forked_and_spawned_processes_get_the_same_score(method: str, noisy_judge: ChatServer) -> None:
    context: Any = multiprocessing.get_context(method)
    problem, text = cases()[1]
    first = verify(problem, text).content()
    queue = context.Queue()
    child = context.Process(target=verify_in_child, args=(queue, problem, text, None))
    child.start()
    assert queue.get(timeout=60) == first
    child.join()
    assert len(noisy_judge.asked) == 1


MIX = """
[[source]]
env = "genesys/swe-v0"
weight = 0.4

[[source]]
env = "genesys/stem-v0"
weight = 0.4

[[source]]
env = "genesys/math-v0"
problems = "arithmetic:level=0,seed=0,size=6"
weight = 0.2
"""


def test_a_mixture_with_judged_task_types_is_harvested(noisy_judge: ChatServer, tmp_path: Path) -> None:
    (tmp_path / "mix.toml").write_text(MIX)
    names = ("swe-problems", "stem-problems", "arithmetic:level=0,seed=0,size=6")
    problems = [problem for name in names for problem in open_problems(name)]
    with (tmp_path / "recording.jsonl").open("w") as file:
        for problem in problems:
            truth = problem.verification_info.get("ground_truth")
            answer = problem.gold_standard_solution if truth is None else f"\\boxed{{{truth}}}"
            file.write(json.dumps({"problem_id": problem.problem_id, "llm_response": answer}) + "\n")
    command = (
        "collect", "--mixture", tmp_path / "mix.toml", "--sampler", "recording",
        "--model", tmp_path / "recording.jsonl", "--out", tmp_path / "run", "--json",
    )  # fmt: skip
    done = genesys(*command)
    assert done.returncode == 0, done.stderr
    run = RunReader(tmp_path / "run")
    scored = {
        key.partition("@")[0]: run.table("scores", ["score"], key).column(0).to_pylist()
        for key in run.verifier_keys()
    }
    assert {name: len(scores) for name, scores in scored.items()} == {"judge": 20, "math": 6}
    assert None not in scored["judge"] and set(scored["math"]) == {1.0}
    assert len(noisy_judge.asked) == 20
    assert genesys(*command).returncode == 0
    assert len(noisy_judge.asked) == 20
    refused = genesys(*command[:-2], tmp_path / "other", "--json", GENESYS_JUDGE="")
    assert refused.returncode == 2 and "none is configured" in refused.stderr
