"""The judges of one event loop: their clients, the cache in front of them, and who is waiting for what.

A grader's loop has one service for each configuration. It lives until the grader closes; a forked child leaves
its parent's alone and makes its own.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from genesys.rewards.judging import ledger as ledgers
from genesys.rewards.judging.cache import JudgementCache
from genesys.rewards.judging.config_file import JudgeConfig
from genesys.rewards.judging.configuration import VARIABLE, judge_config
from genesys.rewards.judging.conversation import Judge
from genesys.rewards.judging.question import JudgeFailed, Question
from genesys.rewards.judging.replies import Judgement

T = TypeVar("T")

_AHEAD = 4
"""Completions that are rendered at a time for each request that may be in flight: the others wait as they are."""


class JudgeService:
    """Answers questions from the cache or by asking.

    Args:
        config: The judges and the place of the cache.

    Raises:
        ConfigurationError: If the cache cannot be used.
    """

    def __init__(self, config: JudgeConfig) -> None:
        self.config = config
        self._cache = JudgementCache(config.cache)
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="genesys-judgements")
        self._judges: dict[str, Judge] = {}
        self._running: dict[str, asyncio.Task[Judgement]] = {}
        widest = max(server.client.concurrency for server in config.servers.values())
        self.room = asyncio.Semaphore(_AHEAD * widest)

    async def ask(self, question: Question) -> Judgement:
        """The judgement of a question; who asks the same at the same time waits for the same answer.

        Raises:
            JudgeFailed: If there is none; nothing of that is kept.
        """
        ledger = ledgers.judge_ledger()
        ledger.count("questions")
        task = self._running.get(question.key)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._answer(question))
            self._running[question.key] = task
            task.add_done_callback(lambda done: self._finished(question.key, done))
        else:
            ledger.count("shared")
        try:
            return await asyncio.shield(task)
        except JudgeFailed:
            ledger.count("failed")
            raise

    def _finished(self, key: str, task: asyncio.Task[Judgement]) -> None:
        self._running.pop(key, None)
        if not task.cancelled():
            task.exception()  # looked at, also where nobody waits any more

    async def _answer(self, question: Question) -> Judgement:
        ledger = ledgers.judge_ledger()
        stored = await self._on_disk(lambda: self._cache.get(question.key))
        if stored is not None:
            ledger.count("cached")
            return Judgement(**stored)
        answered = await self._judge(question.model).answer(question)
        ledger.count("judged", *(["repaired"] if answered.repaired else []))
        kept = await self._on_disk(
            lambda: self._cache.put(
                question.key,
                answered.judgement.to_row(),
                model=question.model,
                rubric=question.rubric.key,
                reply=answered.reply,
            )
        )
        return Judgement(**kept)

    async def _on_disk(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, work)

    def _judge(self, model: str) -> Judge:
        if model not in self._judges:
            from genesys.openai_client import OpenAIClient

            server = self.config.servers.get(model)
            if server is None:
                raise JudgeFailed("judge_unconfigured", model=model, configured=sorted(self.config.servers))
            client = OpenAIClient(server.client)
            ledgers.judge_ledger().follow(client.ledger)
            self._judges[model] = Judge(client, server.schema, stream=server.stream)
        return self._judges[model]

    async def aclose(self) -> None:
        """Closes connections and the cache; idempotent."""
        for judge in self._judges.values():
            await judge.client.aclose()
        self._judges.clear()
        self._disk.shutdown()
        self._cache.close()


_services: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, JudgeService]] = WeakKeyDictionary()
_inherited: list[Any] = []


def judge_service() -> JudgeService | None:
    """The service of the running loop, made when first asked for; None where no judge is configured.

    Raises:
        ConfigurationError: If the configuration or the cache cannot be used.
    """
    config = judge_config()
    if config is None:
        return None
    services = _services.setdefault(asyncio.get_running_loop(), {})
    value = os.environ[VARIABLE]
    if value not in services:
        services[value] = JudgeService(config)
    return services[value]


async def close_services() -> None:
    """Closes the services of the running loop."""
    for service in _services.pop(asyncio.get_running_loop(), {}).values():
        await service.aclose()


def _leave_to_the_parent() -> None:
    """In a forked child: connections and the open cache are the parent's, and must not be closed here."""
    global _services
    _inherited.append(dict(_services))
    _services = WeakKeyDictionary()
    ledgers.start_anew()


os.register_at_fork(after_in_child=_leave_to_the_parent)
