"""Builds against a real server on loopback, for the tests of LLM steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chat_server import ChatServer

from genesys.rollouts.sampler import SamplerSettings
from genesys.schema import Sampling, digest_of


def model_at(url: str, model: str = "test-model", max_tokens: int = 512) -> SamplerSettings:
    """The model behind a server."""
    sampling = Sampling(temperature=0.7, max_tokens=max_tokens)
    return SamplerSettings(name="server", model=model, sampling=sampling, options={"endpoints": url})


def commit_row(number: int) -> dict[str, Any]:
    """A commit that the rules keep: a constant and its use move."""
    old = f"LIMIT = {number}\n\n\ndef allowed(count):\n    return count < LIMIT\n"
    new = old.replace("count < LIMIT", "count <= LIMIT and count >= 0")
    return {
        "commit": digest_of("commit", number, bits=160),
        "old_file": "limits.py",
        "new_file": "limits.py",
        "old_contents": old,
        "new_contents": new,
        "message": f"Allow the limit itself and refuse negative counts, case {number}",
        "lang": "Python",
        "license": "mit",
        "repos": "someone/limits",
    }


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Rows as JSONL."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def committed(work: Path) -> int:
    """Replies that a build's run folders hold, in parts and spools."""
    from genesys.rollouts.run_reader import RunReader

    folders = [path.parent for path in work.glob("asked/*/run.json")]
    return sum(RunReader(folder).table("completions", ["response_id"]).num_rows for folder in folders)


__all__ = ["ChatServer", "commit_row", "committed", "model_at", "write_rows"]
