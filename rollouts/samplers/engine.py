"""The threads that take batches from the queue and put them through the model."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence

import torch
from transformers import PreTrainedModel

from genesys.errors import GenesysError, SamplerError
from genesys.rollouts.sampler import Sample
from genesys.rollouts.samplers.batching import BatchQueue, Row
from genesys.rollouts.samplers.local_model import LocalModel
from genesys.rollouts.samplers.sampling_loop import Batch, Drawn, LoopSettings

SMALL = 20_000_000
"""Parameters below which one thread serves a model best: Python's own work is most of each step."""

_log = logging.getLogger(__name__)


class Engine:
    """Computes batches in threads of its own, which start with the first rows.

    Args:
        model: Where the weights come from.
        settings: What all batches share.
        queue: Where batches come from.
        threads: Batches computed side by side on a CPU; None decides by the model's size.
        finish: Makes a sample of a row, its tokens and the Unix time its batch began.
    """

    def __init__(
        self,
        model: LocalModel,
        settings: LoopSettings,
        queue: BatchQueue,
        *,
        threads: int | None,
        finish: Callable[[Row, Drawn, float], Sample],
    ) -> None:
        self.settings = settings
        self._model, self._queue, self._threads, self._finish = model, queue, threads, finish
        self._workers: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._failure: GenesysError | None = None

    def submit(self, rows: Sequence[Row]) -> None:
        """Hands rows over; their samples come to their mailboxes.

        Raises:
            SamplerError: If the engine is closed or has failed.
        """
        with self._lock:
            if not self._workers and not self._stop.is_set():
                self._start(self._first_worker)
        if not self._queue.put(rows):
            failure = self._failure or _closed()
            raise type(failure)(failure.fault, failure.remedy) from failure

    async def aclose(self) -> None:
        """Ends all threads; rows in flight get an error. Idempotent."""
        self._end(_closed())
        for worker in self._workers:
            await asyncio.to_thread(worker.join)

    def _start(self, target: Callable[[], None]) -> None:
        worker = threading.Thread(target=target, name="genesys-sampler", daemon=True)
        self._workers.append(worker)
        worker.start()

    def _first_worker(self) -> None:
        cores = torch.get_num_threads()
        try:
            model = self._model.load()
        except Exception as error:  # noqa: BLE001 - the boundary: whatever it is, all who wait must know
            self._end(_classified(error))
            return
        parameters = sum(weights.numel() for weights in model.parameters())
        threads = self._threads or (1 if parameters < SMALL else cores)
        if model.device.type != "cpu":
            threads = 1
        _log.info("%d parameters on %s, %d batches side by side", parameters, model.device, threads)
        with self._lock:
            for _ in range(threads - 1):
                self._start(lambda: self._work(model))
        self._work(model)

    def _work(self, model: PreTrainedModel) -> None:
        _one_torch_thread_here()
        while (batch := self._queue.take()) is not None:
            length, rows = batch
            try:
                self._compute(model, length, rows)
            except Exception as error:  # noqa: BLE001 - the boundary: what torch raised reaches all who wait
                _log.debug("a batch of %d rows failed", len(rows), exc_info=True)
                self._end(_classified(error), rows)

    def _compute(self, model: PreTrainedModel, length: int, rows: list[Row]) -> None:
        started_at = time.time()
        missing = dict.fromkeys(rows)

        def deliver(row: Row, drawn: Drawn) -> None:
            del missing[row]
            row.mailbox.post(self._finish(row, drawn, started_at))

        Batch(model, self.settings, length, rows).run(deliver, self._stop)
        for row in missing:  # stopped, or abandoned by who asked
            row.mailbox.post(self._failure or _closed())

    def _end(self, error: GenesysError, rows: Sequence[Row] = ()) -> None:
        """Stops everything and tells everybody who waits why."""
        with self._lock:
            self._failure = self._failure or error
            self._stop.set()
        for row in (*rows, *self._queue.close()):
            row.mailbox.post(self._failure)


def _one_torch_thread_here() -> None:
    """Sets torch to one thread in this thread only.

    torch keeps the number for each thread, and a global one that new threads start with.
    """
    before = torch.get_num_threads()
    restore = threading.Thread(target=torch.set_num_threads, args=(before,))
    torch.set_num_threads(1)
    restore.start()
    restore.join()


def _closed() -> SamplerError:
    return SamplerError("the sampler is closed", "Make a new one for what it did not sample.")


def _classified(error: Exception) -> GenesysError:
    if isinstance(error, GenesysError):
        return error
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return SamplerError("the model ran out of memory", "Give a smaller batch_size or max_tokens.")
    return SamplerError(f"the model failed: {type(error).__name__}: {error}")
