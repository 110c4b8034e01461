"""Workers at the levels that this machine has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from genesys.rewards.sandbox.build import Builder
from genesys.rewards.sandbox.levels import SAFE, open_worker
from genesys.rewards.sandbox.session import Session
from genesys.rewards.sandbox.unavailable import SandboxUnavailable


@pytest.fixture(scope="module", params=SAFE)
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """A sandbox at each of the safe levels; skips those that the machine does not have."""
    try:
        worker = open_worker(request.param)
    except SandboxUnavailable as refusal:
        pytest.skip(refusal.fault)
    yield Session(worker, Builder())
    worker.close()
