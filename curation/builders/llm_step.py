"""LLM steps: a model is asked about candidates, and its replies are read with suspicion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from genesys.curation.builders.asking import ask
from genesys.curation.builders.candidate import Candidate, Outcome
from genesys.curation.builders.context import BuildContext
from genesys.curation.builders.prompt import Prompt
from genesys.curation.builders.stage import drop

AT_ONCE = 20_000
"""Candidates whose prompts and replies are in memory at a time; each such chunk has a run folder."""

_SHOWN = 3


class MalformedReply(Exception):
    """A reply that is not what was asked for: the step asks again, then drops the candidate."""


@dataclass(frozen=True, kw_only=True)
class LlmStep:
    """A stage that asks a model about each candidate that wants it; the others go on as they are.

    Attributes:
        name: Its name.
        prompt: What it asks.
        fields: The values of the prompt's fields for a candidate.
        read: What becomes of a candidate by a reply; raises `MalformedReply` where it is not to be read.
        wants: Whether a candidate is asked about.
        attempts: Replies asked for at most, while they are malformed.
        version: Moves whenever `fields`, `wants` or `read` can decide otherwise.
    """

    name: str
    prompt: Prompt
    fields: Callable[[Candidate], Mapping[str, str]]
    read: Callable[[Candidate, str], Outcome | Sequence[Outcome]]
    wants: Callable[[Candidate], bool] = lambda candidate: True
    attempts: int = 3
    version: str = "1"

    def run(self, candidates: Iterable[Candidate], context: BuildContext) -> Iterator[Outcome]:
        """Asks in chunks; a chunk that was asked by an interrupted build is read from its run folder."""
        remaining = iter(candidates)
        number = 0
        while chunk := list(islice(remaining, AT_ONCE)):
            if context.dry:
                yield from self._rendered(chunk, context)
            else:
                yield from self._asked(chunk, number, context)
            number += 1

    def _rendered(self, chunk: Sequence[Candidate], context: BuildContext) -> Iterator[Outcome]:
        """A dry run: prompts are kept to be shown, and whoever would be asked about is left out."""
        kept = context.prompts.setdefault(self.name, [])
        for candidate in chunk:
            if not self.wants(candidate):
                yield candidate
                continue
            if len(kept) < _SHOWN:
                kept.append(self.prompt.render(self.fields(candidate)))
            yield drop(candidate, "would_ask")

    def _asked(self, chunk: Sequence[Candidate], number: int, context: BuildContext) -> Iterator[Outcome]:
        pending = {one.candidate_id: one for one in chunk if self.wants(one)}
        outcomes: dict[str, Sequence[Outcome]] = {}
        faults: dict[str, str] = {}
        for attempt in range(self.attempts):
            if not pending:
                break
            for name, reply in self._replies(pending, number, attempt, context).items():
                try:
                    read = self.read(pending[name], reply)
                except MalformedReply as error:
                    faults[name] = f"{error}: {reply[:400]}"
                    continue
                outcomes[name] = read if isinstance(read, Sequence) else (read,)
                del pending[name]
        for candidate in chunk:
            name = candidate.candidate_id
            if name in pending:
                yield drop(candidate, f"{self.name}:malformed_reply", faults[name])
            else:
                yield from outcomes.get(name, (candidate,))

    def _replies(
        self, pending: Mapping[str, Candidate], number: int, attempt: int, context: BuildContext
    ) -> dict[str, str]:
        texts = {name: self.prompt.render(self.fields(one)) for name, one in pending.items()}
        folder = context.work / "asked" / f"{self.name}-{self.prompt.digest}-{number:04d}"
        return ask(
            texts, step=self.name, prompt=self.prompt.key, folder=folder, attempt=attempt, context=context
        )
