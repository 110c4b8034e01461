"""Fixtures and settings of the whole suite."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# Verifiers and samplers of the tests must be importable by name in worker processes.
sys.path.insert(0, str(ROOT / "tests" / "support"))

from vllm_server import vllm_server  # noqa: F401 - a fixture; found on the path that stands above

# A loaded CI machine is no reason to fail, and the same examples should run everywhere.
settings.register_profile("genesys", deadline=None, derandomize=True)
settings.load_profile("genesys")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real, labelled data beside the checkout; tests that need it skip without it."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("needs the folder of real data beside the checkout")
    return folder


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT
