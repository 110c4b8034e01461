"""The step that keeps test problems out of training data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from genesys.curation.contamination import WORDS, ContaminationIndex
from genesys.curation.held_out import load_test_sets
from genesys.curation.measuring import texts_of
from genesys.errors import ConfigurationError
from genesys.schema import digest_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from genesys.curation.lake import Lake


@dataclass(frozen=True, kw_only=True)
class Decontaminate:
    """Drops problems whose prompt shares a run of words with a test problem.

    Attributes:
        tests: Files, hub ids or known names of test sets (`genesys.curation.held_out`).
        words: Length of the run.
        coverage: Least share of a test's runs that the prompt holds. At 0 one shared run is enough, and some
            of them are phrases of the trade; at 0.3 these go through, and so does a quoted sentence of a test.
    """

    tests: tuple[str, ...] = ()
    words: int = WORDS
    coverage: float = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.tests, str) or not self.tests:
            raise ConfigurationError(
                "decontaminate needs the test sets", 'Name them: tests = ["aime24", "tests/mine.jsonl"].'
            )
        object.__setattr__(self, "tests", tuple(self.tests))
        if self.words < 3:
            raise ConfigurationError(
                f"words must be 3 or more, not {self.words!r}: fewer are in every prompt"
            )
        if not 0.0 <= self.coverage <= 1.0:
            raise ConfigurationError(f"coverage must lie in [0, 1], not {self.coverage!r}")

    def facts(self) -> dict[str, Any]:
        """How many tests there were, and a digest of them: hub data sets change."""
        tests = load_test_sets(self.tests)
        return {"tests": len(tests), "digest": digest_of(*(test.text for test in tests))}

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops all rows of such a problem as `contaminated:<set>`; the detail has test and passage."""
        index = _index(self)
        asked = lake.table(f"SELECT DISTINCT problem_location FROM {rows}")
        prompts = texts_of(lake, "problem_row", "prompt", asked.column("problem_location"))
        found = [(location, index.match(prompt)) for location, prompt in prompts.items()]
        hits = [(location, match) for location, match in found if match is not None]
        lake.keep(
            "contaminated",
            pa.table(
                {
                    "problem_location": pa.array([location for location, _ in hits], pa.int64()),
                    "tests": pa.array([match.test.partition("#")[0] for _, match in hits], pa.string()),
                    "detail": pa.array(
                        [f"{match.words} words of {match.test}: {match.passage}" for _, match in hits],
                        pa.string(),
                    ),
                }
            ),
        )
        return lake.sql(
            f"SELECT place, 'contaminated:' || tests AS reason, detail FROM {rows} "
            "LEFT JOIN contaminated USING (problem_location)"
        )


@lru_cache(maxsize=2)
def _index(step: Decontaminate) -> ContaminationIndex:
    return ContaminationIndex(load_test_sets(step.tests), words=step.words, coverage=step.coverage)
