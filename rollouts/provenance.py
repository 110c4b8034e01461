"""Where a published response comes from: what raw rows carry in their `metadata`, written and read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PROVENANCE = (
    "model",
    "model_revision",
    "template",
    "sampling",
    "sample_index",
    "finish_reason",
    "prompt_tokens",
    "completion_tokens",
    "verifier",
)
"""Keys that curation adds to the metadata of a raw row."""

_DISPLACED = "problem_metadata"


def with_provenance(problem: Mapping[str, Any], provenance: Mapping[str, Any]) -> dict[str, Any]:
    """A problem's metadata with a response's provenance; the problem's own keys of that name move aside."""
    taken = {name: problem[name] for name in provenance if name in problem}
    return {**problem, **provenance, **({_DISPLACED: taken} if taken else {})}


def split_provenance(metadata: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The problem's own metadata and the response's provenance, which is empty where it is not all there."""
    if not all(name in metadata for name in PROVENANCE):
        return dict(metadata), {}
    own = {name: value for name, value in metadata.items() if name not in (*PROVENANCE, _DISPLACED)}
    return {**own, **metadata.get(_DISPLACED, {})}, {name: metadata[name] for name in PROVENANCE}
