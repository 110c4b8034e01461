"""`training.json`: what a training is, and how far it has come."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genesys.errors import RunMismatch, StorageError
from genesys.training.trainers.settings import TrainSettings
from genesys.version import __version__

FILE = "training.json"
_PACKAGES = ("trl", "transformers", "torch", "accelerate", "datasets")


class TrainingRecord:
    """The record in a training's folder.

    Args:
        out: The folder.
    """

    def __init__(self, out: Path) -> None:
        self.path = out / FILE
        self.values: dict[str, Any] = {}

    def open(self, settings: TrainSettings, data: Mapping[str, Any]) -> None:
        """Begins the record, or goes on with the one that is there.

        Args:
            settings: The training.
            data: What it learns from, by digests and keys.

        Raises:
            RunMismatch: If the folder belongs to another training; the error names the differences.
            StorageError: If the record there cannot be read.
        """
        identity = settings.identity() | {"data": dict(data)}
        if self.path.is_file():
            self.values = self._read()
            self._compare(identity)
        self.values = {
            "genesys": __version__,
            "identity": identity,
            "settings": dict(settings.trl),
            "versions": {package: version(package) for package in _PACKAGES},
            "python": platform.python_version(),
            "held_out": {},
            "steps": 0,
            "finished": None,
        } | {name: self.values[name] for name in ("held_out", "steps", "finished") if name in self.values}

    def write(self, **changes: Any) -> None:
        """Notes changes; a reader sees the old record or the new one."""
        self.values |= changes
        aside = self.path.with_name(f".{self.path.name}")
        aside.write_text(json.dumps(self.values, indent=2, ensure_ascii=False, default=str) + "\n")
        os.replace(aside, self.path)  # noqa: PTH105  # Path.replace says less of what it does

    def _read(self) -> dict[str, Any]:
        try:
            values: dict[str, Any] = json.loads(self.path.read_text())
        except (OSError, ValueError) as error:
            raise StorageError(f"{self.path} cannot be read: {error}", "Give another --out.") from None
        return values

    def _compare(self, identity: Mapping[str, Any]) -> None:
        asked = json.loads(json.dumps(identity, default=str))
        stored = self.values.get("identity", {})
        differences = list(_differences(stored, asked))
        if differences:
            raise RunMismatch(
                f"{self.path.parent} holds another training:\n" + "\n".join(differences),
                "Give another --out, or the settings it was begun with: then it is continued.",
            )


def _differences(stored: Mapping[str, Any], asked: Mapping[str, Any], path: str = "") -> Any:
    for name in sorted({*stored, *asked}):
        before, now = stored.get(name), asked.get(name)
        if isinstance(before, dict) and isinstance(now, dict):
            yield from _differences(before, now, f"{path}{name}.")
        elif before != now:
            yield f"  {path}{name}: {before!r} -> {now!r}"
