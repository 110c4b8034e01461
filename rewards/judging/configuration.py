"""Which judge this process asks: one environment variable, which child processes inherit."""

from __future__ import annotations

import asyncio
import os
import threading
from functools import lru_cache
from pathlib import Path

from genesys.errors import ConfigurationError, EndpointError, GenesysError
from genesys.rewards.judging.config_file import JudgeConfig, of_server, read_config

VARIABLE = "GENESYS_JUDGE"
"""The path of a configuration file, or a server's address, maybe with `#MODEL` behind it."""


def judge_config() -> JudgeConfig | None:
    """The configuration of this process, or None where it has none.

    Raises:
        ConfigurationError: If there is one and it cannot be used.
    """
    value = os.environ.get(VARIABLE, "").strip()
    return _read(value) if value else None


def configure_judge(value: str | os.PathLike[str]) -> JudgeConfig:
    """Sets the judge of this process and of those that it will start.

    Args:
        value: A TOML file, or a server's address such as "http://127.0.0.1:8000/v1", with "#MODEL" behind
            it where the server has more than one model.

    Raises:
        ConfigurationError: If it cannot be used; nothing is set then.
    """
    given = os.fspath(value).strip()
    if not given:
        raise ConfigurationError("the judge is an empty text", "Give a TOML file or a server's address.")
    full = _with_model(given) if _is_address(given) else str(Path(given).expanduser().resolve())
    config = _read(full)
    os.environ[VARIABLE] = full
    return config


@lru_cache(maxsize=32)
def _read(value: str) -> JudgeConfig:
    if not _is_address(value):
        return read_config(Path(value).expanduser())
    url, _, model = _with_model(value).rpartition("#")
    return of_server(url, model)


def _is_address(value: str) -> bool:
    return value.startswith(("http://", "https://"))


def _with_model(value: str) -> str:
    """An address with its model: the one that the server lists, where none is named."""
    url, _, model = value.partition("#")
    if model:
        return value
    listed = _listed_models(url)
    if len(listed) != 1:
        raise ConfigurationError(
            f"the server at {url} serves {len(listed)} models: {', '.join(listed[:10]) or 'none'}",
            f"Name one: {url}#MODEL",
        )
    return f"{url}#{listed[0]}"


def _listed_models(url: str) -> list[str]:
    """Asks on a thread of its own, since the caller may be inside a running loop."""
    found: list[list[str] | GenesysError] = []

    def ask() -> None:
        try:
            found.append(asyncio.run(_models(url)))
        except GenesysError as error:
            found.append(error)

    thread = threading.Thread(target=ask, name="genesys-judge-models")
    thread.start()
    thread.join()
    if not found or isinstance(found[0], EndpointError):
        fault = found[0].fault if found and isinstance(found[0], EndpointError) else "it gave no answer"
        raise ConfigurationError(
            f"the judge's server at {url} does not say which model it serves: {fault}",
            f"Start it, or name the model: {url}#MODEL",
        )
    if isinstance(found[0], GenesysError):
        raise found[0]
    return found[0]


async def _models(url: str) -> list[str]:
    from genesys.openai_client import OpenAIClient

    client = OpenAIClient(of_server(url, "?").servers["?"].client)
    try:
        return await client.models()
    finally:
        await client.aclose()
