"""A completion: one sampled answer of a model, with its reasoning and its provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from genesys.errors import MalformedRow
from genesys.schema.digests import canonical_json, text_digest
from genesys.schema.parsing import parse_struct

FinishReason = Literal["stop", "length", "repetition", "error"]


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How completions are drawn.

    Attributes:
        temperature: 0 is greedy.
        top_p: Nucleus: the smallest set of tokens whose probability reaches this, in (0, 1].
        top_k: The most probable tokens considered; 0 considers all.
        max_tokens: The most tokens a completion may have.
        stop: Texts that end a completion; they are not part of it.
        seed: Seed of this one sample; None in a run's settings, where the run's seed decides.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    max_tokens: int = 4096
    stop: tuple[str, ...] = ()
    seed: int | None = None

    def identity(self) -> dict[str, Any]:
        """What distinguishes two ways of sampling; the seed of a single sample does not."""
        settings = asdict(self)
        del settings["seed"]
        return settings | {"stop": list(self.stop)}

    @classmethod
    def from_struct(cls, value: object) -> Sampling:
        """Rebuilds the settings from a mapping or its JSON."""
        settings = parse_struct(value, column="sampling")
        return cls(**{**settings, "stop": tuple(settings.get("stop") or ())})


@dataclass(frozen=True, kw_only=True)
class Completion:
    """One sampled answer.

    Attributes:
        response_id: 128 bits of hex, see `genesys.rollouts.identity`; imported rows keep theirs.
        problem_id: The problem it answers.
        sample_index: Its place in the problem's group, from 0.
        text: Canonical text: reasoning between think tags, then the answer.
        finish_reason: Why sampling ended.
        prompt_tokens: Tokens of the rendered prompt, or None where unknown.
        completion_tokens: Tokens sampled, or None where unknown.
        model: Name or path of the model.
        model_revision: Commit or digest of its weights, or None where unknown.
        template: The template that rendered the messages, `"name@version"`.
        sampling: How it was drawn, with its own seed.
        parent_id: The response it continues, or None.
        token_ids: Sampled tokens, where the sampler keeps them.
        logprobs: Log-probability of each sampled token, where the sampler keeps them.
        started_at: Unix time in seconds at which sampling began.
        seconds: Wall seconds it took; samples of one batch share theirs.
        host: Name of the machine, never an address.
    """

    response_id: str
    problem_id: str
    sample_index: int
    text: str
    finish_reason: FinishReason
    prompt_tokens: int | None
    completion_tokens: int | None
    model: str
    model_revision: str | None
    template: str
    sampling: Sampling
    parent_id: str | None = None
    token_ids: tuple[int, ...] | None = None
    logprobs: tuple[float, ...] | None = None
    started_at: float = 0.0
    seconds: float = 0.0
    host: str = ""

    @property
    def text_digest(self) -> str:
        """SHA-256 of the text."""
        return text_digest(self.text)

    def to_row(self) -> dict[str, Any]:
        """A flat row; `sampling` is JSON text and the long text comes last."""
        return {
            "response_id": self.response_id,
            "problem_id": self.problem_id,
            "sample_index": self.sample_index,
            "finish_reason": self.finish_reason,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "model": self.model,
            "model_revision": self.model_revision,
            "template": self.template,
            "sampling": canonical_json(asdict(self.sampling)),
            "parent_id": self.parent_id,
            "started_at": self.started_at,
            "seconds": self.seconds,
            "host": self.host,
            "token_ids": None if self.token_ids is None else list(self.token_ids),
            "logprobs": None if self.logprobs is None else list(self.logprobs),
            "text": self.text,
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Completion:
        """Rebuilds a completion from a row of a run folder.

        Raises:
            MalformedRow: If a column is missing or its finish reason is unknown.
        """
        if row.get("finish_reason") not in get_args(FinishReason):
            raise MalformedRow(
                f"finish_reason must be one of {get_args(FinishReason)}, not {row.get('finish_reason')!r}"
            )
        known = {name: row[name] for name in cls.__dataclass_fields__ if name in row}
        for column in ("token_ids", "logprobs"):
            if known.get(column) is not None:
                known[column] = tuple(known[column])
        try:
            return cls(**{**known, "sampling": Sampling.from_struct(row.get("sampling"))})
        except TypeError as error:
            raise MalformedRow(f"a completion row does not fit: {error}") from None
