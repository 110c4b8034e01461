"""Translating problems to other languages: a model writes statement and gold, the sandbox decides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from genesys.curation.builders.candidate import Candidate, Dropped, Outcome
from genesys.curation.builders.coding_problem import CALL, STDIN
from genesys.curation.builders.context import BuildContext
from genesys.curation.builders.llm_step import LlmStep, MalformedReply
from genesys.curation.builders.prompt import load_prompt
from genesys.curation.builders.stage import drop

_OPENS, _CLOSES = "<statement>", "</statement>"
_HOW = {
    STDIN: "It reads the same input from standard input and writes the same output to standard output.",
    CALL: "It defines the same function with the same name, arguments and result; it reads and prints nothing.",
}
_CALLABLE = frozenset({"python", "javascript"})
"""Languages whose functions are called by tests."""


def translation(language: str) -> LlmStep:
    """The step that adds, beside each problem with a proven gold, the same one in another language."""
    return LlmStep(
        name=f"to_{language}",
        prompt=load_prompt("code-translate@1"),
        fields=lambda candidate: {
            "from_language": candidate["language"],
            "to_language": language,
            "statement": candidate["statement"],
            "solution": candidate["gold"],
            "how": _HOW[_kind(candidate)],
        },
        read=lambda candidate, reply: _read(candidate, reply, language),
        wants=lambda candidate: _translatable(candidate, language),
        adds=language,
        version="2",
    )


def _kind(candidate: Candidate) -> str:
    return str(candidate["tests"][0].get("type", STDIN))


def _translatable(candidate: Candidate, language: str) -> bool:
    """Whether a problem is an original with a gold, and its tests can be run in the language."""
    if candidate.get("translated_from") or not candidate.get("gold") or candidate["language"] == language:
        return False
    kinds = {test.get("type", STDIN) for test in candidate["tests"]}
    return kinds == {STDIN} or (kinds == {CALL} and language in _CALLABLE)


def _read(candidate: Candidate, reply: str, language: str) -> Sequence[Outcome]:
    statement, closed, rest = reply.partition(_OPENS)[2].partition(_CLOSES)
    if not closed or not statement.strip():
        raise MalformedReply("no statement")
    blocks = re.findall(rf"```{re.escape(language)}[ \t]*\n(.*?)```", rest, re.DOTALL)
    if len(blocks) != 1:
        raise MalformedReply(f"{len(blocks)} blocks of {language}")
    child = Candidate(
        candidate_id=f"{candidate.candidate_id}-{language}",
        source=candidate.source,
        fields={
            **candidate.fields,
            "statement": statement.strip(),
            "solutions": [{"language": language, "code": blocks[0]}],
            "language": language,
            "gold": None,
            "starter": None,
            "translated_from": candidate["language"],
        },
    )
    return (candidate, child)


@dataclass(frozen=True)
class Faithful:
    """Drops translations whose statement lost or won numbers, or most of its words: they are other problems."""

    name: str = "faithful"
    version: str = "1"

    def run(self, candidates: Iterable[Candidate], context: BuildContext) -> Iterator[Outcome]:
        """Compares each translation with its original, which comes right before it."""
        original: Candidate | None = None
        for candidate in candidates:
            if not candidate.get("translated_from"):
                original = candidate
                yield candidate
            elif original is not None:
                yield _compared(candidate, original)


_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"\w+")


def _compared(candidate: Candidate, original: Candidate) -> Candidate | Dropped:
    new, old = candidate["statement"], original["statement"]
    if sorted(_NUMBER.findall(new)) != sorted(_NUMBER.findall(old)):
        return drop(candidate, "other_numbers")
    words, known = set(_WORD.findall(new.lower())), set(_WORD.findall(old.lower()))
    shared = len(words & known) / max(len(words | known), 1)
    return candidate if shared >= 0.7 else drop(candidate, "other_statement", f"{shared:.2f} of the words")
