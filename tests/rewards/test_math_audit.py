"""The audit of labelled cases: counts, intervals, and what is counted apart."""

from __future__ import annotations

import pytest

from genesys.errors import MalformedRow
from genesys.rewards.math_audit import LabelledCase, Rate, read_cases, run_math_audit
from genesys.rewards.mathematics.verifier import MathVerifier


def row(gold: str, response: str, right: bool, **more: object) -> dict[str, object]:
    return {"gold": gold, "response": response, "is_correct": right, **more}


def test_wilson_intervals() -> None:
    low, high = Rate(1, 100).interval
    assert (low, high) == pytest.approx((0.00177, 0.05449), abs=1e-5)
    assert Rate(0, 50).interval[0] == 0.0
    assert Rate(0, 50).interval[1] == pytest.approx(0.07135, abs=1e-5)
    assert Rate(0, 0).interval == (0.0, 1.0)
    assert Rate(0, 0).share == 0.0


def test_counts_by_category_and_what_is_apart() -> None:
    rows = [
        row("2", r"\boxed{2}", True, category="a"),
        row("2", r"\boxed{3}", False, category="a"),
        row("2", r"\boxed{2}", False, category="a"),  # labelled wrong: counts as accepted
        row("2", r"\boxed{5}", True, category="b"),  # labelled right: counts as rejected
        row("undefined", r"\boxed{\text{does not exist}}", True, category="b"),
        row("2", r"\boxed{2\%}", True, category="b", needs_judge=True),
        row("2", r"\boxed{2.0000}", True, category="b", policy=True),
    ]
    cases = list(read_cases(enumerate(rows, start=1)))
    audit = run_math_audit(cases, MathVerifier().verify)
    assert (audit.total.right, audit.total.wrong) == (3, 2)
    assert (audit.total.rejected, audit.total.accepted, audit.total.uncertain) == (1, 1, 1)
    assert audit.categories["a"].accepted == 1 and audit.categories["b"].rejected == 1
    assert audit.policy.total == audit.needs_judge.total == 1
    assert [finding.kind for finding in audit.findings] == ["false positive", "false negative", "uncertain"]
    assert audit.throughput > 0 and len(audit.slowest) == len(rows)


def test_forms_are_chosen() -> None:
    rows = [row("2", "2", True, format="raw"), row("2", r"\boxed{2}", True, format="boxed")]
    assert len(list(read_cases(enumerate(rows), forms=frozenset(("boxed",))))) == 1


def test_a_row_without_label_is_named() -> None:
    with pytest.raises(MalformedRow, match="row 7: is_correct"):
        LabelledCase.from_row({"gold": "1", "response": "1"}, 7)
