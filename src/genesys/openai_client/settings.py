"""What a client must know."""

from __future__ import annotations

import math
from dataclasses import dataclass

from genesys.errors import ConfigurationError
from genesys.openai_client.endpoint import Endpoint


@dataclass(frozen=True, kw_only=True)
class ClientSettings:
    """Endpoints, limits and patience. Nothing of this moves a score or a text.

    Attributes:
        endpoints: Where to; all must serve the same model.
        concurrency: Requests in flight at most, over all endpoints.
        requests_per_minute: Requests sent in any minute at most, retries too; None is no limit.
        tokens_per_minute: Tokens of prompts and completions in any minute at most; None is no limit.
            Estimated before a request (its `max_tokens` counts in full) and corrected by the reply's usage.
        timeout: Seconds one attempt may take; of a stream, seconds of silence.
        connect_timeout: Seconds a connection may take to be made.
        attempts: Attempts a call at most.
        patience: Where no endpoint works at all, seconds since the last answer of any during which calls
            wait for one to come back; after that they fail at once, but for a probe now and then.
        price_prompt: Price of a million prompt tokens, in any unit; None is unknown.
        price_completion: Price of a million completion tokens, in the same unit.

    Raises:
        ConfigurationError: If a value makes no sense.
    """

    endpoints: tuple[Endpoint, ...]
    concurrency: int = 64
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    timeout: float = 600.0
    connect_timeout: float = 10.0
    attempts: int = 6
    patience: float = 30.0
    price_prompt: float | None = None
    price_completion: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "endpoints", tuple(self.endpoints))
        if not self.endpoints:
            raise ConfigurationError(
                "there is no endpoint to ask", 'Name one, such as "http://127.0.0.1:8000/v1".'
            )
        urls = [endpoint.url for endpoint in self.endpoints]
        if len(set(urls)) < len(urls):
            twice = next(url for url in urls if urls.count(url) > 1)
            raise ConfigurationError(f"the endpoint {twice} is given twice", "Give it once, with a weight.")
        for name in ("concurrency", "attempts"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ConfigurationError(f"{name} must be a whole number from 1, not {value!r}")
        for name in ("timeout", "connect_timeout"):
            self._check(name, above=True)
        self._check("patience", above=False)
        for name in ("requests_per_minute", "tokens_per_minute"):
            self._check(name, above=True, optional=True)
        for name in ("price_prompt", "price_completion"):
            self._check(name, above=False, optional=True)

    def _check(self, name: str, *, above: bool, optional: bool = False) -> None:
        value = getattr(self, name)
        if value is None and optional:
            return
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not number or value < 0 or (above and value == 0):
            raise ConfigurationError(f"{name} must be {'above' if above else 'at least'} 0, not {value!r}")
