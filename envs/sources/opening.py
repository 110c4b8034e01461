"""From what a person writes after `--problems` to a source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genesys.envs.sources.files import FileProblems
from genesys.envs.sources.generated import GENERATORS, GeneratedProblems, Generator
from genesys.envs.sources.hub_spec import PREFIX
from genesys.envs.sources.listed import COLLECTIONS
from genesys.envs.sources.source import ProblemSource
from genesys.errors import ConfigurationError, UnknownName

PARAMETERS = ("level", "seed", "size")
"""What a generator takes, all whole numbers."""


def open_problems(
    spec: str | Path | ProblemSource, *, skip_malformed: bool = False, **params: int | None
) -> ProblemSource:
    """Opens a problem source.

    Args:
        spec: A path to a JSONL, gzipped JSONL or Parquet file in the common schema; a generator with its
            parameters, `"arithmetic:level=2,seed=7,size=1000"`; a dataset on the hub,
            `"hf:org/name@revision:config:split"`; or a source, which is returned as it is.
            A word that is no generator and has neither a slash nor a dot counts as a misspelt generator.
        skip_malformed: For a file: count rows that do not parse and go on.
        **params: For a generator: `level`, `seed` and `size`, as in the text. None counts as not given.

    Raises:
        UnknownName: If there is no such generator or parameter.
        ConfigurationError: If a parameter has a wrong value, or is given twice or for a file; or if the
            file cannot be opened.
        DataError: If the file cannot be used (`FileProblems`).
    """
    given = {name: value for name, value in params.items() if value is not None}
    if isinstance(spec, str) and spec.partition(":")[0] in COLLECTIONS:
        return _collection(spec, given)
    on_hub = isinstance(spec, str) and spec.startswith(PREFIX)
    if isinstance(spec, str) and not on_hub and _is_generator(spec):
        return _generated(spec, given)
    if given:
        names = ", ".join(f"{name}={value!r}" for name, value in given.items())
        raise ConfigurationError(
            f"{names} given with {str(spec)!r}, which is no generator",
            f"Leave it out, or name a generator: {', '.join(sorted(GENERATORS))}.",
        )
    if isinstance(spec, str) and on_hub:
        from genesys.envs.sources.hub import HubProblems

        return HubProblems(spec, skip_malformed=skip_malformed)
    if isinstance(spec, str | Path):
        return FileProblems(spec, skip_malformed=skip_malformed)
    if isinstance(spec, ProblemSource):
        return spec
    raise ConfigurationError(
        f"problems={spec!r:.80} is neither a path, a generator nor a problem source",
        "Wrap problems in genesys.envs.sources.listed.ListedProblems, or write them to a file.",
    )


def _collection(spec: str, given: dict[str, int]) -> ProblemSource:
    name, _, written = spec.partition(":")
    if written or given:
        options = written or ", ".join(f"{key}={value!r}" for key, value in given.items())
        raise ConfigurationError(
            f"{options} given with {name!r}, a collection that is as it is",
            "Leave it out; --limit takes the first.",
        )
    collection: ProblemSource = COLLECTIONS.load(name)
    return collection


def _is_generator(spec: str) -> bool:
    name = spec.partition(":")[0]
    return name in GENERATORS or not ("/" in name or "." in name or Path(spec).exists())


def _generated(spec: str, given: dict[str, int]) -> GeneratedProblems:
    name, _, text = spec.partition(":")
    if name not in GENERATORS:
        raise UnknownName.of("problem generator or collection", name, [*GENERATORS, *COLLECTIONS])
    generator: Generator = GENERATORS.load(name)
    written = _parse(name, text)
    for parameter in [*written, *given]:
        if parameter not in PARAMETERS:
            raise UnknownName.of(f"parameter of generator {name!r}", parameter, PARAMETERS)
    for parameter in written.keys() & given.keys():
        if written[parameter] != given[parameter]:
            raise ConfigurationError(
                f"{parameter} is {written[parameter]} in {spec!r} and {given[parameter]!r} beside it",
                "Give it once.",
            )
    arguments: dict[str, Any] = {**written, **given}
    return GeneratedProblems(generator=generator, **arguments)


def _parse(name: str, text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in filter(None, text.split(",")):
        key, equals, value = (word.strip() for word in part.partition("="))
        if not equals or not value.removeprefix("-").isascii() or not value.removeprefix("-").isdigit():
            raise ConfigurationError(
                f"{part!r} is no parameter of generator {name!r}",
                f'Write whole numbers, as in "{name}:level=1,seed=7,size=1000".',
            )
        if key in found:
            raise ConfigurationError(f"{key} is given twice in {text!r}", "Give it once.")
        found[key] = int(value)
    return found
