"""From requests to rows and back: what every sampler in this process does around its model."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from genesys.errors import ConfigurationError
from genesys.rollouts.sampler import Prefix, Sample, SampleRequest
from genesys.rollouts.samplers.batching import Mailbox, Row
from genesys.schema import Sampling, canonical_text

if TYPE_CHECKING:
    from genesys.rollouts.samplers.local_model import LocalModel
    from genesys.rollouts.samplers.sampling_loop import Drawn


class LocalRows:
    """Makes rows of requests and samples of rows.

    Args:
        model: Its tokenizer and chat template.
        sampling: Settings of every sample.
        plain: Join the messages' contents by blank lines instead of using the chat template.
        keep_tokens: Whether samples carry `token_ids` and `logprobs`.
    """

    def __init__(self, model: LocalModel, sampling: Sampling, *, plain: bool, keep_tokens: bool) -> None:
        self._model, self._sampling = model, sampling
        self._plain, self._keep_tokens = plain, keep_tokens
        self._eos = model.eos

    def rows_of(self, request: SampleRequest, mailbox: Mailbox[Sample], *, context: int) -> list[Row]:
        """One row for each index of a request; one with `len(row.said) >= row.max_tokens` has no room.

        Args:
            request: The request.
            mailbox: Where the samples go.
            context: Tokens of prompt and completion at most.

        Raises:
            ConfigurationError: If the prompt cannot be rendered.
        """
        prompt, opened = self._model.render(request.messages, plain=self._plain, opening=request.opening)
        most = min(self._sampling.max_tokens, context - len(prompt))
        prefixes = request.prefix or (None,) * len(request.sample_indices)
        rows = []
        for index, seed, prefix in zip(request.sample_indices, request.seeds, prefixes, strict=True):
            said, logprobs, text = self._said(prefix, opened)
            rows.append(
                Row(
                    prompt=prompt,
                    opened=opened,
                    problem_id=request.problem_id,
                    sample_index=index,
                    seed=seed,
                    max_tokens=most,
                    mailbox=mailbox,
                    said=said,
                    said_logprobs=logprobs,
                    said_text=text,
                )
            )
        return rows

    def sample_of(self, row: Row, drawn: Drawn, started_at: float) -> Sample:
        """The sample that a row became."""
        tokens = drawn.token_ids
        ended = drawn.finish_reason == "stop" and tokens[-1] in self._eos
        content = self._model.decode(tokens[:-1] if ended else tokens)
        for end in self._sampling.stop:
            content = content.partition(end)[0]
        text = canonical_text(content, opened=row.opened)
        if row.said_text is not None:  # as it was, whatever the tokenizer makes of it
            text = row.said_text + content[len(self._model.decode(row.said)) :]
        kept = self._keep_tokens and row.said_text is None
        whole = drawn.logprobs is not None and len(drawn.logprobs) == len(tokens)
        return Sample(
            problem_id=row.problem_id,
            sample_index=row.sample_index,
            text=text,
            finish_reason=drawn.finish_reason,
            prompt_tokens=len(row.prompt),
            completion_tokens=len(tokens),
            token_ids=tuple(tokens) if kept else None,
            logprobs=tuple(drawn.logprobs or ()) if kept and whole else None,
            started_at=started_at,
            seconds=time.time() - started_at,
        )

    def failed(self, row: Row, started_at: float | None = None) -> Sample:
        """The sample of a row that nothing became of."""
        began = time.time() if started_at is None else started_at
        return Sample(
            problem_id=row.problem_id,
            sample_index=row.sample_index,
            text=canonical_text("", opened=row.opened),
            finish_reason="error",
            prompt_tokens=len(row.prompt),
            completion_tokens=0,
            token_ids=() if self._keep_tokens else None,
            logprobs=() if self._keep_tokens else None,
            started_at=began,
            seconds=time.time() - began,
        )

    def _said(
        self, prefix: Prefix | None, opened: str
    ) -> tuple[tuple[int, ...], tuple[float, ...], str | None]:
        """What a row goes on from: tokens, their log-probabilities, and the text they were made from."""
        if prefix is None:
            return (), (), None
        if prefix.token_ids is None:
            return self._model.encode(prefix.after(opened)), (), prefix.text
        return prefix.token_ids, (prefix.logprobs or ()) if self._keep_tokens else (), None


def check_sampling(sampling: Sampling) -> None:
    """Refuses settings that no token could be drawn with.

    Raises:
        ConfigurationError: Naming the setting and its value.
    """
    faults = {
        f"temperature must be a number from 0, not {sampling.temperature}": not sampling.temperature >= 0,
        f"top_p must lie in (0, 1], not {sampling.top_p}": not 0 < sampling.top_p <= 1,
        f"top_k must be 0 or more, not {sampling.top_k}": sampling.top_k < 0,
        f"max_tokens must be 1 or more, not {sampling.max_tokens}": sampling.max_tokens < 1,
        "a stop text must not be empty": "" in sampling.stop,
    }
    for fault, found in faults.items():
        if found:
            raise ConfigurationError(fault)
