"""Properties that hold for every answer: no exception, stability, symmetry of forms, wrong stays wrong."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from genesys.rewards.mathematics.verifier import MathVerifier
from genesys.schema import Problem, Verdict

VERIFIER = MathVerifier()
PIECES = st.sampled_from(
    [
        r"\frac",
        r"\sqrt",
        r"{",
        r"}",
        r"(",
        r")",
        r"[",
        r"]",
        r"\{",
        r"\}",
        r"1",
        r"2",
        r"37",
        r"0.5",
        r"x",
        r"y",
        r"\pi",
        r"e",
        r"i",
        r"+",
        r"-",
        r"*",
        r"/",
        r"^",
        r"_",
        r"!",
        r"=",
        r"<",
        r"\le",
        r",",
        r";",
        r"\text{cm}",
        r"\%",
        r"\pm",
        r"\cup",
        r"\infty",
        r"\in",
        r"\ldots",
        r"\begin{pmatrix}",
        r"&",
        r"\\",
        r"\end{pmatrix}",
        r"\sin",
        r"\log",
        r"|",
        r":",
        r"\binom",
        r"\left",
        r"\right",
        r"and",
        r"$",
        r"\mathbb{Z}",
        r"\sum",
    ]
)
SOUP = st.lists(PIECES, max_size=14).map(" ".join)
NUMBERS = st.fractions(min_value=-9999, max_value=9999, max_denominator=500)


def verdict(gold: str, answer: str) -> Verdict:
    problem = Problem(
        problem_id="case",
        source="properties",
        task_type="verifiable_math",
        prompt="",
        verification_info={"ground_truth": gold},
    )
    text = "\\boxed{" + answer + "}"
    slow, quick = VERIFIER.verify(problem, text), VERIFIER.quick(problem, text)
    assert quick is None or quick == slow
    return slow


def latex(value: Fraction) -> str:
    sign = "-" if value < 0 else ""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{sign}\\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def writings(value: Fraction) -> list[str]:
    """Ways to write one number."""
    top, bottom = value.numerator, value.denominator
    found = [
        f"{top}/{bottom}",
        f"\\dfrac{{{top}}}{{{bottom}}}",
        f"\\frac{{{7 * top}}}{{{7 * bottom}}}",
        f"x={latex(value)}",
    ]
    whole, rest = divmod(abs(top), bottom)
    if whole and rest:
        found.append(f"{'-' if value < 0 else ''}{whole}\\frac{{{rest}}}{{{bottom}}}")
    if bottom == 1:
        found += [f"{top}.0", f"{top:,}", f"{top}\\text{{ cm}}", f"\\text{{{top}}}"]
    return found


@settings(max_examples=300)
@given(SOUP, SOUP)
def test_never_raises_and_quick_agrees_with_verify(gold: str, answer: str) -> None:
    found = verdict(gold, answer)
    assert found.score in (None, 0.0, 1.0)


@settings(max_examples=150)
@given(st.text(max_size=60), st.text(max_size=60))
def test_never_raises_on_any_text(gold: str, answer: str) -> None:
    assert verdict(gold, answer).score in (None, 0.0, 1.0)


@given(NUMBERS)
def test_every_writing_of_a_number_is_that_number(value: Fraction) -> None:
    for answer in writings(value):
        assert verdict(latex(value), answer).score == 1.0, answer


@given(NUMBERS, NUMBERS)
def test_another_number_is_wrong_however_it_is_written(value: Fraction, other: Fraction) -> None:
    assume(value != other)
    for answer in writings(other):
        assert verdict(latex(value), answer).score == 0.0, answer


@given(
    NUMBERS,
    st.sampled_from(
        [
            " {} ",
            "{{{}}}",
            "${}$",
            "\\displaystyle {}",
            "{}.",
            "\\left({}\\right)",
            "\\text{{The answer is }} {}",
        ]
    ),
)
def test_wrapping_changes_nothing(value: Fraction, wrapping: str) -> None:
    assert verdict(latex(value), wrapping.format(latex(value))).score == 1.0


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=6, unique=True), st.randoms())
def test_lists_in_any_order_and_no_other_lists(values: list[int], random: object) -> None:
    gold = ", ".join(map(str, values))
    shuffled = sorted(values, key=lambda value: hash((value, str(random))))
    assert verdict(gold, ", ".join(map(str, shuffled))).score == 1.0
    assert verdict(gold, "\\{" + ",".join(map(str, shuffled)) + "\\}").score == 1.0
    assert verdict(gold, ", ".join(map(str, [*values[1:], values[0] + 1000]))).score == 0.0
    assert verdict(gold, ", ".join(map(str, values[1:]))).score == 0.0


@given(st.lists(st.integers(-9, 9), min_size=2, max_size=5), st.integers(-9, 9))
def test_polynomials_factored_and_expanded(roots: list[int], changed: int) -> None:
    coefficients = [1]
    for root in roots:
        raised, lowered = [*coefficients, 0], [0, *(-root * c for c in coefficients)]
        coefficients = [a + b for a, b in zip(raised, lowered, strict=True)]
    degree = len(roots)
    expanded = "+".join(f"({c})x^{{{degree - place}}}" for place, c in enumerate(coefficients))
    factored = "".join(f"(x-({root}))" for root in roots)
    assert verdict(expanded, factored).score == 1.0
    assert verdict(expanded, factored + f"+{abs(changed) + 1}").score == 0.0


@given(st.integers(2, 500), st.integers(2, 30))
def test_surds_in_and_out_of_the_root(radicand: int, factor: int) -> None:
    gold = f"{factor}\\sqrt{{{radicand}}}"
    assert verdict(gold, f"\\sqrt{{{factor * factor * radicand}}}").score == 1.0
    assert verdict(gold, f"\\sqrt{{{factor * factor * radicand + 1}}}").score == 0.0
    assert verdict(gold, f"-{factor}\\sqrt{{{radicand}}}").score == 0.0


@given(st.integers(-20, 20), st.integers(1, 20), st.sampled_from(["[]", "()", "[)", "(]"]))
def test_intervals_and_inequalities_say_the_same(low: int, width: int, brackets: str) -> None:
    high = low + width
    gold = f"{brackets[0]}{low},{high}{brackets[1]}"
    signs = ("\\le" if brackets[0] == "[" else "<", "\\le" if brackets[1] == "]" else "<")
    assert verdict(gold, f"{low} {signs[0]} x {signs[1]} {high}").score == 1.0
    other = {"[": "(", "(": "["}[brackets[0]]
    assert verdict(gold, f"{other}{low},{high}{brackets[1]}").score == 0.0
    assert verdict(gold, f"{brackets[0]}{low},{high + 1}{brackets[1]}").score == 0.0
