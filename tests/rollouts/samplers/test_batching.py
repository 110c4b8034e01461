"""How waiting rows become batches."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys.errors import GenesysError, SamplerError
from genesys.rollouts.samplers.batching import PATIENCE, BatchQueue, Mailbox, Row, padded_length


def row(name: str, prompt_tokens: int = 5, mailbox: Mailbox[str] | None = None) -> Row:
    async def new() -> Mailbox[str]:
        return Mailbox()

    return Row(
        prompt=tuple(range(prompt_tokens)),
        opened="",
        problem_id=name,
        sample_index=0,
        seed=0,
        max_tokens=8,
        mailbox=mailbox or asyncio.run(new()),
    )


def queue(batch_size: int = 4, idle_seconds: float = 0.01) -> BatchQueue:
    return BatchQueue(batch_size=batch_size, idle_seconds=idle_seconds)


def names(batch: tuple[int, list[Row]] | None) -> list[str]:
    assert batch is not None
    return [one.problem_id for one in batch[1]]


@given(st.integers(0, 100_000))
def test_every_prompt_has_padding_and_no_more_than_itself(tokens: int) -> None:
    assert tokens < padded_length(tokens) <= max(32, 2 * tokens)
    assert padded_length(tokens) <= padded_length(tokens + 1)


def test_padded_lengths_are_few() -> None:
    lengths = {padded_length(tokens) for tokens in range(4096)}
    assert sorted(lengths) == [32, 64, 128, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096]


def test_a_full_batch_leaves_in_the_order_of_arrival_and_the_rest_when_idle() -> None:
    waiting = queue()
    waiting.put(row(name) for name in "abcdef")
    assert names(waiting.take()) == list("abcd")
    assert names(waiting.take()) == list("ef")


def test_a_batch_holds_prompts_of_one_length() -> None:
    waiting = queue()
    waiting.put([row("a"), row("long", 40), row("b"), row("longer", 63)])
    assert {frozenset(names(waiting.take())) for _ in range(2)} == {
        frozenset("ab"),
        frozenset({"long", "longer"}),
    }


def test_a_partial_batch_waits_for_the_rows_that_are_just_coming() -> None:
    waiting = queue(idle_seconds=0.3)
    waiting.put([row("a")])
    late = threading.Timer(0.05, lambda: waiting.put([row("b")]))
    late.start()
    assert names(waiting.take()) == ["a", "b"]
    late.join()


def test_a_full_batch_of_others_overtakes_only_so_often() -> None:
    waiting = queue(batch_size=2, idle_seconds=60.0)
    waiting.put([row("rare", 40)])
    waiting.put(row(str(number)) for number in range(2 * PATIENCE + 4))
    left = [names(waiting.take()) for _ in range(PATIENCE + 1)]
    assert left[-1] == ["rare"]
    assert left[0] == ["0", "1"]


def test_rows_that_nobody_waits_for_leave_no_batch() -> None:
    waiting = queue()
    gone, kept = row("gone"), row("kept")
    waiting.put([gone, kept])
    gone.mailbox.abandoned = True
    assert names(waiting.take()) == ["kept"]


def test_closing_wakes_who_waits_gives_back_the_rows_and_takes_no_more() -> None:
    waiting = queue(idle_seconds=60.0)
    taken: list[object] = ["nothing yet"]
    taker = threading.Thread(target=lambda: taken.append(waiting.take()))
    taker.start()
    waiting.put([row("a")])
    time.sleep(0.02)
    assert [one.problem_id for one in waiting.close()] == ["a"]
    taker.join(timeout=5)
    assert taken[-1] is None
    assert not waiting.put([row("b")])
    assert waiting.close() == []


def test_a_mailbox_carries_items_and_errors_from_another_thread() -> None:
    async def receive() -> str:
        mailbox: Mailbox[str] = Mailbox()
        failure = SamplerError("broken", "Repair it.")
        items: list[str | GenesysError] = ["text", failure]
        sender = threading.Thread(target=lambda: list(map(mailbox.post, items)))
        sender.start()
        text = await mailbox.take()
        with pytest.raises(SamplerError, match="Repair it") as raised:
            await mailbox.take()
        sender.join()
        assert raised.value is not failure
        return text

    assert asyncio.run(receive()) == "text"


def test_post_to_a_loop_that_has_ended_is_dropped() -> None:
    kept = row("late")
    kept.mailbox.post("nobody reads this")
    assert kept.mailbox.abandoned
