"""Licences of the sources, as far as anybody states them."""

from __future__ import annotations

from collections.abc import Mapping

from genesys.curation.lake import Lake

# Metadata is canonical JSON: a key stands in double quotes, right before its value.
_STATED = r"""
SELECT source, nullif(regexp_extract(metadata, '"licen[cs]e":"((?:[^"\\]|\\.)*)"', 1), '') AS licence
FROM problem_row WHERE location IN (SELECT DISTINCT problem_location FROM candidate)
GROUP BY ALL ORDER BY ALL
"""


def licences_of_sources(lake: Lake, given: Mapping[str, str]) -> dict[str, str | None]:
    """Source -> its licences; None where nobody states one.

    Args:
        lake: With the candidates.
        given: What the recipe states; it stands before what the problems' metadata say.
    """
    stated: dict[str, list[str]] = {}
    for source, licence in lake.rows(_STATED):
        stated.setdefault(source, []).extend([licence] if licence else [])
    return {source: given.get(source) or ", ".join(found) or None for source, found in stated.items()}
