"""What the server sampler asks before a harvest begins: which models there are, and how long they read."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from genesys.errors import (
    ConfigurationError,
    EndpointError,
    EndpointUnreachable,
    RequestRefused,
    SamplerError,
    UnknownName,
)
from genesys.openai_client import ClientSettings, Endpoint, OpenAIClient

logger = logging.getLogger(__name__)

_BETWEEN_LOOKS = 1.0
ANY_MODEL = "auto"
"""The name that stands for the only model that the servers have."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """What the servers say of the model.

    Attributes:
        model: Its name.
        max_model_len: Tokens of prompt and completion at most, or None where no server says.
        vllm: Whether all servers that answered are vLLM's own, with its additions to the protocol.
    """

    model: str
    max_model_len: int | None
    vllm: bool


def endpoints_of(
    option: str | Mapping[str, Any] | Sequence[str | Mapping[str, Any]], key_env: str | None
) -> tuple[Endpoint, ...]:
    """The endpoints that an option names: an address, an object of `Endpoint`'s fields, or a list of these.

    Args:
        option: As above.
        key_env: The environment variable with the key, where an endpoint names none.

    Raises:
        ConfigurationError: If it is none of these.
    """
    several = [option] if isinstance(option, str | Mapping) else option
    shared = {} if key_env is None else {"key_env": key_env}
    try:
        described = [{"url": one} if isinstance(one, str) else dict(one) for one in several]
        return tuple(Endpoint(**{**shared, **fields}) for fields in described)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(
            f"the endpoints cannot be read: {error}",
            'Give an address such as "http://127.0.0.1:8000/v1", or a list of addresses or of objects with '
            "url, weight and key_env.",
        ) from None


def look(settings: ClientSettings, model: str, *, wait: float = 0.0) -> Served:
    """Asks all endpoints for their models. Blocks; works inside a running event loop, too.

    Args:
        settings: Endpoints and timeouts.
        model: The model's name, or "auto".
        wait: Seconds to ask again for, while no endpoint answers.

    Raises:
        SamplerError: If no endpoint answers, or refuses the key.
        UnknownName: If an endpoint has no such model; the error lists what it has.
        ConfigurationError: If the model is to be the only one, and there are several.
    """
    with ThreadPoolExecutor(1) as thread:
        listings = thread.submit(lambda: asyncio.run(_awaited(settings, wait))).result()
    return _served(listings, model)


async def _awaited(settings: ClientSettings, wait: float) -> dict[str, list[dict[str, Any]] | EndpointError]:
    """The model cards, once an endpoint answers or the wait is over."""
    until = time.monotonic() + wait
    while True:
        listings = await _listings(settings)
        unreachable = all(isinstance(listing, EndpointUnreachable) for listing in listings.values())
        if not unreachable or time.monotonic() >= until:
            return listings
        await asyncio.sleep(_BETWEEN_LOOKS)


async def _listings(settings: ClientSettings) -> dict[str, list[dict[str, Any]] | EndpointError]:
    """The model cards of each endpoint, or why there are none."""

    async def one(endpoint: Endpoint) -> list[dict[str, Any]] | EndpointError:
        client = OpenAIClient(
            ClientSettings(
                endpoints=(endpoint,), timeout=settings.timeout, connect_timeout=settings.connect_timeout
            )
        )
        try:
            return await client.model_cards()
        except EndpointError as error:
            return error
        finally:
            await client.aclose()

    found = await asyncio.gather(*map(one, settings.endpoints))
    return {endpoint.url: listing for endpoint, listing in zip(settings.endpoints, found, strict=True)}


def _served(listings: Mapping[str, list[dict[str, Any]] | EndpointError], model: str) -> Served:
    listed: dict[str, list[dict[str, Any]]] = {}
    faults: dict[str, EndpointError] = {}
    for url, listing in listings.items():
        if isinstance(listing, EndpointError):
            faults[url] = listing
        else:
            listed[url] = listing
    _check_faults(faults, model, anything=bool(listed))
    name = _only_model(listed) if model == ANY_MODEL else model
    cards = [_card(url, cards, name) for url, cards in listed.items()]
    lengths = [card["max_model_len"] for card in cards if isinstance(card.get("max_model_len"), int)]
    return Served(
        model=name,
        max_model_len=min(lengths, default=None),
        vllm=bool(cards) and all(card.get("owned_by") == "vllm" for card in cards),
    )


def _check_faults(faults: Mapping[str, EndpointError], model: str, *, anything: bool) -> None:
    """Stops where a harvest cannot begin; an endpoint that is down while others answer may come back."""
    for url, fault in faults.items():
        no_listing = isinstance(fault, RequestRefused) and fault.status in (404, 405)
        if no_listing and model == ANY_MODEL:
            raise SamplerError(f"{url} lists no models", "Name the model with --model.")
        if isinstance(fault, RequestRefused) and not no_listing:
            raise SamplerError(fault.fault, fault.remedy)
        if not no_listing and not anything:
            raise SamplerError(
                fault.fault,
                "Start the server, or check the address; `genesys doctor --endpoint URL` looks at it. A server "
                "that is still loading is waited for with -o wait=600.",
            )
        logger.warning("%s", fault.fault)


def _only_model(listed: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    # vLLM lists an adapter after its base model, with the base as its parent.
    names = {str(card["id"]) for cards in listed.values() for card in cards if not card.get("parent")}
    if len(names) != 1:
        raise ConfigurationError(
            f"the servers have {len(names)} models: {', '.join(sorted(names)) or 'none'}",
            "Name one with --model.",
        )
    return names.pop()


def _card(url: str, cards: Sequence[Mapping[str, Any]], model: str) -> Mapping[str, Any]:
    for card in cards:
        if card["id"] == model:
            return card
    raise UnknownName.of(f"model at {url}:", model, (str(card["id"]) for card in cards))
