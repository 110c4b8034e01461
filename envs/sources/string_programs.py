r"""Generator `string-programs`: what does this Python program print?

Programs are composed statement by statement and executed here to get the ground truth. Level 0:

    What does this Python program print?

    ```python
    s='abcd'
    s=s[::-1]
    s=s[1:]+s[0]
    print(s)
    ```

    Put the printed text in \boxed{}.

with the solution `<think>dcba cbad</think>\boxed{cbad}`: the string after each statement, then the box.
Levels 1 to 4 add longer strings and more statements, then loops and conditions, then comprehensions,
helper functions and counting, then several printed lines (answered in a fenced block).
`metadata["trace"]` lists the value of `s` after each statement, at every level.
"""

from __future__ import annotations

from itertools import product
from random import Random

from genesys.envs.sources.generated import Draft, Generator
from genesys.envs.sources.string_statements import (
    LETTERS,
    PREFIX,
    compose,
    execute,
    first_letters,
    value_after,
)
from genesys.schema import Problem

LEVEL0_LETTERS = "abcdefgh"
LEVEL0_STATEMENTS = ("s=s[::-1]", "s=s[1:]+s[0]", "s=s[-1]+s[1:-1]+s[0]")
LEVEL0_LENGTH = 4
LEVEL0_COUNT = 2

LEVEL0_SPACE = len(LEVEL0_LETTERS) ** LEVEL0_LENGTH * len(LEVEL0_STATEMENTS) ** LEVEL0_COUNT
"""36,864: all the programs of level 0."""

_BOX = "Put the printed text in \\boxed{}."
_FENCE = "Put the printed lines in a fenced code block."


def level0_problem(rng: Random) -> Problem:
    """A random problem of level 0, for whoever trains a model on them.

    Args:
        rng: Draws one of the `LEVEL0_SPACE` programs, all alike.

    Returns:
        The problem, named by its program; `metadata["trace"]` holds the two intermediate strings, the
        second of which is the answer.
    """
    code = rng.randrange(LEVEL0_SPACE)
    draft = _level0(code)
    return Problem(
        problem_id=f"string-programs-level0-{code}",
        source=GENERATOR.name,
        task_type=GENERATOR.task_type,
        prompt=draft.prompt,
        gold_standard_solution=draft.solution,
        verification_info={"ground_truth": draft.ground_truth},
        metadata={"level": 0, **draft.metadata},
    )


def _build(level: int, code: int, rng: Random) -> Draft:
    if level == 0:
        return _level0(code)
    program = compose(level, first_letters(code), rng)
    printed = run(program.source)
    steps = "\n".join(f"{number}. s = {value!r}" for number, value in enumerate(program.trace, start=1))
    fenced = "\n" in printed or level == 4
    answer = f"```\n{printed}\n```" if fenced else f"\\boxed{{{printed}}}"
    return Draft(
        prompt=_prompt(program.source, _FENCE if fenced else _BOX),
        ground_truth=printed,
        solution=f"<think>\n{steps}\n</think>\nThe program prints\n{answer}",
        metadata={"trace": list(program.trace), **({"answer_format": "fenced_code"} if fenced else {})},
    )


def _level0(code: int) -> Draft:
    code, choice = divmod(code, len(_LEVEL0_PAIRS))
    letters = ""
    for _ in range(LEVEL0_LENGTH):
        code, digit = divmod(code, len(LEVEL0_LETTERS))
        letters += LEVEL0_LETTERS[digit]
    statements = _LEVEL0_PAIRS[choice]
    trace, value = [], letters
    for statement in statements:
        value = value_after(statement, value)
        trace.append(value)
    source = "\n".join([f"s={letters!r}", *statements, "print(s)"])
    return Draft(
        prompt=_prompt(source, _BOX),
        ground_truth=run(source),
        solution=f"<think>{' '.join(trace)}</think>\\boxed{{{value}}}",
        metadata={"trace": trace},
    )


_LEVEL0_PAIRS = tuple(product(LEVEL0_STATEMENTS, repeat=LEVEL0_COUNT))


def _prompt(source: str, ask: str) -> str:
    return f"What does this Python program print?\n\n```python\n{source}\n```\n\n{ask}"


def run(source: str) -> str:
    """Executes a program of this generator and returns what it prints, without the last newline."""
    lines: list[str] = []
    execute(source, {"print": lambda *values: lines.append(" ".join(map(str, values)))})
    return "\n".join(lines)


GENERATOR = Generator(
    name="string-programs",
    version="1",
    task_type="code_output_prediction",
    spaces=(LEVEL0_SPACE, *[len(LETTERS) ** PREFIX] * 4),
    build=_build,
)
