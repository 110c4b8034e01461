from __future__ import annotations

import asyncio
import gc
import time
import weakref

import pytest

from genesys.rewards.grading.turns import SLICE_SECONDS, Turns


def test_work_is_done_in_order_and_its_errors_reach_who_asked() -> None:
    done: list[int] = []

    async def ask() -> list[object]:
        turns: Turns[object] = Turns()

        def work(number: int) -> int:
            if number == 2:
                raise ValueError(number)
            done.append(number)
            return number

        asked = (turns.run(lambda number=number: work(number)) for number in range(5))  # type: ignore[misc]  # a default argument binds the number
        return await asyncio.gather(*asked, return_exceptions=True)

    answers = asyncio.run(ask())
    assert done == [0, 1, 3, 4]
    assert isinstance(answers[2], ValueError)


def test_others_get_their_turn_between_slices() -> None:
    async def ask() -> int:
        turns: Turns[None] = Turns()
        beats = 0
        work = asyncio.gather(*(turns.run(lambda: time.sleep(SLICE_SECONDS)) for _ in range(20)))
        while not work.done():
            beats += 1
            await asyncio.sleep(0)
        return beats

    assert asyncio.run(ask()) >= 20


def test_who_gives_up_is_passed_over() -> None:
    done: list[str] = []

    async def ask() -> None:
        turns: Turns[None] = Turns()
        first = asyncio.create_task(turns.run(lambda: done.append("first")))
        second = asyncio.create_task(turns.run(lambda: done.append("second")))
        await asyncio.sleep(0)
        first.cancel()
        await second
        with pytest.raises(asyncio.CancelledError):
            await first

    asyncio.run(ask())
    assert done == ["second"]


def test_a_closed_loop_is_forgotten() -> None:
    turns: Turns[int] = Turns()

    async def ask() -> weakref.ref[asyncio.AbstractEventLoop]:
        await turns.run(lambda: 1)
        await asyncio.sleep(0)
        return weakref.ref(asyncio.get_running_loop())

    loop = asyncio.run(ask())
    gc.collect()
    assert loop() is None
