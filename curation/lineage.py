"""What became of every row: the steps of each output, and the rows that are not in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from genesys.curation.lake import Lake
from genesys.curation.layouts.columns import shaped
from genesys.curation.recipe import REJECTED, Output
from genesys.curation.relations import Rule, Step
from genesys.curation.shards import DataFile, ShardWriter

SCHEMA = pa.schema(
    [
        ("response_id", pa.string()),
        ("problem_id", pa.string()),
        ("output", pa.string()),
        ("step", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
    ]
)
"""One row for each output and completion that is not in it: who dropped it, as what, and what it saw."""

# A completion that the steps kept and the rule left: its problem's reason, or that others were taken.
_LEFT = """
SELECT '{output}' AS output, place, {index} AS step, coalesce(why.reason, 'not_selected') AS reason,
    NULL AS detail
FROM kept_{output} JOIN candidate USING (place)
LEFT JOIN (SELECT DISTINCT problem_id, reason FROM selected_{output}) why USING (problem_id)
WHERE place NOT IN (SELECT unnest(places) FROM selected_{output} WHERE reason IS NULL)
"""


def described(name: str, piece: Step | Rule) -> dict[str, Any]:
    """A step or a rule as JSON types: its name, its settings, and the facts it worked with."""
    facts = piece.facts() if hasattr(piece, "facts") else {}
    return {"name": name, "settings": asdict(piece), **({"facts": facts} if facts else {})}  # type: ignore[call-overload]  # pieces are dataclasses


def write_rejected(lake: Lake, outputs: Sequence[Output], folder: Path) -> list[DataFile]:
    """Writes the rows of each output that are not in it, in the order of outputs and places.

    Args:
        lake: After all outputs were sifted.
        outputs: In the order of the recipe.
        folder: Of the dataset.
    """
    names = [
        (number, output.name, index, name)
        for number, output in enumerate(outputs)
        for index, name in enumerate([*(name for name, _ in output.steps), f"select:{output.rule_name}"])
    ]
    columns = zip(*names, strict=True)
    lake.keep(
        "step_name",
        pa.table(dict(zip(("number", "output", "step", "name"), map(list, columns), strict=True))),
    )
    left = [
        _LEFT.format(output=output.name, index=len(output.steps))
        for output in outputs
        if output.rule is not None
    ]
    gone = " UNION ALL ".join(["SELECT output, place, step, reason, detail FROM dropped", *left])
    writer = ShardWriter(folder / REJECTED, SCHEMA)
    try:
        for batch in lake.batches(
            "SELECT response_id, problem_id, output, step_name.name AS step, reason, detail "
            f"FROM ({gone}) JOIN candidate USING (place) JOIN step_name USING (output, step) "
            "ORDER BY step_name.number, place"
        ):
            writer.add([shaped(batch.columns, SCHEMA)])
        return writer.finish()
    finally:
        writer.close()
