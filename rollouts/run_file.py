"""run.json: what a run folder is, written once and never changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from genesys.errors import ConfigurationError, DataError
from genesys.rollouts.durable import storage_errors, written_aside
from genesys.rollouts.identity import RunIdentity
from genesys.schema import SCHEMA_VERSION, canonical_json
from genesys.version import __version__

RUN_FILE = "run.json"
PART_METADATA = b"genesys.run"
"""Key of the Parquet metadata under which each part says what run it is of; `genesys fsck` reads it."""


def run_info(identity: RunIdentity, spool: Path | None) -> dict[str, Any]:
    """What run.json says of a new run."""
    return {
        "schema_version": SCHEMA_VERSION,
        "genesys": __version__,
        "identity": identity.to_json(),
        "spool": None if spool is None else str(spool.resolve()),
    }


def write_run_file(folder: Path, info: dict[str, Any]) -> None:
    """Writes run.json, durably.

    Raises:
        StorageError: If the disk refuses.
    """
    path = folder / RUN_FILE
    with (
        storage_errors(f"cannot write {path}", "Choose another --out folder."),
        written_aside(path) as file,
    ):
        file.write((json.dumps(info, indent=2) + "\n").encode())


def read_run_file(folder: Path) -> dict[str, Any]:
    """What run.json says.

    Raises:
        ConfigurationError: If the folder has none: it is no run folder.
        DataError: If it is damaged, or a newer genesys wrote it.
    """
    path = folder / RUN_FILE
    if not path.is_file():
        raise ConfigurationError(
            f"{folder} is no run folder: it has no {RUN_FILE}", "Name a folder that `genesys collect` made."
        )
    with storage_errors(f"cannot read {path}", "See that the disk is there, and try again."):
        content = path.read_bytes()
    try:
        info: dict[str, Any] = json.loads(content)
        version = int(info["schema_version"])
        RunIdentity(**info["identity"])
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{path} is damaged: {error!r}", f"Mend it with: genesys fsck --repair {folder}"
        ) from error
    if version > SCHEMA_VERSION:
        raise DataError(
            f"{folder} has schema version {version}; this genesys reads up to {SCHEMA_VERSION}",
            "Install a newer genesys-rl.",
        )
    return info


def part_metadata(identity: RunIdentity) -> dict[bytes, bytes]:
    """What each part says of the run that it is of."""
    said = {"schema_version": SCHEMA_VERSION, "identity": identity.to_json()}
    return {PART_METADATA: canonical_json(said).encode()}


def identity_in(metadata: bytes | None) -> RunIdentity | None:
    """The identity that a part's metadata tells of, if it does."""
    try:
        return None if metadata is None else RunIdentity(**json.loads(metadata)["identity"])
    except (ValueError, TypeError, KeyError):
        return None
