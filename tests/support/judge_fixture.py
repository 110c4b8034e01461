"""A judge on loopback for tests that ask every environment: `from judge_fixture import loopback_judge`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_server import ChatServer
from judge_stub import judging, share_of_lines

from genesys.rewards.judging import VARIABLE


@pytest.fixture(scope="module")
def loopback_judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatServer]:
    """Configures a judge that gives the share of the reference's lines, with a cache of its own."""
    folder: Path = tmp_path_factory.mktemp("judge")
    with (
        ChatServer(judging(share_of_lines), model="test-judge") as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("GENESYS_CACHE", str(folder))
        patch.setenv(VARIABLE, f"{server.url}#test-judge")
        yield server
