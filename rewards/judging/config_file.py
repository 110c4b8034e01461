"""The operational configuration of a judge: where it is, what it may cost, where its verdicts are kept.

    model = "Qwen/Qwen3-32B"
    endpoints = ["http://127.0.0.1:8000/v1"]
    concurrency = 64

    [verifier]              # what moves a score: becomes parameters of the verifier, and part of its key
    samples = 3
    temperature = 0.6

It is found through `--judge` or the environment variable GENESYS_JUDGE, which forked and spawned processes
inherit: the path of such a file, or the address of a server, `http://127.0.0.1:8000/v1#MODEL`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_args

from genesys.errors import ConfigurationError, UnknownName
from genesys.openai_client.endpoint import KEY_VARIABLE, Endpoint
from genesys.openai_client.settings import ClientSettings
from genesys.rewards.judging.places import cache_folder
from genesys.rewards.judging.settings import JudgeSettings, SchemaUse

_TABLES = ("verifier", "second", "cache")
_CLIENT = tuple(one.name for one in fields(ClientSettings) if one.name != "endpoints")
_SERVER = ("model", "endpoints", "key_env", "schema", "stream", *_CLIENT)


@dataclass(frozen=True, kw_only=True)
class JudgeServer:
    """One judge: a model and where it is served.

    Attributes:
        model: Its name, as its servers know it.
        client: Endpoints, limits, timeouts and prices.
        schema: How the form of replies is held: "bound" sends a JSON schema in which the receipt number is
            fixed; "plain" one schema for all questions, for providers that are slow to take a new one; "off"
            none. A server that refuses schemas is asked without.
        stream: Whether replies are streamed, which keeps proxies patient with a judge that thinks for long.
    """

    model: str
    client: ClientSettings
    schema: SchemaUse = "bound"
    stream: bool = False


@dataclass(frozen=True, kw_only=True)
class JudgeConfig:
    """What a process knows of its judges.

    Attributes:
        servers: The judges by model; the first is the one that counts.
        cache: The folder of the cache.
        verifier: Parameters of judging verifiers.
    """

    servers: Mapping[str, JudgeServer]
    cache: Path = field(default_factory=cache_folder)
    verifier: Mapping[str, Any] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """The first judge."""
        return next(iter(self.servers))

    def parameters(self, known: set[str]) -> dict[str, Any]:
        """What it sets of a verifier's parameters, of those that the verifier has."""
        second = list(self.servers)[1:]
        given = {"model": self.model, **({"second_model": second[0]} if second else {}), **self.verifier}
        return {name: value for name, value in given.items() if name in known}


def of_server(url: str, model: str) -> JudgeConfig:
    """The configuration of one server with nothing but defaults."""
    client = ClientSettings(endpoints=(Endpoint(url=url),), timeout=_TIMEOUT)
    return JudgeConfig(servers={model: JudgeServer(model=model, client=client)})


def read_config(path: Path) -> JudgeConfig:
    """Reads a file.

    Raises:
        ConfigurationError: If there is none, it is no TOML, or it says something that makes no sense.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"the judge's configuration {str(path)!r} cannot be read: {error.strerror}", _EXAMPLE
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"the judge's configuration {str(path)!r} is no TOML: {error}", _EXAMPLE
        ) from None
    try:
        return _config(values)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error.fault}", error.remedy) from None
    except TypeError as error:  # a text where a number belongs, say
        raise ConfigurationError(f"{path}: {error}", _EXAMPLE) from None


_TIMEOUT = 180.0
_EXAMPLE = 'At least: model = "NAME" and endpoints = ["http://127.0.0.1:8000/v1"].'


def _config(values: dict[str, Any]) -> JudgeConfig:
    first = _server({name: value for name, value in values.items() if name not in _TABLES})
    servers = {first.model: first}
    if "second" in values:
        second = _server(_table(values, "second"))
        if second.model in servers:
            raise ConfigurationError(
                f"the second judge is the first one, {second.model!r}",
                "To ask one judge several times, set samples in [verifier].",
            )
        servers[second.model] = second
    parameters = _table(values, "verifier")
    known = JudgeSettings.names() - {"model", "second_model"} | {"rubric", "check_share"}
    _check_names("parameter of [verifier]", parameters, known)
    cache = _table(values, "cache")
    _check_names("setting of [cache]", cache, {"folder"})
    folder = Path(cache["folder"]).expanduser() if "folder" in cache else cache_folder()
    return JudgeConfig(servers=servers, cache=folder, verifier=parameters)


def _table(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    table = values.get(name, {})
    if not isinstance(table, dict):
        raise ConfigurationError(f"{name} must be a table, not {table!r}", f"Write it under [{name}].")
    return table


def _server(values: Mapping[str, Any]) -> JudgeServer:
    _check_names("setting", values, {*_SERVER, *_TABLES})
    model, places = values.get("model"), values.get("endpoints")
    if not isinstance(model, str) or not model:
        raise ConfigurationError(f"model must be the name of a model, not {model!r}", _EXAMPLE)
    if not isinstance(places, list) or not places:
        raise ConfigurationError(f"endpoints must be a list of addresses, not {places!r}", _EXAMPLE)
    use = values.get("schema", "bound")
    if use not in get_args(SchemaUse):
        raise UnknownName.of("value of schema", str(use), get_args(SchemaUse))
    key_env = values.get("key_env", KEY_VARIABLE)
    if not isinstance(key_env, str):
        raise ConfigurationError(f"key_env must name an environment variable, not {key_env!r}")
    endpoints = tuple(_endpoint(place, key_env) for place in places)
    settings = {name: values[name] for name in _CLIENT if name in values}
    client = ClientSettings(endpoints=endpoints, **{"timeout": _TIMEOUT, **settings})
    stream = values.get("stream", False)
    if not isinstance(stream, bool):
        raise ConfigurationError(f"stream must be true or false, not {stream!r}")
    return JudgeServer(model=model, client=client, schema=use, stream=stream)


def _endpoint(place: object, key_env: str) -> Endpoint:
    if isinstance(place, str):
        return Endpoint(url=place, key_env=key_env)
    if isinstance(place, dict) and isinstance(place.get("url"), str):
        _check_names("setting of an endpoint", place, {"url", "weight", "key_env"})
        return Endpoint(**{"key_env": key_env, **place})
    raise ConfigurationError(f"an endpoint must be an address or a table with url, not {place!r}")


def _check_names(noun: str, values: Mapping[str, Any], known: set[str]) -> None:
    for name in values:
        if name not in known:
            raise UnknownName.of(noun, name, known)
