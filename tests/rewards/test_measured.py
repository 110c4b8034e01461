"""The measured errors that dataset cards show are those of the documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from genesys.rewards.measured import measured_errors
from genesys.rewards.registry import VERIFIERS, verifier_spec

DOCS = Path(__file__).resolve().parent.parent.parent / "docs" / "rewards"


@pytest.mark.parametrize("name", ["math", "math-verify", "code"])
def test_what_is_measured_is_the_version_that_this_package_carries(name: str) -> None:
    assert name in VERIFIERS
    assert measured_errors(verifier_spec(name).key) is not None


def test_a_verifier_with_other_parameters_was_not_measured() -> None:
    assert measured_errors(verifier_spec("math", {"answer_format": "bare"}).key) is None


@pytest.mark.parametrize("key", ["math@1", "math-verify@1"])
def test_the_rates_stand_in_the_page_on_the_mathematics_reward(key: str) -> None:
    errors = measured_errors(key)
    page = (DOCS / "math.md").read_text()
    assert errors is not None
    for rate, low, high in filter(None, (errors.false_negatives, errors.false_positives)):
        assert f"{rate:.2f} % ({low:.2f} to {high:.2f})" in page
