"""The manifest: what a dataset consists of, by digest, and what it was made of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from genesys.curation.out_folder import FORMAT
from genesys.curation.recipe import Recipe
from genesys.curation.report import CurationReport
from genesys.curation.shards import DataFile
from genesys.schema import text_digest
from genesys.version import __version__

FORMAT_VERSION = 1


def manifest_text(report: CurationReport, recipe: Recipe, others: Sequence[DataFile]) -> str:
    """The manifest as JSON; it holds no times and no paths of a machine.

    Args:
        report: What was done.
        recipe: By which recipe.
        others: The files that are no Parquet: card and recipe.
    """
    described = asdict(report)
    del described["out"]
    outputs = described.pop("outputs")
    files = [file for output in outputs for file in output.pop("files")] + list(described.pop("rejected"))
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "genesys": __version__,
        "pyarrow": pa.__version__,
        **described,
        "recipe": {"name": recipe.name, "sha256": text_digest(recipe.text)},
        "outputs": {output.pop("name"): output for output in outputs},
        "files": files + [asdict(file) for file in others],
    }
    return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
