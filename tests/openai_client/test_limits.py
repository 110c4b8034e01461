"""Limits, measured at the server, and with a clock of our own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asking import said, using
from chat_server import ChatServer
from hypothesis import given
from hypothesis import strategies as st

from genesys.openai_client import OpenAIClient
from genesys.openai_client.limits import RateLimits, TokenBucket, estimated_tokens


def ask(server: ChatServer, count: int, **settings: Any) -> None:
    async def many(client: OpenAIClient) -> None:
        await asyncio.gather(*(said(client, f"q{number}") for number in range(count)))

    using(server.url, work=many, **settings)


def test_no_more_requests_are_in_flight_than_allowed() -> None:
    with ChatServer(seconds=0.02) as server:
        ask(server, 60, concurrency=7)
        assert server.most_at_once == 7


def test_requests_a_minute_are_kept_at_the_server() -> None:
    with ChatServer() as server:
        ask(server, 40, requests_per_minute=1200)
        # Twenty at once, then twenty a second; the first may have been slow to arrive.
        assert server.asked[-1].arrived - server.asked[0].arrived >= 0.5


def test_tokens_a_minute_are_kept_and_corrected_by_the_usage() -> None:
    """Estimates reserve 1,024 tokens each; what is used is 3, so that nearly all of it comes back."""
    with ChatServer() as server:
        ask(server, 30, tokens_per_minute=60_000, concurrency=2)
        assert server.asked[-1].arrived - server.asked[0].arrived < 15  # and not half a minute


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@given(st.integers(1, 5000), st.lists(st.floats(0, 5), min_size=1, max_size=300))
def test_no_minute_overruns_the_limit(per_minute: int, gaps: list[float]) -> None:
    clock = Clock()
    bucket = TokenBucket(per_minute, clock)
    times = []
    for gap in gaps:
        clock.now += gap
        times.append(clock.now + bucket.take(1))
    for first, begin in enumerate(times):
        inside = [time for time in times[first:] if time < begin + 60 - 1e-6]
        assert len(inside) <= per_minute + 1e-6


def test_a_bucket_that_waits_is_used_in_full() -> None:
    clock = Clock()
    bucket = TokenBucket(600, clock)
    assert max(bucket.take(1) for _ in range(600)) == pytest.approx(60, rel=0.02)


def test_what_was_not_used_comes_back() -> None:
    clock = Clock()
    bucket = TokenBucket(60_000, clock)
    assert bucket.take(30_000) == pytest.approx(29.5, rel=0.01)
    bucket.give(29_000)
    assert bucket.take(1000) == pytest.approx(1.0, rel=0.02)


def test_who_is_cancelled_while_waiting_gives_back() -> None:
    async def cancelled() -> float:
        limits = RateLimits(60, None)
        await limits.wait(0)
        waiting = asyncio.create_task(limits.wait(0))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert limits._requests is not None
        return limits._requests.take(1)

    assert asyncio.run(cancelled()) <= 1.01


def test_estimates_count_the_text_and_all_that_may_be_sampled() -> None:
    assert estimated_tokens({"max_tokens": 100, "n": 3}, 400) == 400
    assert estimated_tokens({"max_completion_tokens": 50}, 0) == 50
    assert estimated_tokens({}, 4) == 1025
