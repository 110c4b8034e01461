"""Twelve programming tasks with tests, each in four languages: the built-in problems of `genesys/code-v0`.

    CODE_PROBLEMS.by_id("code-coins-rust")

The statements, tests and solutions are this project's own. Every solution passes its tests and every
problem has a wrong solution that does not (`genesys audit golds --problems code-problems`).
"""

from __future__ import annotations

from dataclasses import dataclass

from genesys.envs.sources.code_solutions_cpp import CPP
from genesys.envs.sources.code_solutions_javascript import JAVASCRIPT
from genesys.envs.sources.code_solutions_python import PYTHON
from genesys.envs.sources.code_solutions_rust import RUST
from genesys.envs.sources.listed import ListedProblems
from genesys.schema import Problem

VERSION = "1"
SOLUTIONS = {"python": PYTHON, "javascript": JAVASCRIPT, "cpp": CPP, "rust": RUST}
"""Language -> task -> a right solution."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task.

    Attributes:
        name: Part of its problems' ids.
        difficulty: `easy`, `medium` or `hard`.
        statement: What is asked.
        tests: Inputs and outputs, the first as an example in the prompt.
    """

    name: str
    difficulty: str
    statement: str
    tests: tuple[tuple[str, str], ...]


def _line(values: object) -> str:
    return " ".join(map(str, values)) + "\n"  # type: ignore[call-overload]  # only ever iterables


_LONG = [i * 7919 % 2003 for i in range(2000)]
_RISING = list(range(1, 3001))

TASKS = (
    Task(
        name="digit-sum",
        difficulty="easy",
        statement="Read one non-negative integer of at most 1000 digits and print the sum of its digits.",
        tests=(
            ("1905\n", "15\n"),
            ("0\n", "0\n"),
            ("9" * 1000 + "\n", "9000\n"),
            ("1" + "0" * 40 + "\n", "1\n"),
        ),
    ),
    Task(
        name="reverse-words",
        difficulty="easy",
        statement="Read one line of words that are separated by spaces. Print the words in reverse order, "
        "separated by single spaces.",
        tests=(
            ("the quick brown fox\n", "fox brown quick the\n"),
            ("one\n", "one\n"),
            ("  a   b  \n", "b a\n"),
            (_line(range(500)), _line(reversed(range(500)))),
        ),
    ),
    Task(
        name="brackets",
        difficulty="easy",
        statement="Read one line of the characters ()[]{}. Print `balanced` if every bracket is closed by its "
        "partner in the right order. Otherwise print the position, counted from 1, of the first closing bracket "
        "that has no partner to close, or, if there is none, of the last opening bracket that is never closed.",
        tests=(
            ("([]{})\n", "balanced\n"),
            ("([)]\n", "3\n"),
            ("(()\n", "1\n"),
            ("}\n", "1\n"),
            ("(" * 3000 + ")" * 3000 + "\n", "balanced\n"),
            ("[" * 5 + "]" * 6 + "\n", "11\n"),
        ),
    ),
    Task(
        name="coins",
        difficulty="medium",
        statement="The first line holds an amount (0 to 100000), the second the values of the coins (at most 20 "
        "positive integers). Each coin may be used any number of times. Print the least number of coins that make "
        "the amount, or -1 if none do.",
        tests=(
            ("6\n1 3 4\n", "2\n"),
            ("0\n5\n", "0\n"),
            ("7\n2 4\n", "-1\n"),
            ("99999\n1 5 10 25 50\n", "2006\n"),
            ("100000\n7 11 13\n", "7694\n"),
        ),
    ),
    Task(
        name="grid-path",
        difficulty="medium",
        statement="The first line holds the height and the width of a grid (1 to 200 each), then come its rows of "
        "`.` (free) and `#` (wall). Print the least number of steps up, down, left or right over free cells from the "
        "top left to the bottom right cell, or -1 if there is no way. Both corners are free.",
        tests=(
            ("3 3\n..#\n#..\n##.\n", "4\n"),
            ("1 1\n.\n", "0\n"),
            ("2 2\n.#\n#.\n", "-1\n"),
            ("200 200\n" + ("." * 200 + "\n") * 200, "398\n"),
            ("5 5\n.....\n####.\n.....\n.####\n.....\n", "16\n"),
        ),
    ),
    Task(
        name="count-primes",
        difficulty="medium",
        statement="Read an integer n (0 to 2000000) and print how many primes are at most n.",
        tests=(
            ("10\n", "4\n"),
            ("0\n", "0\n"),
            ("2\n", "1\n"),
            ("2000000\n", "148933\n"),
            ("997\n", "168\n"),
        ),
    ),
    Task(
        name="rising",
        difficulty="medium",
        statement="The first line holds n (1 to 100000), the second n integers. Print the length of the longest "
        "strictly increasing subsequence.",
        tests=(
            ("6\n5 1 4 2 3 9\n", "4\n"),
            ("1\n7\n", "1\n"),
            ("4\n3 3 3 3\n", "1\n"),
            (f"3000\n{_line(_RISING)}", "3000\n"),
            (f"2000\n{_line(_LONG)}", "65\n"),
        ),
    ),
    Task(
        name="power",
        difficulty="medium",
        statement="Read three integers a, b and m (0 <= a < 10^9, 0 <= b < 2^63, 1 <= m <= 10^9 + 7) on one line and "
        "print a to the power of b modulo m. 0 to the power of 0 is 1.",
        tests=(
            ("2 10 1000\n", "24\n"),
            ("0 0 1\n", "0\n"),
            ("3 9223372036854775807 1000000007\n", "123764908\n"),
            ("0 0 7\n", "1\n"),
            ("999999999 2 1000000007\n", "64\n"),
        ),
    ),
    Task(
        name="intervals",
        difficulty="medium",
        statement="The first line holds n (1 to 100000), then come n lines with two integers, the start and the end "
        "of a closed interval (start <= end, absolute values up to 10^9). Merge intervals that share a point. Print "
        "how many remain and the sum of their lengths, separated by a space.",
        tests=(
            ("3\n1 3\n2 5\n8 9\n", "2 5\n"),
            ("1\n4 4\n", "1 0\n"),
            ("2\n0 1\n1 2\n", "1 2\n"),
            ("2\n-1000000000 1000000000\n5 6\n", "1 2000000000\n"),
            ("500\n" + "".join(f"{3 * i} {3 * i + 2}\n" for i in reversed(range(500))), "500 1000\n"),
        ),
    ),
    Task(
        name="anagrams",
        difficulty="easy",
        statement="The first line holds n (1 to 20000), then come n lines with a word of lower-case letters each. Words "
        "with the same letters in any order form a group. Print the number of groups and the size of the largest, "
        "separated by a space.",
        tests=(
            ("4\ntea\nate\ntan\neat\n", "2 3\n"),
            ("1\na\n", "1 1\n"),
            ("3\naab\nabb\naba\n", "2 2\n"),
            (
                "1000\n"
                + "".join("abcdefghij"[i % 7 : i % 7 + 3][:: 1 if i % 2 else -1] + "\n" for i in range(1000)),
                "7 143\n",
            ),
        ),
    ),
    Task(
        name="deviation",
        difficulty="easy",
        statement="The first line holds n (1 to 100000), the second n real numbers. Print their mean and their population "
        "standard deviation on one line, with an error of at most 1e-6.",
        tests=(
            ("4\n1 2 3 4\n", "2.5 1.118033989\n"),
            ("1\n-3.5\n", "-3.5 0.0\n"),
            ("3\n1000000.1 1000000.2 1000000.3\n", "1000000.2 0.0816496581\n"),
            ("2\n0 0\n", "0.0 0.0\n"),
        ),
    ),
    Task(
        name="order",
        difficulty="hard",
        statement="The first line holds n and m (1 to 1000, 0 to 5000), then come m lines with two numbers a and b: task a "
        "must be done before task b. Tasks are numbered from 1 to n. Print the lexicographically smallest order of all "
        "tasks on one line, or `impossible` if there is none.",
        tests=(
            ("4 3\n4 1\n1 2\n4 3\n", "4 1 2 3\n"),
            ("2 2\n1 2\n2 1\n", "impossible\n"),
            ("3 0\n", "1 2 3\n"),
            ("1 1\n1 1\n", "impossible\n"),
            ("1000 999\n" + "".join(f"{i + 1} {i}\n" for i in range(1, 1000)), _line(range(1000, 0, -1))),
        ),
    ),
)
"""The tasks, from a first loop to a priority queue."""

_WRONG = {
    "python": "import sys\nsys.stdin.read()\nprint(0)",
    "javascript": "require('fs').readFileSync(0);\nconsole.log(0);",
    "cpp": "#include <iostream>\nint main() { std::cout << 0 << std::endl; }",
    "rust": 'fn main() { println!("0"); }',
}
"""A solution that is wrong for every task, though it may pass a test."""


def _problem(task: Task, language: str) -> Problem:
    given, wanted = task.tests[0]
    prompt = (
        f"Solve the following coding problem using the programming language {language}:\n\n{task.statement}\n\n"
        f"Example input:\n{given}\nExample output:\n{wanted}\n"
        "The program reads from standard input and writes to standard output. "
        "Give the whole program in one fenced code block."
    )
    cases = [{"type": "stdin_stdout", "input": asked, "output": answer} for asked, answer in task.tests]
    return Problem(
        problem_id=f"code-{task.name}-{language}",
        source="code-problems",
        task_type="verifiable_code",
        in_source_id=task.name,
        prompt=prompt,
        gold_standard_solution=f"```{language}\n{SOLUTIONS[language][task.name].strip()}\n```",
        verification_info={"language": language, "test_cases": cases},
        metadata={
            "difficulty": task.difficulty,
            "incorrect_solution": f"```{language}\n{_WRONG[language]}\n```",
        },
    )


CODE_PROBLEMS = ListedProblems(
    "code-problems", VERSION, tuple(_problem(task, language) for task in TASKS for language in SOLUTIONS)
)
"""All of them: the same task in the four languages one after the other."""
