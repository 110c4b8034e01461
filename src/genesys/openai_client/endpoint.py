"""Where a server is, and which environment variable holds its key."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from genesys.errors import ConfigurationError

KEY_VARIABLE = "OPENAI_API_KEY"


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One base address of the protocol.

    The key is looked up in the environment for each request and stands nowhere else: not in this object,
    its repr, errors, logs or ledgers.

    Attributes:
        url: The base, which for nearly all servers ends in `/v1`; added where the address has no path.
        weight: Its share of the requests, relative to the other endpoints.
        key_env: The environment variable that holds the key; without a value no key is sent.

    Raises:
        ConfigurationError: If the address is none, carries credentials, or the weight is not positive.
    """

    url: str
    weight: float = 1.0
    key_env: str = KEY_VARIABLE

    def __post_init__(self) -> None:
        _check_address(self.url)
        if not (self.weight > 0 and math.isfinite(self.weight)):
            raise ConfigurationError(f"the weight of {self.url} must be a positive number, not {self.weight}")
        base = self.url.rstrip("/")
        object.__setattr__(self, "url", base if urlsplit(base).path else f"{base}/v1")

    def key(self) -> str | None:
        """The key, or None where the variable is unset or empty.

        Raises:
            ConfigurationError: If it cannot stand in a header. The error does not show it.
        """
        key = os.environ.get(self.key_env, "").strip() if self.key_env else ""
        if not key:
            return None
        if not key.isascii() or not key.isprintable() or " " in key:
            raise ConfigurationError(
                f"the key in the environment variable {self.key_env} holds characters that no header can carry",
                "Set it again, without spaces, line breaks and letters beyond ASCII.",
            )
        return key


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number
    except ValueError as error:
        raise ConfigurationError(f"the endpoint {url!r:.200} is no address: {error}") from None
    if parts.username is not None or parts.password is not None or parts.query:
        raise ConfigurationError(  # not shown: it may hold a key
            f"the address of the endpoint at {parts.hostname} carries credentials or a query",
            "Put the key into an environment variable and name it as key_env.",
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            f"the endpoint {url!r:.200} is no http or https address",
            'Write the base of the protocol, such as "http://127.0.0.1:8000/v1".',
        )
