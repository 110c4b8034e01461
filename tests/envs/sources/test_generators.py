"""The generators: the same bytes for ever, no prompt twice, golds that are right and audited."""

from __future__ import annotations

import pickle
import re
from fractions import Fraction
from random import Random
from typing import Any

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from genesys.envs.sources import open_problems
from genesys.envs.sources.generated import GENERATORS, GeneratedProblems
from genesys.envs.sources.permutation import permuted
from genesys.envs.sources.string_programs import (
    LEVEL0_LETTERS,
    LEVEL0_SPACE,
    LEVEL0_STATEMENTS,
    level0_problem,
    run,
)
from genesys.errors import ConfigurationError
from genesys.rewards import verify
from genesys.schema import Problem, digest_of

NAMES = ("algebra", "arithmetic", "string-programs")
FAMILIES = [(name, level) for name in NAMES for level in range(5)]
families = pytest.mark.parametrize(("name", "level"), FAMILIES, ids=[f"{n}-{lv}" for n, lv in FAMILIES])


def source(name: str, level: int, seed: int = 7, size: int = 60) -> GeneratedProblems:
    return GeneratedProblems(generator=GENERATORS.load(name), level=level, seed=seed, size=size)


GOLDEN = {
    "algebra": "0039e680291056c8",
    "arithmetic": "0036734dc664a3fb",
    "string-programs": "e663be5f2d61babe",
}
"""Digest of the first 60 problems of seed 7 at all levels: a change here is a new generator version."""


@pytest.mark.parametrize("name", NAMES)
def test_same_arguments_give_the_same_bytes_as_when_the_version_was_made(name: str) -> None:
    rows = [problem.to_row() for level in range(5) for problem in source(name, level)]
    assert digest_of(rows, bits=64) == GOLDEN[name]


@families
def test_a_problem_depends_on_its_index_and_not_on_its_neighbours(name: str, level: int) -> None:
    alone = source(name, level, size=1000)[17]
    assert alone == list(source(name, level, size=20))[17]
    assert alone != source(name, level, seed=8)[17]


@families
def test_prompts_and_ids_are_distinct(name: str, level: int) -> None:
    problems = list(source(name, level, size=500))
    assert len({problem.prompt for problem in problems}) == 500
    assert len({problem.problem_id for problem in problems}) == 500


def test_level_0_of_string_programs_holds_every_program_once_and_then_wraps() -> None:
    problems = source("string-programs", 0, size=LEVEL0_SPACE + 1)
    codes = {permuted(index, LEVEL0_SPACE, "any key") for index in range(LEVEL0_SPACE)}
    assert len(codes) == LEVEL0_SPACE == len(LEVEL0_LETTERS) ** 4 * len(LEVEL0_STATEMENTS) ** 2
    assert problems[0].prompt == problems[LEVEL0_SPACE].prompt
    assert problems[0].problem_id != problems[LEVEL0_SPACE].problem_id


@given(st.integers(1, 300), st.text(max_size=5))
def test_permuted_is_a_permutation(size: int, key: str) -> None:
    assert sorted(permuted(index, size, key) for index in range(size)) == list(range(size))


@families
def test_a_problem_names_its_origin(name: str, level: int) -> None:
    problem = source(name, level)[3]
    assert problem.problem_id == f"{name}-level{level}-seed7-3"
    assert (problem.metadata["level"], problem.metadata["seed"], problem.metadata["index"]) == (level, 7, 3)
    assert problem.metadata["generator"] == f"{name}@1"
    assert source(name, level).by_id(problem.problem_id) == problem
    assert Problem.from_row(problem.to_row()) == problem


@pytest.mark.parametrize(
    "problem_id",
    ["", "arithmetic-level1-seed7-60", "arithmetic-level1-seed7-03", "arithmetic-level2-seed7-3",
     "arithmetic-level1-seed7--1", "arithmetic-level1-seed7-1٣", "arithmetic-level1-seed7-"],
)  # fmt: skip
def test_ids_of_other_problems_are_unknown(problem_id: str) -> None:
    with pytest.raises(KeyError):
        source("arithmetic", 1).by_id(problem_id)


@families
def test_golds_score_1_and_blank_and_near_misses_0(name: str, level: int) -> None:
    for problem in source(name, level, size=20):
        assert problem.gold_standard_solution is not None
        assert verify(problem, problem.gold_standard_solution).score == 1.0
        assert verify(problem, "").score == 0.0
        gold = problem.verification_info["ground_truth"]
        assert gold and gold == gold.strip()
        form = problem.metadata.get("answer_format")
        miss = f"```\n{gold}7\n```" if form == "fenced_code" else f"\\boxed{{{gold}+7}}"
        assert verify(problem, miss).score == 0.0


def program_of(problem: Problem) -> str:
    found = re.search(r"```python\n(.*?)\n```", problem.prompt, re.DOTALL)
    assert found is not None
    return found.group(1)


def test_level_0_prompts_are_spelled_as_the_tiny_model_learns_them() -> None:
    problem = level0_problem(Random(3))
    letters, first, second = re.fullmatch(
        r"What does this Python program print\?\n\n```python\ns='([a-h]{4})'\n(\S+)\n(\S+)\nprint\(s\)\n```"
        r"\n\nPut the printed text in \\boxed\{\}\.",
        problem.prompt,
    ).groups()  # type: ignore[union-attr]  # no match fails the test as it should
    assert {first, second} <= set(LEVEL0_STATEMENTS)
    trace = problem.metadata["trace"]
    assert trace == [run(f"s={letters!r}\n{first}\nprint(s)"), run(program_of(problem))]
    assert problem.gold_standard_solution == f"<think>{trace[0]} {trace[1]}</think>\\boxed{{{trace[1]}}}"


@pytest.mark.parametrize("level", range(5))
def test_programs_print_their_ground_truth(level: int, capsys: pytest.CaptureFixture[str]) -> None:
    for problem in source("string-programs", level):
        exec(program_of(problem), {})  # noqa: S102 - the program is ours; the real print is what counts
        printed = capsys.readouterr().out.rstrip("\n")
        assert printed == problem.verification_info["ground_truth"]
        assert not set(printed) & set("{}\\")
        assert "\n" not in printed or problem.metadata["answer_format"] == "fenced_code"


def test_programs_grow_with_the_level() -> None:
    lengths = [sum(len(problem.prompt) for problem in source("string-programs", level)) for level in range(5)]
    assert lengths == sorted(lengths)


def as_fraction(latex: str) -> Fraction:
    found = re.fullmatch(r"(-?)(?:\\frac\{(\d+)\}\{(\d+)\}|(\d+))", latex)
    assert found is not None, latex
    sign, above, below, whole = found.groups()
    value = Fraction(int(above), int(below)) if above else Fraction(int(whole))
    return -value if sign else value


def fraction_call(found: re.Match[str]) -> str:
    above, below, whole = found.groups()
    return f"Fraction({whole})" if whole else f"Fraction({above}, {below})"


@pytest.mark.parametrize("level", range(5))
def test_arithmetic_golds_are_what_python_computes(level: int) -> None:
    for problem in source("arithmetic", level):
        text = problem.prompt.removeprefix("Compute $").removesuffix("$.")
        python = re.sub(r"\\frac\{(\d+)\}\{(\d+)\}|(\d+)", fraction_call, text)
        python = python.replace(r"\cdot", "*").replace(r"\div", "/")
        value = eval(python, {"Fraction": Fraction})
        assert value == as_fraction(problem.verification_info["ground_truth"]), problem.prompt


def sides(equation: str) -> sympy.Expr:
    left, right = re.sub(r"(?<=\d)(?=[xy])", "*", equation.replace("^", "**")).split("=")
    return sympy.sympify(left) - sympy.sympify(right)


def value_of(latex: str) -> sympy.Expr:
    plain = re.sub(r"(?<=\d)\\sqrt", r"*\\sqrt", latex)
    plain = re.sub(r"\\sqrt\{(\d+)\}", r"sqrt(\1)", plain)
    plain = re.sub(r"\\frac\{(.*)\}\{(\d+)\}", r"((\1))/(\2)", plain)
    return sympy.sympify(plain)


@pytest.mark.parametrize("level", range(5))
def test_algebra_golds_solve_their_equations(level: int) -> None:
    x, y = sympy.symbols("x y")
    for problem in source("algebra", level, size=25):
        equations = [sides(part) for part in re.findall(r"\$([^$]*=[^$]*)\$", problem.prompt)]
        gold = problem.verification_info["ground_truth"]
        if level == 2:
            found = sympy.solve(equations, (x, y))
            assert gold == f"({found[x]}, {found[y]})"
        else:
            assert sympy.simplify(max(sympy.solve(equations[0], x)) - value_of(gold)) == 0, problem.prompt


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({"level": 5}, "level=5 does not fit 'arithmetic'\nGive a whole number from 0 to 4."),
        ({"level": -1}, "level=-1"),
        ({"seed": -1}, "seed=-1 does not fit 'arithmetic'\nGive a whole number from 0."),
        ({"size": 0}, "size=0"),
        ({"level": True}, "level=True"),
        ({"seed": 1.5}, "seed=1.5"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(arguments: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(fault)):
        open_problems("arithmetic", **arguments)


def test_indices_count_from_both_ends() -> None:
    problems = source("algebra", 0)
    assert problems[-1] == problems[59]
    for index in (60, -61):
        with pytest.raises(IndexError):
            problems[index]


def test_sources_survive_pickling() -> None:
    problems = source("string-programs", 2)
    assert list(pickle.loads(pickle.dumps(problems))) == list(problems)
