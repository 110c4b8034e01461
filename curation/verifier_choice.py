"""Whose scores count: asked for, said by the recipe, the task type's own verifier, or the only ones there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genesys.curation.lake import Lake
from genesys.curation.recipe import Recipe
from genesys.errors import ConfigurationError, UnknownName
from genesys.rewards.registry import DEFAULTS, default_spec

_SCORED_BY = """
SELECT task_type, verifier, count(DISTINCT place) FROM verdict GROUP BY ALL ORDER BY ALL
"""


def choose_verifiers(lake: Lake, recipe: Recipe, asked: Sequence[str]) -> dict[str, str]:
    """Task type -> key of the verifier whose scores count; task types that nobody scored are absent.

    Args:
        lake: With the table `verdict`.
        recipe: Its `verifiers` count where none is asked for.
        asked: Keys, or names where one key has that name: "math@1", "math".

    Raises:
        UnknownName: If a verifier that is asked for has scored nothing.
        ConfigurationError: If several have scored a task type, none of them is its default, and none is
            named.
    """
    scored: dict[str, dict[str, int]] = {}
    for task_type, key, responses in lake.rows(_SCORED_BY):
        scored.setdefault(task_type, {})[key] = responses
    for name in asked:
        keys = {key for counts in scored.values() for key in counts}
        if not any(_names(name, key) for key in keys):
            raise UnknownName.of("verifier key", name, keys)
    return {task_type: _choose(task_type, counts, recipe, asked) for task_type, counts in scored.items()}


def _choose(task_type: str, counts: Mapping[str, int], recipe: Recipe, asked: Sequence[str]) -> str:
    wanted = [key for key in counts if any(_names(name, key) for name in asked)]
    exact = [key for key in wanted if key in asked]
    if not wanted and task_type in recipe.verifiers:
        name = recipe.verifiers[task_type]
        wanted = [key for key in counts if _names(name, key)]
        exact = [key for key in wanted if key == name]
        if not wanted:
            raise ConfigurationError(
                f"the recipe counts the scores of {name!r} for {task_type}, which has scored none; "
                f"there are: {_listed(counts)}",
                f"Run `genesys score RUN --verifier {name}` first, or choose one with --verifier.",
            )
    candidates = exact or wanted or _own(task_type, counts) or list(counts)
    if len(candidates) > 1:
        listed = _listed({key: counts[key] for key in candidates})
        raise ConfigurationError(
            f"several verifiers have scored {task_type}: {listed}",
            f"Choose one, such as --verifier {candidates[0]}, or name it under [verifiers] in the recipe.",
        )
    return candidates[0]


def _own(task_type: str, counts: Mapping[str, int]) -> list[str]:
    """The keys of the task type's default verifier, where it has scored: other scores stand for comparison.

    Its plain key goes before those with parameters, such as another answer format.
    """
    if task_type not in DEFAULTS:
        return []
    own = default_spec(task_type)
    exact = [key for key in counts if key == own.key]
    return exact or [key for key in counts if _names(own.name, key)]


def _names(name: str, key: str) -> bool:
    """Whether a name, maybe with its version, or a whole key names a key."""
    return name in (key, key.partition("+")[0], key.partition("@")[0])


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{key} ({count:,} responses)" for key, count in counts.items())
