"""Two hundred answers that repeat themselves for good reasons: nothing in them may be taken for a loop."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

Writer = Callable[[random.Random], str]


def legitimate_repeats(count: int = 200, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Yields (kind, text), the kinds in turn, of every length up to some 15,000 characters."""
    rng = random.Random(seed)
    kinds = list(WRITERS.items())
    for place in range(count):
        kind, write = kinds[place % len(kinds)]
        yield kind, write(rng)


def _markdown_table(rng: random.Random) -> str:
    rows = [
        f"| {n} | {n * n} | {n**3} | {'even' if n % 2 == 0 else 'odd'} |" for n in range(rng.randint(20, 300))
    ]
    return "| n | n^2 | n^3 | parity |\n|---|---|---|---|\n" + "\n".join(rows)


def _truth_table(rng: random.Random) -> str:
    bits = rng.randint(4, 7)
    lines = [
        " & ".join("TF"[n >> bit & 1] for bit in reversed(range(bits))) + r" \\" for n in range(1 << bits)
    ]
    return "\\begin{array}{" + "c" * bits + "}\n" + "\n".join(lines) + "\n\\end{array}"


def _zero_matrix(rng: random.Random) -> str:
    size = rng.randint(8, 26)
    rows = [" & ".join("1" if i == j else "0" for j in range(size)) for i in range(size)]
    return "I = \\begin{pmatrix}\n" + " \\\\\n".join(rows) + "\n\\end{pmatrix}"


def _adjacency_matrix(rng: random.Random) -> str:
    size = rng.randint(10, 32)
    return (
        "["
        + ",\n ".join("[" + ", ".join(str(rng.randint(0, 1)) for _ in range(size)) + "]" for _ in range(size))
        + "]"
    )


def _long_division(rng: random.Random) -> str:
    divisor, remainder, lines = rng.randint(3, 997), 1, []
    for place in range(rng.randint(20, 120)):
        digit, rest = divmod(10 * remainder, divisor)
        lines.append(
            f"Step {place + 1}: bring down a 0 to get {10 * remainder}. {divisor} goes into {10 * remainder} "
            f"{digit} times, {digit} x {divisor} = {digit * divisor}, remainder {rest}."
        )
        remainder = rest
    return "\n".join(lines)


def _repeating_decimal(rng: random.Random) -> str:
    numerator, denominator = rng.randint(1, 6), rng.choice([3, 7, 11, 13, 17, 37, 41])
    digits = str(10 ** rng.randint(50, 1500) * numerator // denominator)
    return f"{numerator}/{denominator} = 0.{digits}..."


def _power_of_ten(rng: random.Random) -> str:
    return f"The number is 10^k = 1{'0' * rng.randint(50, 1000)}, which has as many zeros."


def _number_list(rng: random.Random) -> str:
    step = rng.randint(1, 9)
    return ", ".join(str(n * step) for n in range(rng.randint(100, 2500)))


def _random_bits(rng: random.Random) -> str:
    return "s = " + "".join(rng.choice("01") for _ in range(rng.randint(200, 6000)))


def _enumeration(rng: random.Random) -> str:
    lines = []
    for n in range(1, rng.randint(40, 250)):
        value = n * n + n + 41
        prime = all(value % d for d in range(2, int(value**0.5) + 1))
        verdict = "which is prime." if prime else "which is not prime."
        lines.append(f"For n = {n}: n^2 + n + 41 = {n * n} + {n} + 41 = {value}, {verdict}")
    return "\n".join(lines)


def _caesar_search(rng: random.Random) -> str:
    word = "".join(rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(rng.randint(20, 60)))
    tries = []
    for shift in range(1, 26):
        moved = "".join(chr((ord(letter) - 65 - shift) % 26 + 65) for letter in word)
        tries.append(
            f"Shift of {shift}: {word} becomes {moved}. That does not look like English, so try the next."
        )
    return "\n\n".join(tries)


def _letter_by_letter(rng: random.Random) -> str:
    shift, lines = rng.randint(1, 25), []
    for _ in range(rng.randint(30, 150)):
        n = rng.randint(1, 26)
        m = (n - shift - 1) % 26 + 1
        lines.append(
            f"- {chr(64 + n)} is letter {n}, {n} - {shift} = {n - shift}, so it becomes {chr(64 + m)}"
        )
    return "\n".join(lines)


def _program_twice(rng: random.Random) -> str:
    lines = [
        f"    if kind == {n}: return solve_{n}(values[{n % 7}], {rng.randint(1, 999)})" for n in range(60)
    ]
    program = "```python\ndef solve(kind, values):\n" + "\n".join(lines) + "\n```"
    return f"<think>Let me draft it.\n{program}\nThat works.</think>\nHere is the program:\n{program}"


def _test_cases(rng: random.Random) -> str:
    return "\n".join(
        f"assert solve([{', '.join(str(rng.randint(-9, 9)) for _ in range(6))}]) == {rng.randint(-99, 99)}"
        for _ in range(rng.randint(30, 200))
    )


def _json_records(rng: random.Random) -> str:
    rows = [
        f'  {{"id": {n}, "name": "item-{n}", "price": {rng.randint(100, 9999) / 100}, "in_stock": true}}'
        for n in range(rng.randint(30, 160))
    ]
    return "[\n" + ",\n".join(rows) + "\n]"


def _html_table(rng: random.Random) -> str:
    rows = [
        f'<tr><td class="number">{n}</td><td class="number">{rng.randint(0, 999)}</td></tr>'
        for n in range(rng.randint(30, 180))
    ]
    return "<table>\n" + "\n".join(rows) + "\n</table>"


def _latex_array(rng: random.Random) -> str:
    rows = [
        f"x_{{{n}}} &= {rng.randint(1, 99)} a + {rng.randint(1, 99)} b - {rng.randint(1, 99)} c \\\\ \\hline"
        for n in range(rng.randint(20, 150))
    ]
    return "\\begin{align*}\n" + "\n".join(rows) + "\n\\end{align*}"


def _program_trace(rng: random.Random) -> str:
    a, b, lines = rng.randint(1000, 99999), rng.randint(100, 999), []
    for step in range(rng.randint(40, 160)):
        a, b = (a * 31 + b) % 99991, (b * 17 + step) % 9973
        lines.append(
            f"Iteration {step}: a = {a}, b = {b}; a is {'greater' if a > b else 'not greater'} than b."
        )
    return "\n".join(lines)


def _multiplication_table(rng: random.Random) -> str:
    size = rng.randint(9, 30)
    return "\n".join(f"{a} x {b} = {a * b}" for a in range(1, size) for b in range(1, size))


def _verses(rng: random.Random) -> str:
    return "\n\n".join(
        f"{n} bottles of beer on the wall, {n} bottles of beer.\nTake one down and pass it around, "
        f"{n - 1} bottles of beer on the wall."
        for n in range(rng.randint(20, 99), 0, -1)
    )


WRITERS: dict[str, Writer] = {
    writer.__name__.strip("_").replace("_", " "): writer
    for writer in (
        _markdown_table, _truth_table, _zero_matrix, _adjacency_matrix, _long_division, _repeating_decimal,
        _power_of_ten, _number_list, _random_bits, _enumeration, _caesar_search, _letter_by_letter,
        _program_twice, _test_cases, _json_records, _html_table, _latex_array, _program_trace,
        _multiplication_table, _verses,
    )
}  # fmt: skip
