"""Problems compared with one another and with test sets, by the means that recipes use too."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO

from genesys.curation.builders.candidate import Candidate, Outcome
from genesys.curation.builders.checks import problem_of
from genesys.curation.builders.context import BuildContext
from genesys.curation.builders.stage import drop
from genesys.curation.contamination import ContaminationIndex
from genesys.curation.held_out import load_test_sets
from genesys.curation.near_duplicates import first_alike
from genesys.curation.words import critical_tokens
from genesys.schema import digest_of

LIKENESS, PIECE = 0.6, 2
"""Least Jaccard similarity of two prompts' pairs of words; the defaults of the recipes' step."""


@dataclass(frozen=True)
class NearlyUnique:
    """Keeps the first of problems that ask the same in nearly the same words.

    Nearly the same words with other numbers, another answer or other tests are another problem.
    """

    name: str = "near_duplicates"
    version: str = "1"

    def run(self, candidates: Iterable[Candidate], context: BuildContext) -> Iterator[Outcome]:
        """Drops the others as `near_duplicate`, with the id of the one that stays.

        Holds all prompts; the candidates, whose tests may be large, wait in a file.

        Raises:
            MissingExtra: If rensa is not installed.
        """
        prompts: list[str] = []
        keys: list[str] = []
        names: list[str] = []
        with TemporaryFile(dir=context.work) as waiting:
            for candidate in candidates:
                problem = problem_of(candidate)
                prompts.append(problem.prompt)
                keys.append(digest_of(critical_tokens(problem.prompt), problem.verification_info))
                names.append(problem.problem_id)
                waiting.write(json.dumps(candidate.to_json()).encode() + b"\n")
            alike = first_alike(prompts, keys, least=LIKENESS, size=PIECE)
            for place, (candidate, (first, likeness)) in enumerate(zip(_read(waiting), alike, strict=True)):
                if first == place:
                    yield candidate
                else:
                    yield drop(candidate, "near_duplicate", f"of {names[first]}, likeness {likeness:.2f}")


def _read(waiting: IO[bytes]) -> Iterator[Candidate]:
    waiting.seek(0)
    return (Candidate.from_json(json.loads(line)) for line in waiting)


class Decontaminated:
    """Keeps problems whose prompts share no run of eight words with a test problem.

    Args:
        tests: Files, hub ids or known names of test sets (`genesys.curation.held_out`).

    Raises:
        ConfigurationError: If there is no such test set.
    """

    name = "decontamination"

    def __init__(self, tests: Sequence[str]) -> None:
        problems = load_test_sets(tuple(tests))
        self._index = ContaminationIndex(problems)
        self.version = f"1-{digest_of(*(problem.text for problem in problems), bits=64)}"

    def run(self, candidates: Iterable[Candidate], context: BuildContext) -> Iterator[Outcome]:
        """Drops the others as `contaminated:<set>`, with the test and the passage."""
        for candidate in candidates:
            # the statement alone: the words that a builder puts before it stand in test sets of that form too
            asked = candidate.get("statement")
            match = self._index.match(asked if isinstance(asked, str) else problem_of(candidate).prompt)
            if match is None:
                yield candidate
            else:
                reason = f"contaminated:{match.test.partition('#')[0]}"
                yield drop(candidate, reason, f"{match.words} words of {match.test}: {match.passage}")
