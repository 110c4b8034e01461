"""One question to one judge, and what identifies it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from genesys.rewards.judging.rendering import Asked
from genesys.rewards.judging.replies import MAX_EXPLANATION
from genesys.rewards.judging.rubric import Rubric
from genesys.rewards.judging.settings import JudgeSettings, SchemaUse
from genesys.schema import digest_of

_FORMAT = "genesys judgement 1"


class JudgeFailed(Exception):
    """A question that has no judgement; becomes a verdict without a score.

    Attributes:
        cause: The cause's name.
        info: What the verdict says of it.
    """

    def __init__(self, cause: str, **info: Any) -> None:
        super().__init__(cause)
        self.cause = cause
        self.info = info


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question.

    Attributes:
        rubric: What is asked.
        asked: The rendered messages.
        model: Who is asked.
        settings: How.
        sample: The sample's number.
    """

    rubric: Rubric
    asked: Asked
    model: str
    settings: JudgeSettings
    sample: int = 0

    @cached_property
    def key(self) -> str:
        """Digest of all that an answer depends on: what is asked, whom, and how; not where."""
        how = [self.settings.temperature, self.settings.max_tokens, self.settings.request, self.sample]
        return digest_of(_FORMAT, self.rubric.key, self.asked.messages, self.model, how, bits=128)

    def body(self, use: SchemaUse, asked: Asked | None = None) -> dict[str, Any]:
        """The request.

        Args:
            use: Whether and which JSON schema goes with it.
            asked: Other messages than its own: those of the one more request.
        """
        asked = asked or self.asked
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [dict(message) for message in asked.messages],
            "temperature": self.settings.temperature,
            "max_tokens": self.settings.max_tokens,
            **self.settings.extra(),
        }
        if self.settings.temperature > 0:
            body.setdefault("seed", int(self.key[:7], 16))
        if "max_completion_tokens" in body:
            del body["max_tokens"]
        if use != "off":
            schema = reply_schema(self.rubric, asked.receipt if use == "bound" else None)
            form = {"name": "judgement", "strict": True, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        return body


def reply_schema(rubric: Rubric, receipt: str | None) -> Mapping[str, Any]:
    """The JSON schema of a reply; with a receipt number, that number is the only one it may carry.

    Then the explanation is bounded as well: a small judge under a grammar may otherwise find no end.
    """
    if receipt is None:
        return rubric.schema
    properties = dict(rubric.schema["properties"])
    properties["receipt"] = {"type": "string", "enum": [receipt]}
    properties["explanation"] = {**properties["explanation"], "maxLength": MAX_EXPLANATION}
    return {**rubric.schema, "properties": properties}
