"""Files that builders read rows from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from genesys.curation.builders.candidate import Candidate, Outcome
from genesys.curation.builders.stage import drop
from genesys.envs.sources.rows import Row, read_rows
from genesys.errors import ConfigurationError, MalformedRow

ENDINGS = (".jsonl", ".jsonl.gz", ".json.gz", ".parquet")


def files_of(sources: Sequence[Path | str], endings: Sequence[str] = ENDINGS) -> Iterator[Path]:
    """The files named, and those with one of the endings of the folders named, in order of their names.

    Raises:
        ConfigurationError: If nothing is named, there is no such file, or a folder has none.
    """
    if not sources:
        raise ConfigurationError("no rows to build from", "Name files or folders with --source.")
    for source in map(Path, sources):
        if not source.is_dir():
            yield source
            continue
        found = sorted(path for path in source.rglob("*") if path.name.endswith(tuple(endings)))
        if not found:
            raise ConfigurationError(f"the folder {source} holds no file that ends in {', '.join(endings)}")
        yield from found


def candidates_of_files(
    sources: Sequence[Path | str],
    form: Callable[[Row, Path], Candidate],
    endings: Sequence[str] = ENDINGS,
) -> Iterator[Outcome]:
    """A candidate of each row of JSONL, gzipped JSONL and Parquet files; what cannot be read is dropped.

    Args:
        sources: Files and folders.
        form: Makes a candidate of a row of a file; raises `MalformedRow` where it cannot.
        endings: Of the files that are read in folders.

    Raises:
        ConfigurationError: If there is no such file.
        DataError: If a file is damaged as a whole.
    """
    for path in files_of(sources, endings):
        yield from candidates_of_file(path, form)


def candidates_of_file(path: Path, form: Callable[[Row, Path], Candidate]) -> Iterator[Outcome]:
    """A candidate of each row of one file; a row or line that cannot be read is dropped as `malformed`."""
    broken: list[MalformedRow] = []
    for line, row in read_rows(path, on_malformed=broken.append):
        yield from _dropped(path, broken)
        try:
            yield form(row, path)
        except MalformedRow as error:
            yield _malformed(path, str(line), error.fault)
    yield from _dropped(path, broken)


def _dropped(path: Path, broken: list[MalformedRow]) -> Iterator[Outcome]:
    for error in broken:
        line, _, fault = error.fault.removeprefix(f"{path}:").partition(": ")
        yield _malformed(path, line, fault)
    broken.clear()


def _malformed(path: Path, line: str, fault: str) -> Outcome:
    return drop(Candidate(candidate_id=f"{path.name}:{line}", source=path.name), "malformed", fault)
