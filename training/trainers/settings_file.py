"""Settings from a TOML file and from what the command line adds.

model = "./my-model"              # genesys's own settings, and by its side
env = "genesys/math-v0"
learning_rate = 1e-6              # any field of TRL's configuration, by its name there
num_generations = 16
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from genesys.errors import ConfigurationError, UnknownName
from genesys.training.trainers.settings import CONFIG_CLASSES, OWN_SETTINGS, Kind, TrainSettings
from genesys.training.trainers.trl_arguments import trl_fields

_SET_BY_GENESYS = {
    "output_dir": "--out",
    "report_to": "--wandb",
    "resume_from_checkpoint": "the same --out again",
    "eval_strategy": "--eval-every",
    "eval_steps": "--eval-every",
    "eval_on_start": "--eval-problems",
    "num_generations_eval": "--eval-n",
}


def read_settings(
    kind: Kind,
    *,
    config: str | Path | None = None,
    given: Mapping[str, Any] | None = None,
    assignments: Iterable[str] = (),
) -> TrainSettings:
    """Puts a file, options and assignments together; each wins over the one before.

    Args:
        kind: What kind of training.
        config: A TOML file; None is an empty one.
        given: Settings by name; None as a value counts as not given.
        assignments: Texts such as "learning_rate=1e-5"; values are JSON where they parse as such.

    Raises:
        UnknownName: If a setting is neither genesys's nor TRL's.
        ConfigurationError: If the file cannot be read, or a value makes no sense.
    """
    values = {} if config is None else _read(Path(config))
    values |= {name: value for name, value in (given or {}).items() if value is not None}
    values |= dict(_assignment(text) for text in assignments)
    known = trl_fields(kind)
    for name in values:
        _check_name(kind, name, known)
    own = {name: value for name, value in values.items() if name in OWN_SETTINGS}
    trl = {name: value for name, value in values.items() if name not in OWN_SETTINGS}
    for name in ("model", "out"):
        if not isinstance(own.get(name), str | Path):
            raise ConfigurationError(f"{kind} needs {name!r}", f"Give --{name}, or write it in the file.")
    return TrainSettings(**own | {"kind": kind, "trl": trl} | _typed(own))


def _typed(own: Mapping[str, Any]) -> dict[str, Any]:
    typed: dict[str, Any] = {
        "model": str(own["model"]),
        "out": Path(own["out"]),
        "rewards": _rewards(own.get("rewards", ())),
    }
    for name in ("dataset", "problems", "eval_problems", "pass_rates"):
        if own.get(name) is not None:
            typed[name] = str(own[name])
    return typed


def _rewards(value: object) -> tuple[Mapping[str, Any], ...]:
    """From "format,overlong", a list of names, or a list of tables."""
    entries = value.split(",") if isinstance(value, str) else value
    tables: list[Mapping[str, Any]] = []
    for entry in entries if isinstance(entries, list | tuple) else [entries]:
        if isinstance(entry, str) and entry.strip():
            tables.append({"reward": entry.strip()})
        elif isinstance(entry, Mapping) and isinstance(entry.get("reward"), str):
            tables.append(dict(entry))
        else:
            raise ConfigurationError(
                f"{entry!r} in rewards is no shaping reward",
                'Write names, or tables such as { reward = "overlong", cache = 512, weight = 0.5 }.',
            )
    return tuple(tables)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read the configuration {path}: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is no TOML: {error}") from None


def _assignment(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ConfigurationError(f"--set {text!r} is not of the form NAME=VALUE")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value


def _check_name(kind: Kind, name: str, known: Mapping[str, Any]) -> None:
    if name in _SET_BY_GENESYS:
        raise ConfigurationError(
            f"{name} is set by genesys {kind} itself", f"Say it with {_SET_BY_GENESYS[name]}."
        )
    if name in known or name in OWN_SETTINGS:
        return
    near = get_close_matches(name, [*OWN_SETTINGS, *known], n=1)
    suggestion = f"Did you mean {near[0]!r}? " if near else ""
    raise UnknownName(
        f"unknown setting {name!r} of {kind}",
        f"{suggestion}Settings are those of genesys ({', '.join(OWN_SETTINGS)}) "
        f"and the fields of trl.{CONFIG_CLASSES[kind]}.",
    )
