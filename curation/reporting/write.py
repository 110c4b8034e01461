"""Writing the page of whatever a folder holds."""

from __future__ import annotations

import os
from pathlib import Path

from genesys.curation.out_folder import MANIFEST
from genesys.curation.reporting.dataset_page import dataset_page
from genesys.curation.reporting.run_page import run_page
from genesys.errors import ConfigurationError, StorageError
from genesys.rollouts.remote_place import is_remote
from genesys.rollouts.run_file import RUN_FILE
from genesys.rollouts.run_reader import RunReader


def write_report(folder: Path | str, out: Path, *, verifier: str | None = None, samples: int = 8) -> int:
    """Writes one HTML page about a run or a dataset.

    Args:
        folder: A run, also at a URL, or a folder that `genesys curate` wrote.
        out: The file; replaced as a whole.
        verifier: Of a run: whose verdicts count, by key or name; by default each task type's own verifier's.
        samples: Traces of each kind on the page.

    Returns:
        Bytes written.

    Raises:
        ConfigurationError: If the folder is neither, or a verifier is named for a dataset.
        DataError: If something in it is damaged.
        StorageError: If the page cannot be written.
    """
    path = Path(folder)
    if is_remote(path) or (path / RUN_FILE).is_file():
        html = run_page(RunReader.open(folder), verifier=verifier, samples=samples)
    elif (path / MANIFEST).is_file():
        if verifier is not None:
            raise ConfigurationError(
                "a dataset has been made with its verifiers already",
                "Leave --verifier out, or report on a run.",
            )
        html = dataset_page(path, samples=samples)
    else:
        raise ConfigurationError(
            f"{folder} is neither a run nor a dataset: it has no {RUN_FILE} and no {MANIFEST}",
            "Give a folder of `genesys collect`, `genesys import` or `genesys curate`.",
        )
    data = html.encode("utf-8", "replace")
    aside = out.with_name(f".{out.name}.{os.getpid()}.writing")
    try:
        aside.write_bytes(data)
        aside.replace(out)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise StorageError(f"cannot write {out}: {error}", "Choose another --out.") from error
    return len(data)
