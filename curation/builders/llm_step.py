"""LLM steps: a model is asked about candidates, and its replies are read with suspicion."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from genesys.curation.builders.asking import ask
from genesys.curation.builders.candidate import Candidate, Dropped, Outcome
from genesys.curation.builders.context import BuildContext
from genesys.curation.builders.prompt import Prompt
from genesys.curation.builders.stage import drop

AT_ONCE = 20_000
"""Candidates whose prompts and replies are in memory at a time; each such chunk has a run folder."""

BYTES_AT_ONCE = 256 << 20
"""Of such a chunk, as JSON: problems with their tests are large."""

LONGEST_REPLY = 50_000
"""Characters; a longer reply is malformed, whatever it says."""

_REFUSAL = re.compile(
    r"\s{0,9}(i['’]m sorry|i am sorry|sorry,|i (can['’]t|cannot|can not)|as an ai\b|unfortunately)",
    re.IGNORECASE,
)

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
        adds: The suffix of the candidate that a reply adds beside the one asked about, such as "rust": where no
            reply can be read, the one asked about goes on, and only what would have been added is dropped.
            Empty where a reply decides about the candidate itself.
        version: Moves whenever `fields`, `wants` or `read` can decide otherwise.
    """

    name: str
    prompt: Prompt
    fields: Callable[[Candidate], Mapping[str, str]]
    read: Callable[[Candidate, str], Outcome | Sequence[Outcome]]
    wants: Callable[[Candidate], bool] = lambda candidate: True
    attempts: int = 3
    adds: str = ""
    version: str = "1"

    def run(self, candidates: Iterable[Candidate], context: BuildContext) -> Iterator[Outcome]:
        """Asks in chunks; a chunk that was asked by an interrupted build is read from its run folder."""
        for number, chunk in enumerate(_chunks(candidates)):
            if context.dry:
                yield from self._rendered(chunk, context)
            else:
                yield from self._asked(chunk, number, context)

    def _rendered(self, chunk: Sequence[Candidate], context: BuildContext) -> Iterator[Outcome]:
        """A dry run: prompts are kept to be shown, and whoever would be asked about is left out."""
        kept = context.prompts.setdefault(self.name, [])
        for candidate in chunk:
            if not self.wants(candidate):
                yield candidate
                continue
            if len(kept) < _SHOWN:
                kept.append(self.prompt.render(self.fields(candidate)))
            yield from self._without_reply(candidate, "would_ask")

    def _asked(self, chunk: Sequence[Candidate], number: int, context: BuildContext) -> Iterator[Outcome]:
        pending = {one.candidate_id: one for one in chunk if self.wants(one)}
        outcomes: dict[str, Sequence[Outcome]] = {}
        faults: dict[str, str] = {}
        for attempt in range(self.attempts):
            if not pending:
                break
            for name, reply in self._replies(pending, number, attempt, context).items():
                try:
                    outcomes[name] = self._read(pending[name], reply)
                except MalformedReply as error:
                    faults[name] = f"{error}: {reply[:400]}"
                    continue
                del pending[name]
        for candidate in chunk:
            name = candidate.candidate_id
            if name in pending:
                yield from self._without_reply(candidate, f"{self.name}:malformed_reply", faults[name])
            else:
                yield from outcomes.get(name, (candidate,))

    def _read(self, candidate: Candidate, reply: str) -> Sequence[Outcome]:
        try:
            if len(reply) > LONGEST_REPLY:
                raise MalformedReply(f"{len(reply):,} characters")
            read = self.read(candidate, reply)
        except MalformedReply:
            if _REFUSAL.match(reply):
                return self._without_reply(candidate, "refused", reply)
            raise
        return read if isinstance(read, Sequence) else (read,)

    def _without_reply(self, candidate: Candidate, reason: str, detail: str = "") -> Sequence[Outcome]:
        """What goes on without a reply that can be used: nothing, or the candidate without what it would add."""
        if not self.adds:
            return (drop(candidate, reason, detail),)
        missing = replace(candidate, candidate_id=f"{candidate.candidate_id}-{self.adds}")
        return (candidate, Dropped(candidate=missing, reason=reason, detail=detail))

    def _replies(
        self, pending: Mapping[str, Candidate], number: int, attempt: int, context: BuildContext
    ) -> dict[str, str]:
        texts = {name: self.prompt.render(self.fields(one)) for name, one in pending.items()}
        folder = context.work / "asked" / f"{self.name}-{self.prompt.digest}-{number:04d}"
        return ask(
            texts, step=self.name, prompt=self.prompt.key, folder=folder, attempt=attempt, context=context
        )


def _chunks(candidates: Iterable[Candidate]) -> Iterator[list[Candidate]]:
    """Candidates in order, as many together as memory can hold; where a chunk ends depends on them alone."""
    chunk: list[Candidate] = []
    size = 0
    for candidate in candidates:
        chunk.append(candidate)
        size += len(json.dumps(dict(candidate.fields)))
        if len(chunk) == AT_ONCE or size >= BYTES_AT_ONCE:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
