"""Counts of verdicts by source, task type and cause."""

from __future__ import annotations

from genesys.curation.lake import Lake
from genesys.curation.report import SourceCount

_COUNTS = """
SELECT source, task_type, count(*), count(*) FILTER (passes), count(*) FILTER (score IS NOT NULL AND NOT passes),
    count(*) FILTER (score IS NULL AND score_location IS NOT NULL), count(*) FILTER (score_location IS NULL)
FROM candidate GROUP BY source, task_type ORDER BY source, task_type
"""

_CAUSES = """
SELECT source, task_type, cause, count(*) AS times
FROM candidate WHERE cause IS NOT NULL GROUP BY ALL ORDER BY times DESC, cause
"""


def count_sources(lake: Lake) -> tuple[SourceCount, ...]:
    """The verdicts on all candidates."""
    causes: dict[tuple[str, str], dict[str, int]] = {}
    for source, task_type, cause, times in lake.rows(_CAUSES):
        causes.setdefault((source, task_type), {})[cause] = times
    return tuple(
        SourceCount(
            source=source,
            task_type=task_type,
            completions=completions,
            passed=passed,
            failed=failed,
            unscorable=unscorable,
            unscored=unscored,
            causes=causes.get((source, task_type), {}),
        )
        for source, task_type, completions, passed, failed, unscorable, unscored in lake.rows(_COUNTS)
    )
