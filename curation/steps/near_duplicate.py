"""The step on prompts that say the same in nearly the same words."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from genesys.curation.layouts.columns import struct
from genesys.curation.measuring import texts_of
from genesys.curation.near_duplicates import first_alike
from genesys.curation.steps.duplicates import problem_judgement
from genesys.curation.words import answer_key, critical_tokens
from genesys.errors import ConfigurationError
from genesys.schema import digest_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from genesys.curation.lake import Lake


@dataclass(frozen=True, kw_only=True)
class NearDuplicate:
    """Drops problems whose prompt is nearly another's; of each cluster the first by id stays.

    Attributes:
        least: Least Jaccard similarity of the two prompts' pieces, in (0, 1].
        words: Words of a piece.
        numbers: Whether prompts with other numbers, operators or commands are other problems. Off, problems
            made from one template count as duplicates of one another.
        answers: Whether problems with another gold are other problems: "the minimum" and "the maximum".
    """

    least: float = 0.5
    words: int = 2
    numbers: bool = True
    answers: bool = True

    def __post_init__(self) -> None:
        if not 0.0 < self.least <= 1.0:
            raise ConfigurationError(f"least must lie in (0, 1], not {self.least!r}")
        if self.words < 1:
            raise ConfigurationError(f"words must be 1 or more, not {self.words!r}")

    def facts(self) -> dict[str, Any]:
        """The library that decides: another version may decide otherwise."""
        return {"rensa": version("rensa")}

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops all rows of such a problem as `near_duplicate`; the detail names the one that stays."""
        asked = lake.table(
            f"SELECT problem_location, problem_id FROM {rows} GROUP BY ALL ORDER BY problem_id"
        )
        locations, names = (asked.column(name) for name in ("problem_location", "problem_id"))
        prompts = texts_of(lake, "problem_row", "prompt", locations)
        infos = texts_of(lake, "problem_row", "verification_info", locations) if self.answers else {}
        texts = [prompts[location] for location in locations.to_pylist()]
        keys = [
            self.key_of(text, infos.get(location))
            for location, text in zip(locations.to_pylist(), texts, strict=True)
        ]
        alike = first_alike(texts, keys, least=self.least, size=self.words)
        ids = names.to_pylist()
        stays = [ids[first] for first, _ in alike]
        return problem_judgement(lake, rows, ids, stays, "near_duplicate", "nearly the prompt of ")

    def key_of(self, prompt: str, verification_info: str | None) -> str:
        """What two prompts must have in common, besides most of their words."""
        info = struct(verification_info)
        gold = answer_key(info["ground_truth"]) if "ground_truth" in info else verification_info
        return digest_of(critical_tokens(prompt) if self.numbers else None, gold if self.answers else None)
