"""Problems from a dataset on the Hugging Face hub, pinned to the commit that was read.

    open_problems("hf:PrimeIntellect/verifiable-math-problems@main:train")

needs the extra `hub`. Files are kept in the hub's own cache (HF_HOME), private datasets need HF_TOKEN, and
HF_ENDPOINT names another hub. A full commit that is in the cache is read without any network.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from genesys.envs.sources.files import COLUMNS, FileProblems
from genesys.envs.sources.hub_spec import HubSpec
from genesys.envs.sources.rows import Row
from genesys.errors import ConfigurationError, GenesysError, MalformedRow, UnknownName
from genesys.optional import require

_COMMIT = re.compile(r"[0-9a-f]{40}")
_USUAL_SPLIT = "train"


class HubProblems(FileProblems):
    """A `ProblemSource` over one split of a dataset, read once, checked row by row and kept packed.

    Args:
        spec: `"hf:org/name[@revision][:config][:split]"`. Without a config the dataset's default, without a
            split `train` or the only one.
        skip_malformed: Whether to count rows that do not parse (`skipped`) and go on.

    Attributes:
        path: As it was given, for errors.
        identity: `"hf:org/name@commit:config:split"`.
        skipped: Rows that did not parse.
        duplicates: Rows that repeat an earlier problem.

    Raises:
        ConfigurationError: If there is no such dataset or revision, it may not be read, or the hub does not
            answer.
        UnknownName: If it has no such config or split.
        MissingExtra: If the extra `hub` is not installed.
        MalformedRow, Conflict, DataError: As from a file.
    """

    def __init__(self, spec: str, *, skip_malformed: bool = False) -> None:
        chosen = HubSpec.parse(spec)
        for package in ("datasets", "huggingface_hub"):
            require(package, extra="hub", feature="reading problems from the hub")
        self.path = spec
        commit = _commit(chosen)
        with _explained(chosen), _no_progress_bars():
            table, config, split = _opened(chosen, commit)
        self.identity = f"hf:{chosen.name}@{commit}:{config}:{split}"
        self._table: Any = table
        self._begin(skip_malformed)
        self._table = None

    def _rows(self, on_malformed: Callable[[MalformedRow], None] | None) -> Iterator[tuple[int, Row]]:
        held = [name for name in COLUMNS if name in self._table.column_names]
        yield from enumerate(self._table.select_columns(held), start=1)


def _commit(spec: HubSpec) -> str:
    """The commit that a revision is now; a commit is itself, without asking."""
    if spec.revision is not None and _COMMIT.fullmatch(spec.revision):
        return spec.revision
    from huggingface_hub import HfApi

    with _explained(spec):
        return str(HfApi().dataset_info(spec.name, revision=spec.revision).sha)


def _opened(spec: HubSpec, commit: str) -> tuple[Any, str, str]:
    """The rows, and the names of config and split."""
    import datasets

    config, split = _config_and_split(spec, commit)
    builder = datasets.load_dataset_builder(spec.name, name=config, revision=commit)
    splits = [str(name) for name in builder.config.data_files or builder.info.splits or ()]
    split = split or _only_split(spec, splits)
    if split not in splits:
        raise UnknownName.of(f"split of {spec.name}", split, splits)
    builder.download_and_prepare()
    return builder.as_dataset(split=split), str(builder.config.name), split


def _config_and_split(spec: HubSpec, commit: str) -> tuple[str | None, str | None]:
    """What the parts are: one alone is a config where the dataset has one of that name, else a split."""
    import datasets

    if not spec.parts:
        return None, None
    configs = datasets.get_dataset_config_names(spec.name, revision=commit)
    first = spec.parts[0]
    if len(spec.parts) == 1:
        return (first, None) if first in configs else (None, first)
    if first not in configs:
        raise UnknownName.of(f"config of {spec.name}", first, configs)
    return first, spec.parts[1]


def _only_split(spec: HubSpec, splits: Sequence[str]) -> str:
    if _USUAL_SPLIT in splits:
        return _USUAL_SPLIT
    if len(splits) == 1:
        return splits[0]
    raise ConfigurationError(
        f"{spec.name} has the splits {', '.join(splits)}", f"Name one, such as hf:{spec.name}:{splits[0]}."
    )


@contextmanager
def _explained(spec: HubSpec) -> Iterator[None]:
    """Turns what the hub's libraries raise into one clear error each."""
    try:
        yield
    except GenesysError:
        raise
    except Exception as error:
        explained = _explanation(spec, error)
        if explained is None:
            raise
        raise explained from None


def _explanation(spec: HubSpec, error: Exception) -> ConfigurationError | None:
    """The error for a person, or None for a defect. The order matters: most are OSErrors, too."""
    from datasets.exceptions import DatasetNotFoundError
    from huggingface_hub import errors

    named = f"the dataset {spec.name!r}"
    if isinstance(error, errors.RevisionNotFoundError):
        fault = f"{named} has no revision {spec.revision!r}"
        return ConfigurationError(fault, "Name a branch, a tag or a commit.")
    if isinstance(error, errors.RepositoryNotFoundError | DatasetNotFoundError):
        return ConfigurationError(
            f"{named} is not on the hub, or may not be read: {_first_line(error)}",
            "Check the name; a private or gated one needs a token in HF_TOKEN.",
        )
    # The hub's library has changed its HTTP client twice.
    from_http = type(error).__module__.partition(".")[0] in ("httpx", "httpx2", "requests")
    absent = errors.OfflineModeIsEnabled | errors.LocalEntryNotFoundError | ConnectionError
    if isinstance(error, absent) or from_http:
        return ConfigurationError(
            f"{named} cannot be fetched: {_first_line(error)}",
            "Is this machine offline? Name a commit that is in the cache (@ and its 40 digits), or download the "
            "files elsewhere and name the file.",
        )
    if isinstance(error, ValueError | OSError):
        return ConfigurationError(f"{named} cannot be opened: {_first_line(error)}")
    return None


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__


@contextmanager
def _no_progress_bars() -> Iterator[None]:
    """The screen is the caller's."""
    import datasets

    shown = datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        if not shown:
            datasets.enable_progress_bars()
