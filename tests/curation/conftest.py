"""Curation needs DuckDB."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session", autouse=True)
def _duckdb() -> None:
    pytest.importorskip("duckdb", reason="needs genesys-rl[curate]")
