"""A judge on loopback and a grader that asks it, with a cache of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from chat_server import ChatServer
from judge_stub import Start, judging, share_of_lines

from genesys.rewards import Grader
from genesys.rewards.judging import VARIABLE


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Judgements of a test go to a folder of its own, and no judge of the caller's is asked."""
    monkeypatch.setenv("GENESYS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv(VARIABLE, "")  # remembered, so that what a test configures goes with it
    monkeypatch.delenv(VARIABLE)
    return tmp_path / "cache"


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a judge and configures it: `judge(answer, settings="...", **of_the_server)`."""
    with ExitStack() as stack:

        def start(answer: Any = None, *, settings: str = "", **options: Any) -> ChatServer:
            answer = answer or judging(share_of_lines)
            server = stack.enter_context(ChatServer(answer, any_model=True, **options))
            count = len(list(tmp_path.glob("judge-*.toml")))
            path = tmp_path / f"judge-{count}.toml"
            lines = ['model = "test-judge"', f'endpoints = ["{server.url}"]', settings]
            path.write_text("\n".join(lines))
            monkeypatch.setenv(VARIABLE, str(path))
            return server

        yield start


@pytest.fixture
def grader() -> Iterator[Grader]:
    made = Grader()
    yield made
    made.close()
