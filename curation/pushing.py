"""Putting a dataset on the Hugging Face hub, with its card and its configs.

plan = plan_push("data/first", "me/first", licence="cc-by-4.0")
push(plan)  # the URL of the commit
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genesys.curation.out_folder import MANIFEST
from genesys.curation.recipe import REJECTED
from genesys.curation.reporting.dataset_files import DatasetFiles
from genesys.errors import ConfigurationError, DataError, StorageError
from genesys.optional import require

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_log = logging.getLogger(__name__)

CARD = "README.md"
NOT_STATED = "not stated"
_REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_LICENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,63}")
_SHARDS = "*/train-?????-of-?????.parquet"
"""Shards of an earlier push that this one has no more would be loaded with its own: they are deleted."""


@dataclass(frozen=True, kw_only=True)
class PushFile:
    """A file that is uploaded.

    Attributes:
        path: In the repository, as in the dataset's folder.
        size: In bytes.
        rows: Of a Parquet file; 0 of others.
    """

    path: str
    size: int
    rows: int


@dataclass(frozen=True, kw_only=True)
class PushPlan:
    """What a push will do; making one asks no server.

    Attributes:
        folder: The dataset.
        repo: Where to: "org/name".
        private: Whether only its owners see it.
        files: What is uploaded, the card last.
        configs: Config -> rows.
        card: The card as it is uploaded.
        licence: What the card states, or None where its table of sources says it all.
        left_out: Files of the folder that are no part of the dataset, and stay here.
    """

    folder: Path
    repo: str
    private: bool
    files: tuple[PushFile, ...]
    configs: Mapping[str, int]
    card: str
    licence: str | None
    left_out: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(file.size for file in self.files)

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON types."""
        return {
            **vars(self),
            "folder": str(self.folder),
            "files": [vars(file) for file in self.files],
            "size": self.size,
        }


def plan_push(
    dataset: Path | str, repo: str, *, private: bool = False, licence: str | None = None
) -> PushPlan:
    """Says what a push would upload, after checking that the dataset is as it was made.

    Args:
        dataset: A folder that `genesys curate` wrote. Its card may have been edited since.
        repo: Where to: "org/name".
        private: Whether only its owners see it.
        licence: The hub's name of the licence under which you publish it, such as "cc-by-4.0".

    Raises:
        ConfigurationError: If the name or the licence is none, or the card leaves a licence open and none is given.
        DataError: If the folder is no dataset, or a file is missing or another than the manifest says.
    """
    if not _REPO.fullmatch(repo):
        raise ConfigurationError(f"{repo!r} names no repository of the hub", "Write it as owner/name.")
    if licence is not None and not _LICENCE.fullmatch(licence):
        raise ConfigurationError(
            f"{licence!r} is no licence", "Use the hub's names: cc-by-4.0, apache-2.0, other."
        )
    files = DatasetFiles(Path(dataset))
    data = [_checked(files.folder, file) for file in files.manifest["files"] if file["path"] != CARD]
    card = _card(files.folder, licence)
    data.append(PushFile(path=MANIFEST, size=(files.folder / MANIFEST).stat().st_size, rows=0))
    data.append(PushFile(path=CARD, size=len(card.encode()), rows=0))
    known = {file.path for file in data}
    there = sorted(
        path.relative_to(files.folder).as_posix() for path in files.folder.rglob("*") if path.is_file()
    )
    return PushPlan(
        folder=files.folder,
        repo=repo,
        private=private,
        files=tuple(data),
        configs=_configs(files.manifest),
        card=card,
        licence=licence,
        left_out=tuple(path for path in there if path not in known),
    )


def _checked(folder: Path, file: Mapping[str, Any]) -> PushFile:
    path = folder / file["path"]
    try:
        with path.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error}", "Make the dataset again: genesys curate") from error
    if digest != file["sha256"]:
        raise DataError(
            f"{path} is not the file that {MANIFEST} describes: it was changed since",
            "Make the dataset again: genesys curate",
        )
    return PushFile(path=file["path"], size=path.stat().st_size, rows=file["rows"])


def _configs(manifest: Mapping[str, Any]) -> dict[str, int]:
    rows = {name: output["rows"] for name, output in manifest["outputs"].items()}
    configs = rows | {
        name: sum(rows[member] for member in members) for name, members in manifest["configs"].items()
    }
    rejected = [file["rows"] for file in manifest["files"] if file["path"].startswith(f"{REJECTED}/")]
    return configs | ({REJECTED: sum(rejected)} if rejected else {})


def _card(folder: Path, licence: str | None) -> str:
    """The card, with the licence in its header and in its words where one is given."""
    try:
        card = (folder / CARD).read_text("utf-8")
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read the card: {error}", "Make the dataset again: genesys curate") from error
    header, body = _split_header(card)
    section = body.partition("## Licences")[2].partition("\n## ")[0]
    stated = re.search(r"^licen[cs]e:", header, re.MULTILINE) is not None
    if licence is None:
        open_rows = [
            line.split("|")[1].strip() for line in section.splitlines() if f"| {NOT_STATED} |" in line
        ]
        if not stated and (open_rows or not section.strip()):
            raise ConfigurationError(
                f"the card states no licence of: {', '.join(open_rows) or 'anything'}",
                "Fill in its section Licences, or [licences] in the recipe; or say under which licence you publish "
                "with --licence.",
            )
        return card
    kept = "".join(line for line in header.splitlines(keepends=True) if not re.match(r"licen[cs]e:", line))
    words = f"Published under the licence `{licence}`, as its publisher states."
    head, mark, tail = body.partition("## Licences\n")
    body = f"{head}{mark}\n{words}\n{tail}" if mark else f"{body.rstrip()}\n\n## Licences\n\n{words}\n"
    return f"---\nlicense: {licence.lower()}\n{kept}---\n{body}"


def _split_header(card: str) -> tuple[str, str]:
    found = re.match(r"---\n(.*?\n)---\n", card, re.DOTALL)
    return (found.group(1), card[found.end() :]) if found else ("", card)


def push(plan: PushPlan, on_stage: Callable[[str], None] = lambda stage: None) -> str:
    """Uploads a dataset: the data first, the card last, so that no card speaks of what is not there.

    A push that was interrupted is continued by the next one: what the hub has already is not sent again.

    Args:
        plan: What to upload.
        on_stage: Is told what happens, in a few words.

    Returns:
        The URL of the last commit.

    Raises:
        MissingExtra: If `huggingface_hub` is not installed.
        ConfigurationError: If nobody is logged in, or may not write there; if it is to be private and is public.
        StorageError: If the hub cannot be reached, or refuses.
    """
    hub = require("huggingface_hub", extra="hub", feature="Pushing to the hub")
    api: HfApi = hub.HfApi()
    late = (MANIFEST, CARD)
    with _errors(plan.repo, api.endpoint):
        on_stage("asking the hub who you are")
        api.whoami()
        api.create_repo(plan.repo, repo_type="dataset", private=plan.private, exist_ok=True)
        _refuse_public(api, plan)
        on_stage(f"uploading {len(plan.files) - len(late):,} files")
        api.upload_folder(
            repo_id=plan.repo,
            repo_type="dataset",
            folder_path=plan.folder,
            allow_patterns=[file.path for file in plan.files if file.path not in late],
            delete_patterns=[_SHARDS],
            commit_message="Data, by genesys",
        )
        on_stage("uploading the card")
        commit = api.create_commit(
            plan.repo,
            [
                hub.CommitOperationAdd(path_in_repo=MANIFEST, path_or_fileobj=plan.folder / MANIFEST),
                hub.CommitOperationAdd(path_in_repo=CARD, path_or_fileobj=plan.card.encode()),
            ],
            repo_type="dataset",
            commit_message="Card and manifest, by genesys",
        )
    return str(commit.commit_url)


def _refuse_public(api: HfApi, plan: PushPlan) -> None:
    """A repository that is there already keeps its visibility: what is to be private must not land in public."""
    if plan.private and not api.repo_info(plan.repo, repo_type="dataset").private:
        raise ConfigurationError(
            f"{plan.repo} is there already, and is public", "Make it private on the hub, or name another."
        )


@contextmanager
def _errors(repo: str, endpoint: str) -> Iterator[None]:
    """Says what the hub's client could not do, in the words of who must change something."""
    from huggingface_hub import errors

    # The bases tell the HTTP library that this version of the client is built on; RuntimeError is what the
    # transfer library raises.
    failures: tuple[type[Exception], ...] = (OSError, RuntimeError)
    failures += tuple(base for base in errors.HfHubHTTPError.__bases__ if issubclass(base, Exception))
    try:
        yield
    except errors.LocalTokenNotFoundError:
        raise _not_logged_in(endpoint) from None
    except errors.OfflineModeIsEnabled:
        raise ConfigurationError(
            f"{endpoint} is switched off: HF_HUB_OFFLINE is set", "Unset it, or look with --dry-run."
        ) from None
    except errors.HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        _log.info("%s", error)
        if status == 401:
            raise _not_logged_in(endpoint) from None
        if status in (403, 404):
            raise ConfigurationError(
                f"{endpoint} lets you not write to {repo} ({status})",
                "Check the owner's name, and that your token may write: hf auth login",
            ) from None
        raise StorageError(f"{endpoint} refuses ({status}): {_first(error)}", _AGAIN) from error
    except failures as error:
        raise StorageError(f"cannot push to {endpoint}: {_first(error)}", _AGAIN) from error


_AGAIN = "Run the command again: what the hub has is not sent twice. `-v` logs the client's words."


def _not_logged_in(endpoint: str) -> ConfigurationError:
    token = "HF_TOKEN is set, but it is not accepted" if os.environ.get("HF_TOKEN") else "nobody is logged in"
    return ConfigurationError(f"cannot push to {endpoint}: {token}", "Run `hf auth login`, or set HF_TOKEN.")


def _first(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
