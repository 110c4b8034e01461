"""What is tried again, when, and where."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate
from random import Random
from typing import Any

import pytest
from asking import body, said, streamed, using
from chat_server import Asked, ChatServer, Fault, FaultMix
from hypothesis import given
from hypothesis import strategies as st

from genesys.errors import EndpointError, EndpointUnreachable, MalformedReply, RequestRefused
from genesys.openai_client import OpenAIClient
from genesys.openai_client.retrying import (
    LONGEST_DELAY,
    LONGEST_RETRY_AFTER,
    Attempts,
    backoff,
    may_pass,
    retry_after,
)

PASSING = [
    Fault(kind="status", status=429, retry_after="0"),
    Fault(kind="status", status=429),
    Fault(kind="status", status=408),
    Fault(kind="status", status=409),
    Fault(kind="status", status=425),
    Fault(kind="status", status=500),
    Fault(kind="status", status=503, retry_after="0.05"),
    Fault(kind="reset"),
    Fault(kind="reset_body"),
    Fault(kind="truncated"),
    Fault(kind="empty"),
    Fault(kind="garbage"),
    Fault(kind="slow", seconds=0.8),
]


def at_first(fault: Fault, times: int = 1) -> Any:
    return lambda asked: fault if asked.attempt < times else None


@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: f"{fault.kind}-{fault.status}")
def test_what_may_pass_is_tried_again(fault: Fault) -> None:
    with ChatServer(faults=at_first(fault)) as server:
        text, ledger = using(server.url, work=lambda client: said(client, "q"), timeout=0.5)
    assert text == "echo q"
    assert (ledger["calls"], ledger["retries"], ledger["failures"]) == (1, 1, 0)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 501])
def test_what_will_not_pass_is_asked_once(status: int) -> None:
    fault = Fault(kind="status", status=status, message="the reason")
    with ChatServer(faults=lambda asked: fault) as server:
        with pytest.raises(RequestRefused, match=f"answered {status}: the reason") as caught:
            using(server.url, work=lambda client: said(client, "q"))
        assert len(server.asked) == 1
    assert caught.value.status == status


def test_an_empty_account_is_no_rate_limit() -> None:
    fault = Fault(kind="status", status=429, error_type="insufficient_quota")
    with ChatServer(faults=lambda asked: fault) as server:
        with pytest.raises(RequestRefused):
            using(server.url, work=lambda client: said(client, "q"))
        assert len(server.asked) == 1


def test_a_stream_is_tried_again_until_something_came() -> None:
    with ChatServer(faults=at_first(Fault(kind="reset"))) as server:
        assert using(server.url, work=lambda client: streamed(client, "q"))[0] == "echo q"
    with ChatServer(faults=at_first(Fault(kind="empty"))) as server:
        assert using(server.url, work=lambda client: streamed(client, "q"))[0] == "echo q"


@pytest.mark.parametrize("kind", ["reset_body", "truncated", "garbage"])
def test_a_stream_that_breaks_after_something_came_is_an_error(kind: str) -> None:
    async def pieces(client: OpenAIClient) -> int:
        count = 0
        with pytest.raises(EndpointUnreachable, match="a stream broke") as caught:
            async for _ in client.stream_chat(body("q")):
                count += 1
        assert caught.value.broken
        return count

    with ChatServer(lambda asked, index: "a b c d", faults=lambda asked: Fault(kind=kind)) as server:
        count, ledger = using(server.url, work=pieces)
        assert len(server.asked) == 1
    assert count > 0
    assert ledger["failures"] == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(kind="status"), EndpointUnreachable),
        (Fault(kind="truncated"), MalformedReply),
        (Fault(kind="reset"), EndpointUnreachable),
    ],
)
def test_attempts_are_used_up(fault: Fault, error: type[EndpointError]) -> None:
    with ChatServer(faults=lambda asked: fault) as server:
        with pytest.raises(error, match=r"3 attempts"):
            using(server.url, work=lambda client: said(client, "q"), attempts=3)
        assert len(server.asked) == 3


def test_an_error_inside_a_reply_of_status_200_counts_as_what_it_says() -> None:
    with ChatServer(faults=at_first(Fault(kind="inside", status=502))) as server:
        assert using(server.url, work=lambda client: said(client, "q"))[0] == "echo q"
    refused = at_first(Fault(kind="inside", status=400))
    with ChatServer(faults=refused) as server, pytest.raises(RequestRefused):
        using(server.url, work=lambda client: said(client, "q"))


def test_retry_after_holds_back_everybody() -> None:
    def busy(asked: Asked) -> Fault | None:
        return Fault(kind="status", status=429, retry_after="1") if asked.number == 0 else None

    async def all_of(client: OpenAIClient) -> None:
        first = asyncio.create_task(said(client, "first"))
        await asyncio.sleep(0.3)
        await asyncio.gather(first, *(said(client, f"q{number}") for number in range(5)))

    with ChatServer(faults=busy) as server:
        using(server.url, work=all_of)
        times = [asked.arrived for asked in server.asked]
    assert len(times) == 7
    assert min(times[1:]) - times[0] >= 0.95


def test_each_endpoint_is_tried_before_waiting() -> None:
    down = Fault(kind="status", status=500)
    with ChatServer(faults=lambda asked: down) as one, ChatServer() as two:

        async def many(client: OpenAIClient) -> list[str]:
            return [await said(client, f"q{number}") for number in range(20)]

        texts, ledger = using(one.url, two.url, work=many)
        assert texts == [f"echo q{number}" for number in range(20)]
        assert len(one.asked) <= 11  # after ten failures its circuit is open
        assert sum(two.counts.values()) == 20
        assert ledger["retries"] == len(one.asked)


def test_hundreds_of_calls_through_all_faults_end_and_none_is_asked_twice_after_success() -> None:
    mix = FaultMix(
        1,
        {
            "429": 0.05,
            "429_retry_after": 0.05,
            "500": 0.05,
            "503": 0.05,
            "reset": 0.05,
            "reset_body": 0.05,
            "slow": 0.02,
            "truncated": 0.03,
            "empty": 0.03,
            "garbage": 0.02,
        },
    )

    async def many(client: OpenAIClient) -> list[str]:
        return await asyncio.gather(*(said(client, f"q{number}") for number in range(300)))

    with ChatServer(faults=mix) as server:
        texts, ledger = using(server.url, work=many, concurrency=32, attempts=10)
        assert texts == [f"echo q{number}" for number in range(300)]
        assert max(server.answered.values()) == 1
        assert server.most_at_once <= 32
        assert ledger["retries"] == len(server.asked) - 300


@given(st.integers(0, 10_000), st.integers())
def test_backoff_has_full_jitter_under_a_bound_that_doubles(attempt: int, seed: int) -> None:
    assert 0 <= backoff(attempt, Random(seed)) <= min(LONGEST_DELAY, 0.5 * 2 ** min(attempt, 20))


def test_attempts_of_a_busy_server_are_more() -> None:
    attempts = Attempts(2, Random(0))
    delays = [attempts.next_delay(busy=True) for _ in range(6)]
    assert [delay is None for delay in delays] == [False] * 5 + [True]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": " 2.5 "}, 2.5),
        ({"retry-after": "-4"}, 0.0),
        ({"retry-after": "100000"}, LONGEST_RETRY_AFTER),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}, 0.0),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(header: dict[str, str], seconds: float | None) -> None:
    assert retry_after(header) == seconds


def test_retry_after_may_be_a_date() -> None:
    now = time.time()
    found = retry_after({"retry-after": formatdate(now + 30, usegmt=True)}, now)
    assert found == pytest.approx(30, abs=1)


@given(st.text())
def test_no_retry_after_breaks_anything(text: str) -> None:
    found = retry_after({"retry-after": text, "retry-after-ms": text})
    assert found is None or 0 <= found <= LONGEST_RETRY_AFTER


def test_statuses_that_may_pass() -> None:
    assert {status for status in range(400, 600) if may_pass(status)} == {
        408, 409, 425, 429, *range(500, 600),
    } - {501, 505}  # fmt: skip
