"""What builds must withstand: models that spoil replies, judges that are down, rows as they are published."""

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from build_rig import ChatServer, commit_row, write_rows
from judge_stub import judging, share_of_lines

from genesys.curation.builders import Build, BuildOptions
from genesys.curation.builders.candidate import Candidate, Dropped
from genesys.curation.builders.coding_checkers import adapted_checker
from genesys.curation.builders.coding_rows import candidate_of_row
from genesys.curation.builders.coding_rules import judge_statement
from genesys.curation.builders.html_markdown import markdown_of
from genesys.curation.builders.llm_step import LlmStep, MalformedReply
from genesys.curation.builders.math_free_form import check_rewrite
from genesys.curation.builders.output_execution import run_programs
from genesys.curation.builders.prompt import Prompt
from genesys.curation.builders.software_leaks import leaked_run
from genesys.curation.builders.software_rules import judge_change
from genesys.curation.builders.thread import thread_of_row
from genesys.errors import VerifierError
from genesys.rewards import Grader, verify
from genesys.rewards.sandbox.pool import Pool
from genesys.schema import Problem


@pytest.fixture
def grader() -> Iterator[Grader]:
    grader = Grader()
    yield grader
    grader.close()


def unreadable(candidate: Candidate, reply: str) -> Candidate:
    raise MalformedReply("no")


def test_a_step_that_adds_never_costs_the_candidate_it_was_asked_about() -> None:
    step = LlmStep(
        name="to_rust", prompt=Prompt(key="p@1", text=""), fields=lambda one: {}, read=unreadable, adds="rust"
    )
    original = Candidate(candidate_id="a", source="s")
    kept, lost = step._without_reply(original, "to_rust:malformed_reply")
    assert kept is original
    assert isinstance(lost, Dropped)
    assert lost.candidate.candidate_id == "a-rust"


def test_golds_are_audited_by_the_judge_that_is_configured(
    tmp_path: Path, grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", [commit_row(1), commit_row(2)])
    build = Build(builder="swe", sources=[rows], options=BuildOptions(llm=False))
    with ChatServer(judging(share_of_lines), any_model=True) as server:
        url = server.url
        (tmp_path / "judge.toml").write_text(f'endpoints = ["{url}"]\nmodel = "stub"\n')
        monkeypatch.setenv("GENESYS_JUDGE", str(tmp_path / "judge.toml"))
        report = build.run(tmp_path / "out", grader)
    assert (report.problems, report.stages[-1].name) == (2, "gold_audit")
    assert (report.verifier or "").startswith("judge@")


def test_a_published_file_problem_of_codeforces_is_dropped_as_one() -> None:
    row = {"id": "1/A", "description": "Read n and print it.", "input_mode": "file", "time_limit": 2.0,
           "official_tests": [{"input": "1", "output": "1"}], "interaction_format": None}  # fmt: skip
    outcome = judge_statement(candidate_of_row(row, "x"))
    assert isinstance(outcome, Dropped)
    assert outcome.reason == "file_io"


@pytest.mark.parametrize(
    ("said", "right"),
    [("1", True), ("1.0", True), ("0.5", False), ("0", False), ("Wrong on line 3", False), ("", False)],
)
def test_only_a_full_score_of_a_published_checker_is_right(said: str, right: bool) -> None:
    problem = Problem(
        problem_id="p", source="s", task_type="verifiable_code", prompt="p",
        verification_info={
            "language": "python", "checker": adapted_checker(f"print({said!r})"),
            "test_cases": [{"type": "stdin_stdout", "input": "1", "output": "1"}],
        },
    )  # fmt: skip
    assert (verify(problem, "```python\nprint(2)\n```").score == 1.0) is right


@pytest.mark.parametrize(
    "program",
    [
        "print(list({'a', 'b', 'c'} | {'d'}))",
        "print(list({'a', 'b', 'c'}.union('d')))",
        "print(list(frozenset('abcdef')))",
        "print(iter('abc'))",
        "print(chr(0xd800))",
    ],
)
def test_what_depends_on_hashes_or_addresses_makes_no_problem(program: str) -> None:
    pool = Pool()
    try:
        (run,) = run_programs(pool, [program])
    finally:
        pool.close()
    assert run.output is None


def test_votes_are_estimated_from_preference_scores() -> None:
    row = {
        "qid": 1, "question": "<p>Why?</p>", "date": "2018/01/05",
        "metadata": ["https://physics.stackexchange.com/questions/1", "https://physics.stackexchange.com"],
        "answers": [
            {"answer_id": 2, "text": "accepted", "pm_score": 4, "selected": True, "author": "a"},
            {"answer_id": 3, "text": "liked", "pm_score": 4, "selected": False, "author": "b"},
        ],
    }  # fmt: skip
    thread = thread_of_row(row, "site")
    assert thread.answer is not None
    assert (thread.answer.html, thread.answer.score) == ("liked", 15)
    assert thread.question.date == "2018-01-05"


def test_a_commit_that_changes_docstrings_alone_is_no_change_of_behaviour() -> None:
    old = 'def f(x):\n    """Gives x."""\n    return x\n'
    fields = {
        "old": old,
        "new": old.replace("Gives x", "Returns x"),
        "message": "Clarify what f does",
        "path": "a.py",
    }
    outcome = judge_change(Candidate(candidate_id="c", source="s", fields={**fields, "language": "Python"}))
    assert isinstance(outcome, Dropped)
    assert outcome.reason == "docstrings"


def test_short_lines_that_are_told_together_leak() -> None:
    added = "if n < 0:\n    n = 0\n"
    assert leaked_run("Write if n < 0: n = 0 first.", "x = 1\n", "x = 1\n" + added) is not None


def test_code_is_kept_and_formulas_that_never_end_are_text() -> None:
    assert markdown_of("<p><code>$HOME</code> is $x_1$</p>") == "`$HOME` is $x_1$"
    assert markdown_of("<p>\\(a and <pre>b</p>").startswith("\\(a and")


def test_rows_of_two_splits_of_apps_are_two_problems(tmp_path: Path, grader: Grader) -> None:
    rows = [
        {
            "problem_id": 0, "question": f"Read an integer n and print {word} it.", "starter_code": "",
            "solutions": json.dumps([code]),
            "input_output": json.dumps({"inputs": ["1\n", "3\n"], "outputs": outputs}),
        }
        for word, code, outputs in (
            ("double", "print(2 * int(input()))", ["2\n", "6\n"]),
            ("half of the square of", "print(int(input()) ** 2 // 2)", ["0\n", "4\n"]),
        )
    ]  # fmt: skip
    options = BuildOptions(llm=False, extra={"source": "apps"})
    build = Build(builder="code", sources=[write_rows(tmp_path / "rows.jsonl", rows)], options=options)
    assert build.run(tmp_path / "out", grader).problems == 2
    assert pq.read_table(tmp_path / "out" / "problems").num_rows == 2


def test_a_rewrite_that_says_its_answer_in_another_form_leaks() -> None:
    fields = {
        "kind": "mcq", "stem": "A coin is thrown. What is the chance of heads and then of tails twice?", "letter": "A",
        "choices": {"A": "$\\frac{1}{8}$", "B": "$\\frac{1}{4}$"}, "value": "\\frac{1}{8}", "answer": "\\frac{1}{8}",
        "question": "A coin is thrown. What is the chance $p$ of heads and then of tails twice, if it is $0.125$?",
        "rewritten_by": "a language model",
    }  # fmt: skip
    outcome = check_rewrite(Candidate(candidate_id="c", source="s", fields=fields))
    assert isinstance(outcome, Dropped)
    assert outcome.reason == "rewrite:leaks_answer"


def test_a_judge_that_cannot_be_reached_stops_the_build(
    tmp_path: Path, grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", [commit_row(7)])
    (tmp_path / "judge.toml").write_text(
        'endpoints = ["http://127.0.0.1:9/v1"]\nmodel = "stub"\nattempts = 1\npatience = 0.1\ntimeout = 2\n'
    )
    monkeypatch.setenv("GENESYS_JUDGE", str(tmp_path / "judge.toml"))
    build = Build(builder="swe", sources=[rows], options=BuildOptions(llm=False))
    with pytest.raises(VerifierError, match="judge_unreachable"):
        build.run(tmp_path / "out", grader)


def test_the_lead_of_coding_prompts_is_no_contamination(tmp_path: Path, grader: Grader) -> None:
    from genesys.curation.builders.comparisons import Decontaminated
    from genesys.curation.builders.context import BuildContext

    lead = "Solve the following coding problem using the programming language python:\n\n"
    exam = write_rows(
        tmp_path / "exam.jsonl", [{"problem_id": "e", "prompt": f"{lead}Sort words by their length."}]
    )
    problem = Problem(
        problem_id="p", source="s", task_type="t", prompt=f"{lead}Double an integer.", verification_info={}
    )
    fields = {"statement": "Double an integer.", "problem": problem.to_row()}
    candidate = Candidate(candidate_id="p", source="s", fields=fields)
    context = BuildContext(work=tmp_path, grader=grader)
    assert list(Decontaminated([str(exam)]).run([candidate], context)) == [candidate]
