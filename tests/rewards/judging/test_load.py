"""Judgements in bulk against a judge that misbehaves, and the cache under several processes."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from grader_children import verify_in_child
from judge_rig import MisbehavingJudge, misbehaving_server, run_load
from judge_stub import Start, question, reply_json, shown_to

from genesys.errors import ConfigurationError
from genesys.rewards import Grader
from genesys.rewards.judging import judge_ledger
from genesys.rewards.judging.cache import FILE, JudgementCache


@pytest.mark.parametrize("stream", [False, True])
def test_nothing_is_made_up_asked_twice_or_out_of_place(tmp_path: Path, stream: bool) -> None:
    judge = MisbehavingJudge(7)
    settings = {"concurrency": 16, "timeout": 120, "stream": stream}
    with misbehaving_server(judge) as server:
        first = run_load(range(200), tmp_path, settings=settings, server=server, judge=judge)
        again = run_load(range(200), tmp_path, settings=settings, server=server, judge=judge)
    assert first.scored + first.unscorable.total() == 200
    assert set(first.unscorable) <= {"judge_unparseable", "judge_unreachable"}
    assert first.scored > 150 and again.scored >= first.scored
    assert first.requests > 250  # it did misbehave
    assert first.fabricated == first.disordered == again.fabricated == again.asked_twice == 0
    assert again.requests < first.requests / 4
    assert server.most_at_once <= 16


def test_limits_hold_at_the_server(judge: Start, grader: Grader) -> None:
    server = judge(settings="concurrency = 3\nrequests_per_minute = 600", seconds=0.02)
    grader.verify_batch([question(number=number) for number in range(30)], ["blue light"] * 30)
    assert server.most_at_once <= 3
    assert server.most_in(1.0) <= 20  # ten a second, and what a second may save up


def test_one_question_is_asked_once_by_all_who_ask_at_the_same_time(judge: Start, grader: Grader) -> None:
    server = judge(seconds=0.2)
    before = judge_ledger().snapshot()

    async def together() -> list[float | None]:
        verdicts = await grader.averify_batch([question()] * 50, ["blue light"] * 50)
        return [verdict.score for verdict in verdicts]

    assert asyncio.run(together()) == [0.5] * 50
    after = judge_ledger().snapshot()
    assert len(server.asked) == 1
    assert after["shared"] - before["shared"] == 49
    assert after["judged"] - before["judged"] == 1


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # forking with threads is what is tested
def test_a_noisy_judge_gives_all_processes_one_float(judge: Start, grader: Grader, method: str) -> None:
    points = iter(range(10, 90))
    server = judge(lambda asked, index: reply_json(shown_to(asked), next(points)))
    content = grader.verify(question(), "blue light").content()
    context: Any = multiprocessing.get_context(method)
    queue = context.Queue()
    children = [
        context.Process(target=verify_in_child, args=(queue, question(), "blue light", None))
        for _ in range(2)
    ]
    for child in children:
        child.start()
    assert [queue.get(timeout=60) for _ in children] == [content] * 2
    for child in children:
        child.join()
    assert len(server.asked) == 1
    assert grader.verify(question(number=1), "blue light").scorable  # the parent's connections live on


def test_the_first_to_store_wins(tmp_path: Path) -> None:
    one, other = JudgementCache(tmp_path), JudgementCache(tmp_path)
    stored = {"points": 10.0, "word": None, "explanation": ""}
    about = {"model": "m", "rubric": "r", "reply": "{}"}
    assert one.get("key") is None
    assert one.put("key", stored, **about) == stored
    assert other.put("key", {**stored, "points": 90.0}, **about) == stored
    assert other.get("key") == stored and len(one) == 1
    one.close()
    one.close()
    other.close()


def test_a_cache_that_breaks_costs_calls_and_no_verdict(judge: Start, grader: Grader, place: Path) -> None:
    server = judge()
    assert grader.verify(question(), "blue light").score == 0.5
    with sqlite3.connect(place / "judge" / FILE) as database:
        database.execute("DROP TABLE judgements")
    database.close()
    assert grader.verify(question(), "blue light").score == 0.5
    assert grader.verify(question(number=1), "blue light").score == 0.5
    assert len(server.asked) == 3


def test_a_folder_that_cannot_hold_a_cache_is_said_at_once(judge: Start, place: Path) -> None:
    judge()
    place.mkdir()
    (place / "judge").write_text("a file")
    with pytest.raises(ConfigurationError, match="cannot be kept"):
        Grader().verify(question(), "blue light")
    assert os.environ["GENESYS_CACHE"] == str(place)
