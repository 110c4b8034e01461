"""Asks servers for the samples of a request, and again where that may help."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from genesys.errors import EndpointError, EndpointUnreachable, RequestRefused, SamplerError
from genesys.openai_client import ClientSettings, OpenAIClient
from genesys.rollouts.repetition import RepetitionRule
from genesys.rollouts.sampler import Sample, SampleRequest
from genesys.rollouts.samplers.server_bodies import Batch, Bodies, batches_of
from genesys.rollouts.samplers.server_merging import merged
from genesys.rollouts.samplers.server_prompts import Prompts
from genesys.rollouts.samplers.server_refusals import Refusals
from genesys.rollouts.samplers.server_replies import Draft, drafts_of, prompt_tokens
from genesys.rollouts.samplers.server_samples import Finisher
from genesys.rollouts.samplers.server_streams import Stream
from genesys.rollouts.samplers.server_tasks import Task, Tasks

logger = logging.getLogger(__name__)


class Asker:
    """What the server sampler does once it knows its server.

    Args:
        settings: Of the client.
        bodies: Builds the JSON of requests.
        context: Tokens of prompt and completion at most, where the server says it.
        opens: What the chat template ends a prompt with, or None to ask the server.
        together: Whether one request may ask for several samples.
        rule: Ends samples that fall into repetition.

    Attributes:
        client: The client.
    """

    def __init__(
        self,
        settings: ClientSettings,
        bodies: Bodies,
        context: int | None,
        *,
        opens: str | None,
        together: bool,
        rule: RepetitionRule | None,
    ) -> None:
        self.client = OpenAIClient(settings)
        self._stream = bodies.stream
        self._rule = rule
        self._together = together
        prompts = Prompts(self.client, bodies.model, bodies.extra, opens)
        self._tasks = Tasks(bodies, prompts)
        self._refusals = Refusals(self.client, bodies, prompts, context)
        self._finisher = Finisher(keep_tokens=bodies.keep_tokens)
        self._closed = False

    async def samples(self, request: SampleRequest) -> AsyncGenerator[Sample]:
        """Yields the samples of a request as they end.

        Raises:
            SamplerError: If this is closed, or nothing can go on.
        """
        if self._closed:
            raise SamplerError("the sampler is closed")
        batches = [
            self._samples(request.problem_id, one) for one in batches_of(request, together=self._together)
        ]
        async with aclosing(merged(batches)) as samples:
            async for sample in samples:
                yield sample

    async def aclose(self) -> None:
        """Closes the connections; idempotent."""
        self._closed = True
        await self.client.aclose()

    async def _samples(self, problem_id: str, batch: Batch, attempt: int = 0) -> AsyncGenerator[Sample]:
        """The samples of a batch; what is missing after it is asked again where that may help."""
        done: list[int] = []
        try:
            async with aclosing(self._asked(problem_id, batch)) as samples:
                async for sample in samples:
                    done.append(sample.sample_index)
                    yield sample
            rest = self._missing(batch, done)
        except EndpointError as error:
            rest = await self._after(error, batch, done, attempt)
            if rest is None:
                logger.warning("problem %.80s: %s", problem_id, error.fault)
        if rest is None:
            for index in batch.indices:
                if index not in done:
                    yield self._finisher.failed(problem_id, index)
        elif rest:
            again = [self._samples(problem_id, one, attempt + 1) for one in rest]
            async with aclosing(merged(again)) as samples:
                async for sample in samples:
                    yield sample

    async def _asked(self, problem_id: str, batch: Batch) -> AsyncGenerator[Sample]:
        """The samples of one request, as they end."""
        started_at = time.time()
        task = await self._tasks.of(batch)
        if task.max_tokens < 1:
            yield self._finisher.failed(problem_id, batch.indices[0], task.prompt_tokens)
            return
        async with aclosing(self._drafts(task, len(batch.indices))) as drafts:
            async for place, draft, prompt in drafts:
                if place < len(batch.indices):  # else more than was asked for
                    index = batch.indices[place]
                    yield self._finisher.sample(problem_id, index, started_at, draft, task, prompt)

    async def _drafts(self, task: Task, count: int) -> AsyncGenerator[tuple[int, Draft, int | None]]:
        """Each choice of one request: its place, what came, and the tokens of the prompt."""
        if not self._stream:
            reply = await self.client.post(task.path, task.body)
            for place, draft in enumerate(drafts_of(reply, task.max_tokens)):
                yield place, draft, prompt_tokens(reply)
            return
        stream = Stream(count, task.max_tokens, self._rule)
        async with aclosing(stream.samples(self.client.stream(task.path, task.body))) as drafts:
            async for place, draft in drafts:
                yield place, draft, stream.prompt_tokens

    def _missing(self, batch: Batch, done: Sequence[int]) -> list[Batch] | None:
        """What a reply left out: nothing, or all samples but one where the server ignores `n`."""
        rest = list(batch.without(done))
        if not done:
            return None
        if rest and self._together:
            logger.warning("the server ignores n: samples are asked for one by one from now on")
            self._together = False
        return rest

    async def _after(
        self, error: EndpointError, batch: Batch, done: Sequence[int], attempt: int
    ) -> list[Batch] | None:
        """What to ask again after an error, or None where it will not help.

        Raises:
            SamplerError: If nothing can go on.
        """
        if isinstance(error, RequestRefused):
            rest = await self._refusals.after(error, batch)
            self._together = self._together and not self._refusals.n_refused
            return rest
        if isinstance(error, EndpointUnreachable) and error.down:
            raise SamplerError(error.fault, error.remedy) from error
        again = isinstance(error, EndpointUnreachable) and error.broken
        return list(batch.without(done)) if again and attempt < self.client.settings.attempts else None
