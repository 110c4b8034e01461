import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from genesys.curation.builders import Build, BuildOptions
from genesys.curation.builders.candidate import Candidate, Dropped
from genesys.curation.builders.math_free_form import check_rewrite, split_choice
from genesys.curation.builders.math_kinds import Kind, tell_kind, without_show_that
from genesys.curation.builders.math_options import gold_letter, read_choice
from genesys.envs.sources import open_problems
from genesys.errors import ConfigurationError
from genesys.rewards import Grader
from genesys.rollouts.sampler import SamplerSettings
from genesys.schema import Problem, Sampling

TRAIN = "A train covers 120 km in 2 hours. What is its speed in km/h?"
CHOICE = f"{TRAIN}\n(A) 40\n(B) 50\n(C) 60\n(D) 80"
BEST = "A train covers 120 km in 2 hours. Which of the following is its speed in km/h?\n(A) 40\n(B) 50\n(C) 60\n(D) 80"


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    grader = Grader()
    yield grader
    grader.close()


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def problems_of(out: Path) -> list[Problem]:
    (file,) = (out / "problems").glob("*.parquet")
    return list(open_problems(file))


def reasons(out: Path) -> dict[str, str]:
    return {row["candidate_id"]: row["reason"] for row in pq.read_table(out / "rejected").to_pylist()}


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("What is $2+2$?", "verifiable"),
        ("$\\int_0^1 x\\,dx$", "verifiable"),
        ("Prove that $\\sqrt 2$ is irrational.", "proof"),
        ("Let $n$ be odd. Show that $n^2$ is odd.", "proof"),
        (
            "If $x$ and $y$ are integers with $x+y$ even, then $x-y$ divides $x^2-y^2$ and it is even.",
            "proof",
        ),
        ("Wilson needs to show that he received 80 points. How many more does he need?", "verifiable"),
        ("Find the number of primes below 20. Show that it is 8.", "show_that"),
        (CHOICE, "mcq"),
        ("Pick: $\\textbf{(A)}\\ 1 \\qquad \\textbf{(B)}\\ 2 \\qquad \\textbf{(C)}\\ 3$", "mcq"),
        ("Points (A) and (B) lie on a line. How long is it?", "verifiable"),
        ("In the figure below, find $x$.", "figure"),
        ('In the figure below, find $x$. [asy]draw((0,0)--(1,1)); label("$A$",(0,0));[/asy]', "verifiable"),
        ("Sketch the graph of $y = x^2$.", "open"),
        ("Explain why the sum of two odd numbers is even.", "open"),
        ("Let $f(x)=x^2$.\n(a) Find $f(2)$.\n(b) Find $f(3)$.", "multi_part"),
        ("The function satisfies\n(1) $f(0)=1$,\n(2) $f(x+1)=2f(x)$. Determine $f(3)$.", "verifiable"),
    ],
)
def test_kinds_are_told_by_words(statement: str, kind: Kind) -> None:
    assert tell_kind(statement).kind == kind


def test_what_the_source_says_counts() -> None:
    assert tell_kind("Determine all such functions.", "proof").kind == "proof"


@pytest.mark.parametrize(
    ("statement", "question", "value"),
    [
        ("What is $1+1$? Show that it is 2.", "What is $1+1$?", "2"),
        ("Solve for $a$. Show that it is 3\\sqrt{2}.", "Solve for $a$.", "3\\sqrt{2}"),
        ("Find $x$. Prove that the answer is (1,4)", "Find $x$.", "(1,4)"),
    ],
)
def test_a_question_that_gives_its_value_away_is_put_without_it(
    statement: str, question: str, value: str
) -> None:
    assert without_show_that(statement) == (question, value)


@pytest.mark.parametrize(
    ("gold", "letter", "value"),
    [
        ("C", "C", ""),
        ("(C)", "C", ""),
        ("\\text{(C)}", "C", ""),
        ("\\textbf{(B)}\\ -\\frac{2}{3}", "B", "-\\frac{2}{3}"),
        ("49\\ \\textbf{(A)}", "A", "49"),
        ("(C) \\sqrt 5", "C", "\\sqrt 5"),
    ],
)
def test_golds_of_choices_name_a_letter_and_maybe_a_value(gold: str, letter: str, value: str) -> None:
    assert gold_letter(gold) == (letter, value)


@pytest.mark.parametrize("gold", ["42", "ABC", "x+1", "\\frac12", "5 cm"])
def test_values_name_no_letter(gold: str) -> None:
    assert gold_letter(gold) is None


def test_options_in_latex_are_read_apart() -> None:
    choice = read_choice(
        "How long is it?\n$\\textbf{(A)}\\ 1 \\qquad\\textbf{(B)}\\ \\frac{1}{2} \\qquad \\textbf{(C)} ~3$"
    )
    assert choice is not None
    assert choice.stem == "How long is it?"
    assert choice.options == {"A": "1", "B": "\\frac{1}{2}", "C": "3"}


def split(statement: str = BEST, gold: str = "C") -> Candidate | Dropped:
    fields = {"statement": statement, "gold": gold, "kind": "mcq"}
    return split_choice(Candidate(candidate_id="c", source="s", fields=fields))


@pytest.mark.parametrize(
    ("statement", "gold", "reason"),
    [
        (BEST, "E", "mcq:no_right_option"),
        (BEST.replace("80", "none of these"), "D", "mcq:option_is_no_value"),
        (BEST.replace("50", "60.0"), "C", "mcq:two_options_alike"),
        (BEST, "(C) 50", "mcq:gold_contradicts_option"),
    ],
)
def test_choices_without_one_right_value_are_dropped(statement: str, gold: str, reason: str) -> None:
    outcome = split(statement, gold)
    assert isinstance(outcome, Dropped)
    assert outcome.reason == reason


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        (TRAIN, "60", None),
        (TRAIN, "60.0", None),
        (TRAIN, "50", "rewrite:other_value"),
        (TRAIN, "C", "rewrite:other_value"),
        (TRAIN, "", "rewrite:other_value"),
        (BEST, "60", "rewrite:options_left"),
        (TRAIN + " Choose the right option.", "60", "rewrite:options_left"),
        (TRAIN + " It is 60 km/h, is it not?", "60", "rewrite:leaks_answer"),
        ("A train covers 120 km in 3 hours. What is its speed in km/h?", "60", "rewrite:other_numbers"),
        ("Its speed?", "60", "rewrite:short"),
    ],
)
def test_planted_bad_rewrites_are_caught(question: str, answer: str, reason: str | None) -> None:
    candidate = split()
    assert isinstance(candidate, Candidate)
    outcome = check_rewrite(
        candidate.having(question=question, answer=answer, rewritten_by="a language model")
    )
    assert (outcome.reason if isinstance(outcome, Dropped) else None) == reason


def test_rows_become_questions_with_values(tmp_path: Path, grader: Grader) -> None:
    rows = [
        {
            "problem_id": "boxed",
            "problem": "What is $3 \\cdot 7$?",
            "solution": "It is $\\boxed{21}$.",
            "source": "n",
        },
        {"problem_id": "hashes", "question": "Two and three?", "answer": "They are 5.\n#### 5"},
        {"problem_id": "shown", "problem": "Find the sum of 1 and 8. Show that it is 9.", "solution": ""},
        {"problem_id": "choice", "problem": CHOICE, "answer": "C"},
        {"problem_id": "bare", "problem": "Find the largest such number.", "solution": "By induction."},
        {"problem_id": "proof", "problem": "Prove that 2 is even.", "answer": "proof"},
        {"problem_id": "broken", "problem": "What is half of a seventh?", "answer": "\\frac{1}{"},
        {"solution": "no problem"},
    ]
    source = write(tmp_path / "rows.jsonl", *rows)
    Build(builder="math", sources=[source], options=BuildOptions(llm=False)).run(tmp_path / "out", grader)
    found = {
        one.problem_id: (one.prompt, one.verification_info["ground_truth"])
        for one in problems_of(tmp_path / "out")
    }
    assert found == {
        "boxed": ("What is $3 \\cdot 7$?", "21"),
        "hashes": ("Two and three?", "5"),
        "shown": ("Find the sum of 1 and 8.", "9"),
        "choice": (TRAIN, "60"),
    }
    assert reasons(tmp_path / "out") == {
        "bare": "no_gold",
        "proof": "proof",
        "broken": "gold:bad_gold",
        "rows.jsonl:8": "malformed",
    }


def test_a_model_rewrites_what_rules_leave_and_bad_rewrites_do_not_ship(
    tmp_path: Path, grader: Grader
) -> None:
    def choice(kilometres: int) -> str:
        return BEST.replace("120", str(kilometres)).replace("60", str(kilometres // 2))

    def reply(kilometres: int, answer: object = None, question: str = TRAIN, *, possible: bool = True) -> str:
        asked = question.replace("120", str(kilometres))
        told = str(kilometres // 2) if answer is None else str(answer)
        return json.dumps({"possible": possible, "question": asked, "answer": told})

    replies = {
        200: reply(200),
        220: reply(220, answer="111"),
        240: reply(240, question=TRAIN + " (A) or (B)?"),
        260: reply(260, question=TRAIN + " Is it 130?"),
        280: reply(280, possible=False),
        300: "I will not.",
    }
    rows = [{"problem_id": f"p{number}", "problem": choice(number), "answer": "C"} for number in replies]
    lines = [{"problem_id": f"p{number}", "text": text} for number, text in replies.items() for _ in range(3)]
    write(tmp_path / "model.jsonl", *lines)
    sampling = SamplerSettings(
        name="recording", model=str(tmp_path / "model.jsonl"), sampling=Sampling(), options={"label": "m"}
    )
    source = write(tmp_path / "rows.jsonl", *rows)
    Build(builder="math", sources=[source], sampling=sampling).run(tmp_path / "out", grader)
    (problem,) = problems_of(tmp_path / "out")
    assert (problem.problem_id, problem.verification_info) == ("p200", {"ground_truth": "100"})
    assert reasons(tmp_path / "out") == {
        "p220": "rewrite:other_value",
        "p240": "rewrite:options_left",
        "p260": "rewrite:leaks_answer",
        "p280": "mcq:needs_its_options",
        "p300": "free_form:malformed_reply",
    }


def test_multiple_choice_may_be_left_out(tmp_path: Path, grader: Grader) -> None:
    rows = [{"problem": CHOICE, "answer": "C", "problem_id": "a"}, {"problem": "What is 1+1?", "answer": "2"}]
    source = write(tmp_path / "rows.jsonl", *rows)
    options = BuildOptions(llm=False, extra={"mcq": "drop"})
    Build(builder="math", sources=[source], options=options).run(tmp_path / "out", grader)
    assert reasons(tmp_path / "out") == {"a": "mcq"}


def test_an_option_that_is_none_is_named() -> None:
    with pytest.raises(ConfigurationError, match="'keep'"):
        Build(builder="math", sources=["x"], options=BuildOptions(extra={"mcq": "keep"})).dry_run(Grader())


def real_rows(shared: Path, name: str) -> list[dict[str, Any]]:
    with gzip.open(shared / "data" / "real" / "common" / f"{name}.jsonl.gz", "rt") as file:
        return [json.loads(line) for line in file]


@pytest.mark.parametrize(
    ("name", "kinds", "least"),
    [
        ("minif2f_proof", {"proof", "show_that", "mcq"}, 0.99),
        ("agieval_mcq", {"mcq"}, 0.99),
        ("gsm8k", {"verifiable"}, 0.99),
        ("hendrycks_math", {"verifiable", "mcq"}, 0.99),
        ("math500", {"verifiable", "mcq"}, 0.99),
    ],
)
def test_rules_tell_real_problems_for_what_they_are(
    shared: Path, name: str, kinds: set[str], least: float
) -> None:
    rows = real_rows(shared, name)
    told = [tell_kind(row["prompt"], row["metadata"].get("question_type", "")).kind for row in rows]
    assert sum(kind in kinds for kind in told) >= least * len(rows)


@pytest.mark.slow
def test_values_that_real_proofs_give_away_become_golds(shared: Path, tmp_path: Path, grader: Grader) -> None:
    source = shared / "data" / "real" / "common" / "minif2f_proof.jsonl.gz"
    Build(builder="math", sources=[source], options=BuildOptions(llm=False)).run(tmp_path / "out", grader)
    given = {
        row["problem_id"] for row in real_rows(shared, "minif2f_proof") if row["metadata"]["show_that_value"]
    }
    made = {problem.problem_id for problem in problems_of(tmp_path / "out")}
    duplicates = {name for name, reason in reasons(tmp_path / "out").items() if "duplicate" in reason}
    assert len(given & (made | duplicates)) >= 0.95 * len(given)
