"""The statements that string programs of level 1 and above are composed of.

Each statement takes the string `s` to another string; `compose` chains those that do something to the
string at hand. Statements look at the present value to choose their parameters: a letter that occurs, a
cut inside the string.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from types import CodeType
from typing import Any, NamedTuple

LETTERS = "abcdehilmnorst"
"""Few enough that letters repeat, so that counting, finding and replacing have something to do."""

PREFIX = 6
"""Letters of the first string that count the problem's code, so that no two programs are the same."""

MAX_LENGTH = 40
"""A string that a person or a small model can still follow."""

_PLAN = {1: (3, 4, 0), 2: (4, 5, 1), 3: (5, 6, 1), 4: (6, 8, 2)}
"""Level -> (least statements, most statements, words after the first)."""


class Statement(NamedTuple):
    """Code that takes `s` to its next value, and a helper function it calls, or ""."""

    code: str
    helper: str = ""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A composed program.

    Attributes:
        source: Its text.
        trace: The value of `s` after each statement.
    """

    source: str
    trace: tuple[str, ...]


def first_letters(code: int) -> str:
    """The `PREFIX` letters that stand for a code below `len(LETTERS) ** PREFIX`."""
    letters = ""
    for _ in range(PREFIX):
        code, digit = divmod(code, len(LETTERS))
        letters += LETTERS[digit]
    return letters


def compose(level: int, letters: str, rng: Random) -> Program:
    """Composes a program of a level from 1 to 4 whose first string starts with the letters.

    What it prints is not empty, has no braces or backslashes, and neither starts nor ends with space.
    """
    while True:
        program = _attempt(level, letters, rng)
        if program is not None:
            return program


def _attempt(level: int, letters: str, rng: Random) -> Program | None:
    least, most, words = _PLAN[level]
    count = rng.randrange(least, most + 1)
    first = letters + _letters(rng, 0, 2) + "".join(" " + _letters(rng, 3, 5) for _ in range(words))
    statements: list[Statement] = []
    trace: list[str] = []
    value = first
    for _ in range(20 * count):
        if len(statements) == count:
            break
        statement = _draw(level, rng, value)
        following = value_after(f"{statement.helper}\n{statement.code}", value)
        if following != value and 0 < len(following) <= MAX_LENGTH and following not in trace:
            statements.append(statement)
            trace.append(following)
            value = following
    if len(statements) < count or value != value.strip():
        return None
    ending = _several_lines(rng, value) if level == 4 else "print(s)"
    return Program(source=_source(first, statements, ending), trace=tuple(trace))


def _draw(level: int, rng: Random, value: str) -> Statement:
    """Half of the statements are of the level's own kind, the others of those below."""
    kinds = _KINDS[level if level == 1 or rng.random() < 0.5 else rng.randrange(1, level)]
    return rng.choice(kinds)(rng, value)


def _source(first: str, statements: list[Statement], ending: str) -> str:
    helpers = list(dict.fromkeys(statement.helper for statement in statements if statement.helper))
    body = "\n".join([f"s = {first!r}", *(statement.code for statement in statements), ending])
    return "\n\n\n".join([*helpers, body])


def value_after(code: str, value: str) -> str:
    """What `s` holds after the code, from what it held before."""
    names: dict[str, Any] = {"s": value}
    execute(code, names)
    return str(names["s"])


def execute(code: str, names: dict[str, Any]) -> None:
    """Runs code that was composed here: it is ours, ends, and touches nothing but its names."""
    exec(_compiled(code), names)  # noqa: S102 - the code is composed from the statements of this file


@lru_cache(maxsize=256)
def _compiled(code: str) -> CodeType:
    return compile(code, "<string-programs>", "exec")


def _letters(rng: Random, least: int, most: int) -> str:
    return "".join(rng.choice(LETTERS) for _ in range(rng.randrange(least, most + 1)))


def _cut(rng: Random, value: str) -> int:
    return rng.randrange(1, max(2, len(value)))


def _held(rng: Random, value: str) -> str:
    """A character of the value that is no space, as a literal."""
    return repr(rng.choice(value.replace(" ", "") or "a"))


def _reverse(rng: Random, value: str) -> Statement:
    return Statement("s = s[::-1]")


def _rotate(rng: Random, value: str) -> Statement:
    cut = _cut(rng, value)
    return Statement(f"s = s[{cut}:] + s[:{cut}]")


def _swap_ends(rng: Random, value: str) -> Statement:
    return Statement("s = s[-1] + s[1:-1] + s[0]")


def _deal(rng: Random, value: str) -> Statement:
    step = rng.randrange(2, 4)
    return Statement(
        "s = " + " + ".join(f"s[{start}::{step}]" for start in rng.choice([range(step), range(step)[::-1]]))
    )


def _case(rng: Random, value: str) -> Statement:
    return Statement(f"s = s.{rng.choice(['upper', 'swapcase', 'title', 'capitalize'])}()")


def _replace(rng: Random, value: str) -> Statement:
    return Statement(f"s = s.replace({_held(rng, value)}, {_letters(rng, 1, 2)!r})")


def _double(rng: Random, value: str) -> Statement:
    cut = min(_cut(rng, value), 4)
    return Statement(f"s = s[:{cut}] * 2 + s[{cut}:]")


def _from_letter(rng: Random, value: str) -> Statement:
    letter = _held(rng, value)
    return Statement(f"i = s.find({letter})\ns = s[i:] + s[:i]")


def _vowels_first(rng: Random, value: str) -> Statement:
    then, other = rng.choice([("c + t", "t + c"), ("t + c", "c + t")])
    test = rng.choice(["c in 'aeio'", "c.isupper()", f"c < {_held(rng, value)}"])
    return Statement(
        f"t = ''\nfor c in s:\n    if {test}:\n        t = {then}\n    else:\n        t = {other}\ns = t"
    )


def _every_third(rng: Random, value: str) -> Statement:
    step, rest = rng.choice([(2, 0), (2, 1), (3, 0), (3, 1), (3, 2)])
    change = rng.choice(["s[i].upper()", "s[i] * 2", "'-' + s[i]"])
    return Statement(
        f"t = ''\nfor i in range(len(s)):\n    if i % {step} == {rest}:\n        t += {change}\n"
        "    else:\n        t += s[i]\ns = t"
    )


def _words(rng: Random, value: str) -> Statement:
    glue = rng.choice([" ", "-"])
    words = rng.choice(["s.split()[::-1]", "sorted(s.split())", "sorted(s.split(), key=len)"])
    return Statement(f"s = {glue!r}.join({words})")


def _decide(rng: Random, value: str) -> Statement:
    first = _held(rng, value)
    second = _held(rng, value.replace(first.strip("'"), ""))
    tests = [f"s.find({first}) < s.find({second})", "len(s) % 2 == 0", f"s.count({first}) > 1"]
    test = rng.choice(tests[1:] if first == second else tests)
    cut = _cut(rng, value)
    return Statement(f"if {test}:\n    s = s[::-1]\nelse:\n    s = s[{cut}:] + s[:{cut}]")


def _enumerate(rng: Random, value: str) -> Statement:
    change = rng.choice(["c.upper()", "c.swapcase()", "str(i)"])
    return Statement(
        f"s = ''.join([{change} if i % {rng.randrange(2, 4)} == 1 else c for i, c in enumerate(s)])"
    )


def _count(rng: Random, value: str) -> Statement:
    order = rng.choice(
        ["sorted(counts.items())", "counts.items()", "sorted(counts.items(), key=lambda x: (-x[1], x[0]))"]
    )
    return Statement(
        "counts = {}\nfor c in s.replace(' ', ''):\n    counts[c] = counts.get(c, 0) + 1\n"
        f"s = ''.join(c + str(n) for c, n in {order})"
    )


def _once(rng: Random, value: str) -> Statement:
    return Statement("s = ''.join(sorted(set(s), key=s.index))")


def _shift(rng: Random, value: str) -> Statement:
    helper = (
        "def shift(c, k):\n    if c.islower():\n        return chr((ord(c) - 97 + k) % 26 + 97)\n    return c"
    )
    return Statement(f"s = ''.join(shift(c, {rng.choice([1, 2, 3, 13])}) for c in s)", helper)


def _pairs(rng: Random, value: str) -> Statement:
    return Statement("s = ''.join(b + a for a, b in zip(s[::2], s[1::2])) + s[len(s) - len(s) % 2:]")


def _run_lengths(rng: Random, value: str) -> Statement:
    helper = (
        "def runs(text):\n    out = []\n    i = 0\n    while i < len(text):\n        j = i\n"
        "        while j < len(text) and text[j] == text[i]:\n            j += 1\n"
        "        out.append(text[i] + (str(j - i) if j - i > 1 else ''))\n        i = j\n    return ''.join(out)"
    )
    return Statement(
        "s = runs(s)" if rng.random() < 0.5 else "s = runs(''.join(sorted(s.replace(' ', ''))))", helper
    )


def _weave(rng: Random, value: str) -> Statement:
    helper = "def weave(a, b):\n    if not a:\n        return b\n    return a[0] + weave(b, a[1:])"
    cut = _cut(rng, value)
    return Statement(f"s = weave(s[:{cut}], s[{cut}:])", helper)


def _stack(rng: Random, value: str) -> Statement:
    helper = (
        "def collapse(text):\n    stack = []\n    for c in text:\n        if stack and stack[-1] == c:\n"
        "            stack.pop()\n        else:\n            stack.append(c)\n    return ''.join(stack)"
    )
    cut = min(_cut(rng, value), 3)
    return Statement(f"s = collapse(s[:{cut}] + s[{cut - 1}:])", helper)


def _each_word(rng: Random, value: str) -> Statement:
    change = rng.choice(["w[::-1]", "w[1:] + w[0]", "w.capitalize()", "w + str(len(w))"])
    return Statement(f"s = ' '.join([{change} for w in s.split() if w])")


def _several_lines(rng: Random, value: str) -> str:
    width = rng.randrange(3, 6)
    return rng.choice(
        [
            f"for i in range(0, len(s), {width}):\n    print(s[i:i + {width}].replace(' ', '.'))",
            "for w in s.split():\n    print(w, len(w))",
            "for c in sorted(set(s.replace(' ', '')))[:4]:\n    print(c, s.count(c), s.find(c))",
            f"n = 0\nwhile s and n < 3:\n    print(n, s.strip())\n    s = s[{width}:]\n    n += 1",
        ]
    )


_Kind = Callable[[Random, str], Statement]

_KINDS: dict[int, tuple[_Kind, ...]] = {
    1: (_reverse, _rotate, _swap_ends, _deal, _case, _replace, _double),
    2: (_from_letter, _vowels_first, _every_third, _words, _decide),
    3: (_enumerate, _count, _once, _shift, _pairs),
    4: (_run_lengths, _weave, _stack, _each_word),
}
"""Level -> the kinds of statement that it brings."""
