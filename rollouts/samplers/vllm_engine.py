"""vLLM's asynchronous engine, in a thread with an event loop of its own.

vLLM's engine lives on one event loop. Who asks may sit on any, and on one after another; a slow moment
there does not hold up the engine, and the engine's start, which takes from seconds to many minutes, holds
up nobody.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from genesys.errors import GenesysError, SamplerError
from genesys.rollouts.samplers.local_rows import LocalRows
from genesys.rollouts.samplers.vllm_arguments import engine_environment, require_vllm
from genesys.rollouts.samplers.vllm_asks import Ask

_TASKS_END_WITHIN = 10.0
"""Seconds that requests and vLLM's own tasks have to end once they are cancelled."""

_log = logging.getLogger(__name__)


@dataclass
class Traffic:
    """What went through an engine.

    Attributes:
        requests: Requests to vLLM.
        samples: Samples that came of them.
    """

    requests: int = 0
    samples: int = 0


class VllmEngine:
    """Starts with the first request, and goes through many at once.

    Args:
        arguments: vLLM's engine arguments.
    """

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self.traffic = Traffic()
        self._arguments = arguments
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = asyncio.Event()
        self._started: Future[int] = Future()
        self._failure: GenesysError | None = None
        self._engine: Any = None

    async def context(self) -> int:
        """Tokens of prompt and completion at most; waits for the engine, and starts it where it is not.

        Raises:
            SamplerError: If it cannot start, is closed or has died.
        """
        with self._lock:
            self._raise_failure()
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._run, args=(self._loop,), name="genesys-vllm", daemon=True
                )
                self._thread.start()
        try:
            return await asyncio.shield(asyncio.wrap_future(self._started))
        except GenesysError as error:
            raise type(error)(error.fault, error.remedy) from error

    def submit(self, asks: Iterable[Ask], local: LocalRows) -> list[Future[None]]:
        """Hands requests over; their samples come to the rows' mailboxes. Cancelling one ends its request.

        Args:
            asks: The requests.
            local: Makes samples of their rows.

        Raises:
            SamplerError: If the engine is closed or has died.
        """
        with self._lock:
            self._raise_failure()
            if self._loop is None:
                raise RuntimeError("submit comes after context")
            return [asyncio.run_coroutine_threadsafe(self._serve(ask, local), self._loop) for ask in asks]

    async def aclose(self) -> None:
        """Ends the engine; requests in flight get an error. Idempotent.

        An engine that is still starting is not waited for: it ends when it has started, or with the process.
        """
        with self._lock:
            self._failure = self._failure or _closed()
            thread, loop = self._thread, self._loop
            if thread is None or loop is None:
                return
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._closing.set)
        if self._started.done():
            await asyncio.to_thread(thread.join)
        else:
            _refuse(self._started, self._failure)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise type(self._failure)(self._failure.fault, self._failure.remedy) from self._failure

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        """The thread."""
        asyncio.set_event_loop(loop)
        loop.run_until_complete(self._live())
        with self._lock:  # nobody submits to a loop that has ended: there is a failure by now
            loop.close()

    async def _live(self) -> None:
        began = time.monotonic()
        try:
            with engine_environment(self._arguments):
                self._engine = start(self._arguments)
            context = int(self._engine.model_config.max_model_len)
            _log.info("vLLM started in %.0f s, context %d", time.monotonic() - began, context)
            if not self._started.done():
                self._started.set_result(context)
        except Exception as error:  # noqa: BLE001 - the boundary: whatever it is, all who wait must know
            _log.debug("vLLM did not start", exc_info=True)
            self._failure = self._failure or _not_started(error)
            _refuse(self._started, self._failure)
        await self._closing.wait()
        await self._end()

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=_TASKS_END_WITHIN)
        if self._engine is not None:
            self._engine.shutdown()
            self._engine = None  # its destructor must not run when half of Python is gone
        _log.info("vLLM ended after %d requests, %d samples", self.traffic.requests, self.traffic.samples)

    async def _serve(self, ask: Ask, local: LocalRows) -> None:
        """One request, from vLLM's queue to its samples in the mailbox."""
        dead = require_vllm("vllm.v1.engine.exceptions").EngineDeadError
        mailbox, began = ask.rows[0].mailbox, time.time()
        try:
            await self._generate(ask, local, began)
        except asyncio.CancelledError:
            mailbox.post(self._failure or _closed())
            raise
        except dead as error:
            self._failure = self._failure or _died(error)
            mailbox.post(self._failure)
        except Exception as error:  # noqa: BLE001 - the boundary: one request that fails is data
            _log.warning("vLLM failed one request: %s: %s", type(error).__name__, error)
            for growing in ask.growing:
                if not growing.done:
                    mailbox.post(local.failed(growing.row, began))

    async def _generate(self, ask: Ask, local: LocalRows, began: float) -> None:
        self.traffic.requests += 1
        stream = self._engine.generate(
            {"prompt_token_ids": ask.prompt}, ask.params(), f"genesys-{uuid.uuid4().hex}"
        )
        async with aclosing(stream):  # leaving early ends the request in vLLM
            async for output in stream:
                for part in output.outputs:
                    growing = ask.growing[part.index]
                    drawn = growing.take(part)
                    if drawn is not None:
                        self.traffic.samples += 1
                        growing.row.mailbox.post(local.sample_of(growing.row, drawn, began))
                if all(growing.done for growing in ask.growing):
                    return


def start(arguments: Mapping[str, Any]) -> Any:
    """Starts vLLM's engine; it takes from seconds to many minutes."""
    made = require_vllm("vllm.engine.arg_utils").AsyncEngineArgs(**arguments)
    return require_vllm("vllm.v1.engine.async_llm").AsyncLLM.from_engine_args(made)


def _refuse(started: Future[int], failure: GenesysError) -> None:
    if not started.done():
        started.set_exception(failure)


def _closed() -> SamplerError:
    return SamplerError("the sampler is closed", "Make a new one for what it did not sample.")


def _died(error: Exception) -> SamplerError:
    return SamplerError(
        f"vLLM's engine died: {error}",
        "Its own last words stand above (VLLM_LOGGING_LEVEL=INFO shows more). Where memory ran out, lower "
        "gpu_memory_utilization or max_num_seqs. Then run the same command again: it goes on.",
    )


def _not_started(error: Exception) -> SamplerError:
    words = str(error).strip().split("\n")
    return SamplerError(
        f"vLLM's engine did not start: {type(error).__name__}: {words[0]}",
        "The reason stands above, or shows with VLLM_LOGGING_LEVEL=INFO. Usual ones: another process holds the "
        "GPU's memory (gpu_memory_utilization), the context is too long for it (max_model_len), or the model "
        "needs more GPUs (tensor_parallel_size).",
    )
