"""From drafts to samples: canonical text, tokens of prefix and continuation, and what was promised."""

from __future__ import annotations

import time

from genesys.errors import SamplerError
from genesys.rollouts.sampler import Sample
from genesys.rollouts.samplers.server_replies import Draft
from genesys.rollouts.samplers.server_tasks import Task
from genesys.rollouts.samplers.server_text import Canonical
from genesys.schema import canonical_text


class Finisher:
    """Makes samples of drafts.

    Args:
        keep_tokens: Whether token ids and log-probabilities are promised.
    """

    def __init__(self, *, keep_tokens: bool) -> None:
        self._keep_tokens = keep_tokens
        self._canonical = Canonical()

    def sample(
        self, problem_id: str, index: int, started_at: float, draft: Draft, task: Task, prompt: int | None
    ) -> Sample:
        """The sample of a draft.

        Raises:
            SamplerError: If tokens are promised and the server sends none.
        """
        token_ids, logprobs = self._tokens(draft, task)
        return Sample(
            problem_id=problem_id,
            sample_index=index,
            text=self._text(draft, task),
            finish_reason=draft.finish,
            prompt_tokens=prompt if task.prompt_tokens is None else task.prompt_tokens,
            completion_tokens=None if draft.count is None else len(task.said) + draft.count,
            token_ids=token_ids,
            logprobs=logprobs,
            started_at=started_at,
            seconds=time.time() - started_at,
        )

    def failed(self, problem_id: str, index: int, prompt: int | None = None) -> Sample:
        """The sample of a request that came to nothing."""
        return Sample(
            problem_id=problem_id,
            sample_index=index,
            text="",
            finish_reason="error",
            prompt_tokens=prompt,
            completion_tokens=0,
            token_ids=() if self._keep_tokens else None,
            logprobs=() if self._keep_tokens else None,
            started_at=time.time(),
        )

    def _text(self, draft: Draft, task: Task) -> str:
        if task.prefix is None:
            return self._canonical.text(draft, task.opened)
        return canonical_text(task.prefix.text + "".join(draft.content))

    def _tokens(self, draft: Draft, task: Task) -> tuple[tuple[int, ...] | None, tuple[float, ...] | None]:
        if not self._keep_tokens or draft.finish == "error":
            return ((), ()) if self._keep_tokens else (None, None)
        if draft.token_ids is None or draft.logprobs is None:
            missing = "token ids" if draft.token_ids is None else "log-probabilities"
            raise SamplerError(
                f"the server sends no {missing}, which keep_tokens asks for",
                "vLLM's server does; with others, leave keep_tokens out.",
            )
        if task.prefix is None:
            return tuple(draft.token_ids), tuple(draft.logprobs)
        if task.prefix.token_ids is None:
            return None, None
        before = task.prefix.logprobs or ()
        whole = len(before) == len(task.said)
        logprobs = (*before, *draft.logprobs) if whole else None
        return (*task.prefix.token_ids, *draft.token_ids), logprobs
