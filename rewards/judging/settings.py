"""What moves a judged score: the parameters that judging verifiers share."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

from genesys.errors import ConfigurationError
from genesys.rewards.judging.rendering import MAX_CANDIDATE
from genesys.schema import canonical_json

SchemaUse = Literal["bound", "plain", "off"]

MAX_SAMPLES = 64


@dataclass(frozen=True, kw_only=True)
class JudgeSettings:
    """Which judge is asked, and how often.

    Attributes:
        model: The judge. Empty is none: every question is `judge_unconfigured`.
        answer_format: Where the answer stands; by default as the problem says, else as the rubric needs it.
        temperature: Of the judge's replies.
        max_tokens: Tokens of a reply at most, a thinking judge's thoughts included.
        samples: Replies a question; the median, or the word of the majority, counts.
        swap: Whether each question is asked a second time with reference and candidate in the other order;
            points are averaged, words must be the same.
        second_model: A second judge that must agree, or "".
        agreement: Points by which two judges may differ; of those that agree the lower counts.
        max_characters: Characters of a completion that are shown at most, half from each end.
        request: Further fields of the request as JSON, such as '{"reasoning_effort": "low"}'.
    """

    model: str = ""
    answer_format: str | None = None
    temperature: float = 0.0
    max_tokens: int = 2_048
    samples: int = 1
    swap: bool = False
    second_model: str = ""
    agreement: float = 10.0
    max_characters: int = MAX_CANDIDATE
    request: str = "{}"

    @classmethod
    def names(cls) -> set[str]:
        """The names of the parameters."""
        return {one.name for one in fields(cls)}

    @classmethod
    def configured(cls, **params: Any) -> Self:
        """The verifier with the judge and the parameters that this process has configured.

        Args:
            **params: Parameters that count before the configured ones.

        Raises:
            ConfigurationError: If the configuration cannot be read.
        """
        from genesys.rewards.judging.configuration import judge_config

        config = judge_config()
        found = {} if config is None else config.parameters(cls.names())
        if isinstance(found.get("request"), dict):
            found["request"] = canonical_json(found["request"])
        if "model" in params:  # a pinned judge is not joined by whichever second one is configured
            found.pop("second_model", None)
        return cls(**{**found, **params})

    def __post_init__(self) -> None:
        for name in ("model", "second_model", "request"):
            if not isinstance(getattr(self, name), str):
                raise ConfigurationError(f"{name} must be text, not {getattr(self, name)!r}")
        self._check_number("temperature", 0, 2)
        self._check_number("agreement", 0, 100)
        self._check_whole("samples", 1, MAX_SAMPLES)
        self._check_whole("max_tokens", 1, 1 << 20)
        self._check_whole("max_characters", 200, 1 << 20)
        if self.samples > 1 and self.temperature == 0:
            raise ConfigurationError(
                f"{self.samples} samples at temperature 0 are one and the same",
                "Set a temperature, such as 0.6.",
            )
        if self.second_model and self.second_model == self.model:
            raise ConfigurationError(
                "the second judge is the first one", "Set samples to ask one judge twice."
            )
        self.extra()

    def extra(self) -> dict[str, Any]:
        """The further fields of the request.

        Raises:
            ConfigurationError: If they are no JSON object, or would change what is asked.
        """
        try:
            value = json.loads(self.request)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise ConfigurationError(f"request must be a JSON object as text, not {self.request!r}")
        taken = sorted({"messages", "model", "stream", "n", "response_format"} & value.keys())
        if taken:
            raise ConfigurationError(f"request must not set {taken[0]!r}", "It is for further fields alone.")
        return value

    def _check_number(self, name: str, low: float, high: float) -> None:
        value = getattr(self, name)
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not number or not low <= value <= high:
            raise ConfigurationError(f"{name} must lie between {low} and {high}, not {value!r}")

    def _check_whole(self, name: str, low: int, high: int) -> None:
        value = getattr(self, name)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ConfigurationError(f"{name} must be a whole number between {low} and {high}, not {value!r}")
