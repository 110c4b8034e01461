"""Circuits that open and close, and what waits meanwhile."""

from __future__ import annotations

import asyncio
import time

import pytest
from asking import said, using
from chat_server import ChatServer, Fault

from genesys.errors import EndpointUnreachable
from genesys.openai_client import OpenAIClient
from genesys.openai_client.breaker import FAILURES, FIRST_PAUSE, LONGEST_PAUSE, CircuitBreaker


def opened(now: float = 0.0) -> CircuitBreaker:
    breaker = CircuitBreaker()
    for _ in range(FAILURES):
        breaker.failed(now, probe=False)
    return breaker


def test_a_circuit_opens_after_failures_in_a_row() -> None:
    breaker = CircuitBreaker()
    for _ in range(3):
        for _ in range(FAILURES - 1):
            breaker.failed(0.0, probe=False)
        breaker.succeeded()
    assert not breaker.is_open
    assert not opened().allows(0.0)


def test_an_open_circuit_lets_one_probe_through_at_a_time() -> None:
    breaker = opened()
    assert breaker.allows(FIRST_PAUSE)
    assert breaker.start()
    assert not breaker.allows(FIRST_PAUSE)
    breaker.abandoned(probe=True)
    assert breaker.allows(FIRST_PAUSE)


def test_a_probe_that_succeeds_closes_and_one_that_fails_waits_longer() -> None:
    breaker, now = opened(), 0.0
    pauses = []
    for _ in range(10):
        assert breaker.retry_at is not None
        pauses.append(breaker.retry_at - now)
        now = breaker.retry_at
        breaker.start()
        breaker.failed(now, probe=True)
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert max(pauses) == LONGEST_PAUSE
    breaker.succeeded()
    assert breaker.allows(now) and breaker.failures == 0


def test_late_failures_of_earlier_requests_do_not_prolong_the_pause() -> None:
    breaker = opened()
    until = breaker.retry_at
    breaker.failed(0.5, probe=False)
    assert breaker.retry_at == until


def test_an_outage_is_survived_within_patience() -> None:
    async def outage(client: OpenAIClient, server: ChatServer) -> list[str]:
        asked = [asyncio.create_task(said(client, f"q{number}")) for number in range(60)]
        while len(server.answered) < 10:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(server.stop)
        await asyncio.sleep(1.0)
        await asyncio.to_thread(server.start)
        return await asyncio.gather(*asked)

    with ChatServer(seconds=0.05) as server:
        texts, _ = using(server.url, work=lambda client: outage(client, server), concurrency=5, attempts=10)
    assert texts == [f"echo q{number}" for number in range(60)]


def test_a_server_that_stays_away_fails_the_rest_at_once() -> None:
    async def many(client: OpenAIClient) -> list[str | BaseException]:
        return await asyncio.gather(
            *(said(client, f"q{number}") for number in range(500)), return_exceptions=True
        )

    with ChatServer(faults=lambda asked: Fault(kind="status")) as server:
        began = time.monotonic()
        found, ledger = using(server.url, work=many, concurrency=8, attempts=2, patience=0.2)
        assert all(isinstance(error, EndpointUnreachable) for error in found)
        assert any(error.down for error in found if isinstance(error, EndpointUnreachable))
        assert len(server.asked) < 40  # and not a thousand
        assert ledger["failures"] == 500
        assert time.monotonic() - began < 20


def test_a_refused_request_says_nothing_against_the_endpoint() -> None:
    def refuse(asked: object) -> Fault:
        return Fault(kind="status", status=400)

    async def many(client: OpenAIClient) -> list[str | BaseException]:
        return await asyncio.gather(
            *(said(client, f"q{number}") for number in range(3 * FAILURES)), return_exceptions=True
        )

    with ChatServer(faults=refuse) as server:
        found, _ = using(server.url, work=many)
        assert len(server.asked) == len(found) == 3 * FAILURES


def test_a_cancelled_call_frees_its_slot() -> None:
    async def cancelled(client: OpenAIClient) -> str:
        slow = asyncio.create_task(said(client, "slow"))
        await asyncio.sleep(0.2)
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        return await said(client, "next")

    def faults(asked: object) -> Fault | None:
        return Fault(kind="slow", seconds=5) if getattr(asked, "content", "") == "slow" else None

    with ChatServer(faults=faults) as server:
        assert using(server.url, work=cancelled, concurrency=1)[0] == "echo next"
