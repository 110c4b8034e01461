"""The figures that `docs/rewards/math.md` gives, on labelled data that lies outside the repository."""

from __future__ import annotations

from pathlib import Path

from genesys.envs.sources.rows import read_rows
from genesys.rewards import Grader, VerifierSpec
from genesys.rewards.math_audit import MathAudit, read_cases, run_math_audit
from genesys.rewards.mathematics.verifier import MathVerifier

BOXED = frozenset(("boxed", "extraction"))
REAL = ("gsm8k_boxed", "math_cot")


def audit(path: Path, verifier: MathVerifier, forms: frozenset[str] | None) -> MathAudit:
    spec = VerifierSpec.of(verifier)
    grader = Grader(workers=1)
    try:
        cases = list(read_cases(read_rows(path), forms=forms))
        return run_math_audit(cases, lambda problem, text: grader.verify(problem, text, verifier=spec))
    finally:
        grader.close()


def test_boxed_and_extraction_rows(shared: Path) -> None:
    found = audit(shared / "data" / "math" / "cases.jsonl", MathVerifier(), BOXED)
    assert found.total.false_negatives.share <= 0.007
    assert found.total.false_positives.share <= 0.003
    assert found.total.uncertain_rate.share <= 0.04
    for category in REAL:
        tally = found.categories[category]
        assert tally.rejected == tally.accepted == 0
        assert tally.uncertain_rate.share <= 0.005


def test_all_rows_as_other_peoples_text(shared: Path) -> None:
    found = audit(shared / "data" / "math" / "cases.jsonl", MathVerifier(answer_format="bare"), None)
    assert found.total.false_negatives.share <= 0.02
    assert found.total.false_positives.share <= 0.005


def test_hostile_rows(shared: Path) -> None:
    found = audit(shared / "data" / "math" / "adversarial.jsonl", MathVerifier(), None)
    assert found.total.false_positives.share <= 0.02
    assert found.total.uncertain <= 2
