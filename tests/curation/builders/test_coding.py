import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from genesys.curation.builders import Build, BuildOptions
from genesys.curation.builders.candidate import Candidate, Dropped
from genesys.curation.builders.coding_rows import candidate_of_row
from genesys.curation.builders.coding_rules import MAX_TESTS, judge_statement, judge_tests
from genesys.envs.sources import open_problems
from genesys.errors import ConfigurationError, MalformedRow
from genesys.rewards import Grader
from genesys.rewards.sandbox import toolchains
from genesys.rollouts.sampler import SamplerSettings
from genesys.schema import Problem, Sampling

STATEMENT = "Read two integers from one line and print their sum."
RIGHT = "a, b = map(int, input().split())\nprint(a + b)"
WRONG = "a, b = map(int, input().split())\nprint(a - b)"
TESTS = (("1 2\n", "3\n"), ("10 -4\n", "6\n"))


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    grader = Grader()
    yield grader
    grader.close()


def apps_row(name: str = "1", statement: str = STATEMENT, **changes: Any) -> dict[str, Any]:
    number = sum(map(ord, name))  # near duplicates with the same tests would be one problem
    inputs, outputs = zip(*TESTS, (f"{number} 1\n", f"{number + 1}\n"), strict=True)
    return {
        "problem_id": name,
        "question": statement,
        "input_output": json.dumps({"inputs": inputs, "outputs": outputs}),
        "solutions": json.dumps([RIGHT]),
        "difficulty": "introductory",
        "source": "apps",
        **changes,
    }


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def build(
    tmp_path: Path, grader: Grader, *rows: dict[str, Any], **options: Any
) -> tuple[list[Problem], dict[str, str]]:
    """Problems, and the reason of each dropped row."""
    source = write(tmp_path / "rows.jsonl", *rows)
    settings = BuildOptions(llm=False, extra=options)
    Build(builder="code", sources=[source], options=settings).run(tmp_path / "out", grader)
    (file,) = (tmp_path / "out" / "problems").glob("*.parquet")
    rejected = pq.read_table(tmp_path / "out" / "rejected").to_pylist()
    return list(open_problems(file)), {row["candidate_id"]: row["reason"] for row in rejected}


def test_a_gold_that_passes_is_kept_and_each_other_row_has_its_reason(tmp_path: Path, grader: Grader) -> None:
    problems, dropped = build(
        tmp_path,
        grader,
        apps_row("good", solutions=json.dumps(["syntax error", RIGHT])),
        apps_row("bad", STATEMENT + " Bad.", solutions=json.dumps([WRONG])),
        apps_row("two", STATEMENT + " Two.", solutions=json.dumps([RIGHT, WRONG])),
        apps_row("any", "Print any valid pair of integers with the given sum and product."),
        apps_row("talk", "This is an interactive problem. Guess the number."),
        apps_row("seen", "What does <image> show?"),
        apps_row("none", STATEMENT + " None.", input_output="{}"),
        {"what": 1},
    )
    (problem,) = problems
    assert problem.problem_id == "apps-good"
    assert problem.gold_standard_solution == f"```python\n{RIGHT}\n```"
    assert problem.metadata == {"gold_verified": True, "difficulty": "introductory", "tests_given": 3}
    assert dropped == {
        "apps-bad": "no_gold_passes",
        "apps-two": "several_answers",
        "apps-any": "several_answers",
        "apps-talk": "interactive",
        "apps-seen": "figure",
        "apps-none": "no_tests",
        "rows.jsonl:8": "malformed",
    }


def test_problems_without_solutions_are_kept_unless_golds_are_required(
    tmp_path: Path, grader: Grader
) -> None:
    rows = apps_row("a"), apps_row("b", STATEMENT + " Once more.", solutions="")
    problems, _ = build(tmp_path, grader, *rows)
    assert [problem.metadata["gold_verified"] for problem in problems] == [True, False]
    (tmp_path / "strict").mkdir()
    _, dropped = build(tmp_path / "strict", grader, *rows, require_gold=True)
    assert dropped == {"apps-b": "no_solution"}


def test_repeated_tests_count_once_and_contradictory_ones_drop_the_problem() -> None:
    candidate = candidate_of_row(apps_row(), "apps")
    (first, *rest) = candidate["tests"]
    kept = judge_tests(candidate.having(tests=[first, *rest, {**first, "output": " 3 "}]))
    assert isinstance(kept, Candidate)
    assert (len(kept["tests"]), kept["tests_given"]) == (3, 4)
    dropped = judge_tests(candidate.having(tests=[first, *rest, {**first, "output": "4"}]))
    assert isinstance(dropped, Dropped)
    assert dropped.reason == "contradictory_tests"


def test_of_many_tests_the_examples_and_a_fixed_choice_stay() -> None:
    tests = [{"type": "stdin_stdout", "input": str(n), "output": str(n)} for n in range(1000)]
    kept = judge_tests(candidate_of_row(apps_row(), "apps").having(tests=tests))
    again = judge_tests(candidate_of_row(apps_row(), "apps").having(tests=[*tests[:3], *tests[:2:-1]]))
    assert isinstance(kept, Candidate)
    assert isinstance(again, Candidate)
    assert kept["tests"] == again["tests"]
    assert len(kept["tests"]) == MAX_TESTS
    assert kept["tests"][:3] == tests[:3]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("If there are multiple answers, print any of them.", "several_answers"),
        ("You may output any permutation that is fine.", "several_answers"),
        ("Find how many there are. If there are several ways to see it, think again.", None),
        ("After each query flush the output.", "interactive"),
    ],
)
def test_statements_that_tests_cannot_decide(statement: str, reason: str | None) -> None:
    outcome = judge_statement(candidate_of_row(apps_row(statement=statement), "apps"))
    assert (outcome.reason if isinstance(outcome, Dropped) else None) == reason


def test_codecontests_rows_bring_tests_solutions_and_limits() -> None:
    row = {
        "name": "1_A. Sum", "description": STATEMENT,
        "public_tests": {"input": ["1 2\n"], "output": ["3\n"]},
        "private_tests": {"input": ["5 5\n"], "output": ["10\n"]}, "generated_tests": {"input": [], "output": []},
        "solutions": {"language": [1, 2, 3, 4], "solution": ["print 3", "int main(){}", RIGHT, "class A{}"]},
        "time_limit": {"seconds": 1, "nanos": 500_000_000}, "memory_limit_bytes": 256_000_000, "difficulty": 7,
    }  # fmt: skip
    candidate = candidate_of_row(row, "x")
    assert candidate.candidate_id == "codecontests-1_A. Sum"
    assert len(candidate["tests"]) == 2
    assert [one["language"] for one in candidate["solutions"]] == ["cpp", "python"]
    assert candidate["time_limit"] == 1.5


def test_a_checker_of_codeforces_judges_outputs_here(tmp_path: Path, grader: Grader) -> None:
    checker = (
        "import sys\n"
        "asked, correct, submitted = (open(name).read().split() for name in sys.argv[1:4])\n"
        "print(1 if sorted(submitted) == sorted(correct) else 0)\n"
    )
    row = {
        "id": "9/Z", "description": "Print the two numbers in any order; print any valid answer.",
        "official_tests": [{"input": "1 2\n", "output": "1 2\n"}], "generated_checker": checker,
    }  # fmt: skip
    ((problem,), _) = build(tmp_path, grader, row)
    programs = ("print('2 1')", "print('2 2')")
    verdicts = [grader.verify(problem, f"```python\n{program}\n```") for program in programs]
    assert [verdict.score for verdict in verdicts] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("assert f([1, 2], 'a') == (3, 4)", "function_call"),
        ("assert f((1, 2)) == 3", "harness"),
        ("assert f({2: 1}) == 3", "harness"),
        ("assert f({'b': 1, 'a': 2}) == 'b'", "harness"),
        ("assert math.isclose(f(1), 2.0)", "harness"),
    ],
)
def test_assertions_become_calls_where_json_keeps_their_values(line: str, kind: str) -> None:
    row = {
        "task_id": 1,
        "text": "Write f.",
        "code": "def f(*a): return 3",
        "test_list": [line],
        "test_setup_code": "",
    }
    (test,) = candidate_of_row(row, "mbpp")["tests"]
    assert test["type"] == kind


def test_rows_that_fit_no_form_say_what_columns_they_have() -> None:
    with pytest.raises(MalformedRow, match="title"):
        candidate_of_row({"title": "x"}, "x")


def test_a_language_that_nothing_runs_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'cobol'"):
        Build(builder="code", sources=["x"], options=BuildOptions(extra={"languages": ["cobol"]})).dry_run(
            Grader()
        )


def test_translations_are_kept_only_where_their_golds_pass(tmp_path: Path, grader: Grader) -> None:
    if toolchains.find("javascript") is None:
        pytest.skip("node is not installed")
    statements = {"ok": STATEMENT, "off": STATEMENT + " Off.", "lost": STATEMENT + " It has 7 parts."}
    program = "const [a, b] = require('fs').readFileSync(0, 'utf8').trim().split(' ').map(Number);\nconsole.log(a {} b);"
    replies = {
        "ok": (statements["ok"], program.format("+")),
        "off": (statements["off"], program.format("-")),
        "lost": (statements["lost"].replace("7", "8"), program.format("+")),
    }
    lines = [
        {
            "problem_id": f"apps-{name}",
            "text": f"<statement>\n{text}\n</statement>\n\n```javascript\n{code}\n```",
        }
        for name, (text, code) in replies.items()
    ]
    write(tmp_path / "model.jsonl", *lines)
    source = write(tmp_path / "rows.jsonl", *[apps_row(name, text) for name, text in statements.items()])
    sampling = SamplerSettings(
        name="recording", model=str(tmp_path / "model.jsonl"), sampling=Sampling(), options={"label": "m"}
    )
    options = BuildOptions(extra={"languages": ["javascript"]})
    Build(builder="code", sources=[source], options=options, sampling=sampling).run(tmp_path / "out", grader)
    (file,) = (tmp_path / "out" / "problems").glob("*.parquet")
    problems = {problem.problem_id: problem for problem in open_problems(file)}
    assert set(problems) == {"apps-ok", "apps-off", "apps-lost", "apps-ok-javascript"}
    translated = problems["apps-ok-javascript"]
    assert translated.verification_info["language"] == "javascript"
    assert translated.metadata["translated_from"] == "python"
    rejected = pq.read_table(tmp_path / "out" / "rejected").to_pylist()
    assert {row["candidate_id"]: row["reason"] for row in rejected} == {
        "apps-off-javascript": "no_gold_passes",
        "apps-lost-javascript": "other_numbers",
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "least", "golds"),
    [("apps_dirs/APPS", 3, 3), ("kattis_packages", 1, 1), ("codecontests_rllm", 60, 0)],
)
def test_real_problems_have_golds_that_pass_where_they_have_golds(
    shared: Path, tmp_path: Path, grader: Grader, source: str, least: int, golds: int
) -> None:
    folder = shared / "data" / "real" / "raw" / "code" / source
    options = BuildOptions(llm=False)
    Build(builder="code", sources=[folder], options=options).run(tmp_path / "out", grader)
    (file,) = (tmp_path / "out" / "problems").glob("*.parquet")
    problems = list(open_problems(file))
    assert len(problems) >= least
    assert sum(problem.metadata["gold_verified"] for problem in problems) == golds
    assert {row["reason"] for row in pq.read_table(tmp_path / "out" / "rejected").to_pylist()} <= {
        "several_answers", "figure", "interactive", "own_validator",
    }  # fmt: skip
