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


def opened() -> CircuitBreaker:
    breaker = CircuitBreaker()
    for _ in range(FAILURES):
        breaker.failed(0.0)
    return breaker


def test_a_circuit_opens_after_failures_in_a_row() -> None:
    breaker = CircuitBreaker()
    for _ in range(3):
        for _ in range(FAILURES - 1):
            breaker.failed(0.0)
        breaker.succeeded()
    assert not breaker.is_open
    assert opened().is_open


def test_an_open_circuit_is_probed_once_at_a_time() -> None:
    breaker = opened()
    assert not breaker.is_due(FIRST_PAUSE / 2)
    assert breaker.is_due(FIRST_PAUSE)
    breaker.probing = True
    assert not breaker.is_due(FIRST_PAUSE)


def test_pauses_double_until_a_request_has_succeeded() -> None:
    breaker, now = opened(), 0.0
    pauses = []
    for _ in range(10):
        assert breaker.retry_at is not None
        pauses.append(breaker.retry_at - now)
        now = breaker.retry_at
        breaker.probed(now, alive=False)
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert max(pauses) == LONGEST_PAUSE
    breaker.probed(now, alive=True)
    assert not breaker.is_open
    for _ in range(FAILURES):
        breaker.failed(now)
    assert breaker.retry_at == now + LONGEST_PAUSE  # it lists its models, and does no work
    breaker.succeeded()
    for _ in range(FAILURES):
        breaker.failed(now)
    assert breaker.retry_at == now + FIRST_PAUSE


def test_late_failures_of_earlier_requests_do_not_prolong_the_pause() -> None:
    breaker = opened()
    until = breaker.retry_at
    breaker.failed(0.5)
    assert breaker.retry_at == until


def test_all_go_on_when_a_server_is_back_and_not_only_a_probe() -> None:
    """Long completions: were the first one the probe, the second would wait for its end."""

    async def outage(client: OpenAIClient, server: ChatServer) -> list[str]:
        await asyncio.to_thread(server.stop)
        asked = [asyncio.create_task(said(client, f"q{number}")) for number in range(12)]
        await asyncio.sleep(1.5)
        await asyncio.to_thread(server.start)
        return await asyncio.gather(*asked)

    with ChatServer(seconds=1.0) as server:
        texts, _ = using(server.url, work=lambda client: outage(client, server), concurrency=12, attempts=10)
        assert server.most_at_once > 1
    assert texts == [f"echo q{number}" for number in range(12)]


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
        assert len(server.asked) < 100  # and not a thousand
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
