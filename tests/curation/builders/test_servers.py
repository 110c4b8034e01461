"""LLM steps end to end, against real servers."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from build_rig import ChatServer, commit_row, committed, model_at, write_rows
from chat_server import Asked, Fault, FaultMix

from genesys.curation.builders import Build
from genesys.envs.gold_audit import audit_golds
from genesys.envs.sources import open_problems
from genesys.errors import SamplerError
from genesys.rewards import Grader

GOOD = (
    '{"instruction": "Let the limit itself be allowed, and refuse negative counts.", "self_contained": true}'
)
LEAKING = '{"instruction": "Return count <= LIMIT and count >= 0 there.", "self_contained": true}'


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    grader = Grader()
    yield grader
    grader.close()


def by_case(asked: Asked, index: int) -> str:
    """Every fifth reply leaks, every seventh refuses, every third is malformed at first and good when asked again."""
    number = int(asked.content.split("case ")[1].split()[0])
    if number % 5 == 0:
        return LEAKING
    if number % 7 == 0:
        return "I'm sorry, I can't help with that."
    return (
        "Let me think about it."
        if number % 3 == 0 and asked.attempt == 0
        else f"Of course!\n```json\n{GOOD}\n```"
    )


def test_replies_of_all_kinds_over_a_server_that_misbehaves(tmp_path: Path, grader: Grader) -> None:
    source = write_rows(tmp_path / "rows.jsonl", [commit_row(number) for number in range(1, 61)])
    faults = FaultMix(3, {"429": 0.1, "500": 0.1, "reset": 0.05})
    with ChatServer(by_case, faults=faults) as server:
        build = Build(builder="swe", sources=[source], sampling=model_at(server.url))
        report = build.run(tmp_path / "out", grader)
    dropped = {reason: count for stage in report.stages for reason, count in stage.dropped.items()}
    leaking = sum(number % 5 == 0 for number in range(1, 61))
    refusing = sum(number % 7 == 0 and number % 5 != 0 for number in range(1, 61))
    assert dropped == {"leak:code": leaking, "refused": refusing}
    assert report.problems == 60 - leaking - refusing


def test_prompts_that_nobody_answered_are_asked_again_and_no_others(tmp_path: Path, grader: Grader) -> None:
    source = write_rows(tmp_path / "rows.jsonl", [commit_row(number) for number in range(1, 9)])

    def refuses(asked: Asked) -> Fault | None:
        return Fault(kind="status", status=400) if "case 8" in asked.content and down else None

    down = True
    with ChatServer(lambda asked, index: GOOD, faults=refuses) as server:
        build = Build(builder="swe", sources=[source], sampling=model_at(server.url))
        with pytest.raises(SamplerError):
            build.run(tmp_path / "out", grader)
        down = False
        before = dict(server.answered)
        report = Build(builder="swe", sources=[source], sampling=model_at(server.url)).run(
            tmp_path / "out", grader
        )
        assert report.problems == 8
        repeated = [text for text in before if server.answered[text] > before[text]]
        assert len(repeated) <= 8 - committed(tmp_path / "out.work") + 8  # none that was committed
        assert all(count == 1 for text, count in server.answered.items() if "case 1" in text)


COMMAND = "from genesys.cli import main; main()"


@pytest.mark.slow
def test_a_build_killed_while_it_asks_repeats_no_committed_reply(tmp_path: Path) -> None:
    source = write_rows(tmp_path / "rows.jsonl", [commit_row(number) for number in range(1, 41)])
    with ChatServer(lambda asked, index: GOOD, seconds=0.1) as server:
        arguments = [
            "build", "swe", "--source", str(source), "--out", str(tmp_path / "out"), "--model", server.model,
            "-o", f"endpoints={server.url}", "--concurrency", "4", "--json",
        ]  # fmt: skip
        command = [sys.executable, "-c", COMMAND, *arguments]
        for wanted in (8, 22):
            child = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
            )
            server.wait_for(lambda wanted=wanted: sum(server.answered.values()) >= wanted)  # type: ignore[misc]  # a default binds it
            time.sleep(0.3)
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
            kept = committed(tmp_path / "out.work")
            assert kept > 0
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["problems"] == 40
        assert len(server.answered) == 40
        assert sum(server.answered.values()) <= 80 + 2 * (
            4 + 4
        )  # what was in flight, or on its way to the disk


PLANTED = ("value", "letters", "leak")


def rewriting(truth: dict[str, tuple[str, str]], bad: dict[str, str]) -> Callable[[Asked, int], str]:
    """A scripted model: rewrites honestly, but for the planted ones."""

    def answer(asked: Asked, index: int) -> str:
        stem = asked.content.split("PROBLEM\n\n")[1].split("\n\nOPTIONS")[0]
        value, other = truth[stem]
        question = (
            f"{stem.replace('Which of the following', 'What').replace('which of the following', 'what')}"
        )
        kind = bad.get(stem)
        if kind == "value":
            value = other
        elif kind == "letters":
            question += " (A) or (B)?"
        elif kind == "leak":
            question += f" Is it perhaps {value}?"
        return json.dumps({"possible": True, "question": question, "answer": value})

    return answer


@pytest.mark.slow
def test_multiple_choice_becomes_free_form_and_planted_bad_rewrites_are_caught(
    shared: Path, tmp_path: Path, grader: Grader
) -> None:
    with gzip.open(shared / "data" / "real" / "common" / "agieval_mcq.jsonl.gz", "rt") as file:
        path = write_rows(tmp_path / "agieval.jsonl", [json.loads(line) for line in file][::2])
    truth, bad, names = planted(path)
    assert len(bad) > 50
    with ChatServer(rewriting(truth, bad)) as server:
        report = Build(builder="math", sources=[path], sampling=model_at(server.url)).run(
            tmp_path / "out", grader
        )
    (parquet,) = (tmp_path / "out" / "problems").glob("*.parquet")
    problems = list(open_problems(parquet))
    shipped = {problem.problem_id for problem in problems}
    assert not shipped & {names[stem] for stem in bad}
    assert report.problems > 100
    audit = audit_golds(problems, grader)
    assert audit.passed == audit.problems == report.problems


def planted(path: Path) -> tuple[dict[str, tuple[str, str]], dict[str, str], dict[str, str]]:
    """What the model is asked about: stem -> right and wrong value; stem -> fault; stem -> candidate."""
    from genesys.curation.builders.candidate import Candidate
    from genesys.curation.builders.math_free_form import by_rule, split_choice

    truth: dict[str, tuple[str, str]] = {}
    bad: dict[str, str] = {}
    names: dict[str, str] = {}
    for row in map(json.loads, path.read_text().splitlines()):
        fields = {"statement": row["prompt"].strip(), "gold": row["verification_info"]["ground_truth"], "kind": "mcq",
                  "options": row["metadata"]["options"]}  # fmt: skip
        split = split_choice(Candidate(candidate_id=row["problem_id"], source="a", fields=fields))
        if not isinstance(split, Candidate) or by_rule(split).get("question"):
            continue
        wrong = next(text for letter, text in split["choices"].items() if letter != split["letter"])
        stem = split["stem"]
        truth[stem], names[stem] = (split["value"], wrong), row["problem_id"]
        if len(truth) % 3 == 0:
            bad[stem] = PLANTED[len(bad) % 3]
    return truth, bad, names


def test_what_a_build_asked_is_kept_for_whoever_looks(tmp_path: Path, grader: Grader) -> None:
    source = write_rows(tmp_path / "rows.jsonl", [commit_row(1), commit_row(2)])
    with ChatServer(lambda asked, index: GOOD) as server:
        Build(builder="swe", sources=[source], sampling=model_at(server.url)).run(tmp_path / "out", grader)
    (asked,) = (tmp_path / "out.work" / "asked").iterdir()
    rows = pq.read_table(asked / "problems").to_pylist()
    assert all("unified diff" in row["prompt"] for row in rows)
    assert pq.read_table(asked / "completions").column("model").to_pylist() == ["test-model"] * 2
