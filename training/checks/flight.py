"""What the checks look at: the configuration, a sample of the rows, the tokenizer, the rewards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Literal

from genesys.errors import ConfigurationError
from genesys.training.completion_text import opened_by

Kind = Literal["sft", "dpo", "grpo"]
_KINDS: dict[str, Kind] = {
    "SFTConfig": "sft",
    "DPOConfig": "dpo",
    "GRPOConfig": "grpo",
    "RLOOConfig": "grpo",
    "AsyncGRPOConfig": "grpo",
}


@dataclass(frozen=True, kw_only=True)
class Past:
    """What an offline run of the same model on these problems says.

    Attributes:
        pass_rates: problem_id -> share of its completions that passed.
        lengths: Tokens of each completion, and whether it passed.
    """

    pass_rates: Mapping[str, float]
    lengths: Sequence[tuple[int, bool]] = ()


@dataclass(frozen=True, kw_only=True)
class Flight:
    """A training before it starts.

    Attributes:
        config: The trainer's configuration.
        rows: A sample of the dataset's rows, spread over it.
        total: Rows of the dataset, or None for a stream.
        tokenizer: The tokenizer with its chat template.
        rewards: The reward functions, for GRPO.
        model: The model or its name, where known.
        past: An offline run, where there is one.
    """

    config: Any
    rows: Sequence[Mapping[str, Any]]
    total: int | None
    tokenizer: Any
    rewards: Sequence[Any] = ()
    model: Any = None
    past: Past | None = None

    @cached_property
    def kind(self) -> Kind:
        """Which training it is, by its configuration.

        Raises:
            ConfigurationError: If no check knows it.
        """
        for cls in type(self.config).__mro__:
            if cls.__name__ in _KINDS:
                return _KINDS[cls.__name__]
        raise ConfigurationError(
            f"preflight does not know the configuration {type(self.config).__name__}",
            f"It knows {', '.join(_KINDS)}.",
        )

    @cached_property
    def context(self) -> int | None:
        """Most tokens of a prompt with its completion, by the model and by vLLM, where they are known."""
        config = self._part("config", "AutoConfig")
        of_text = config.get_text_config() if hasattr(config, "get_text_config") else config
        of_model = getattr(of_text, "max_position_embeddings", None)
        of_engine = self.setting("vllm_max_model_length") if self.setting("use_vllm") else None
        known = [size for size in (of_model, of_engine) if isinstance(size, int)]
        return min(known) if known else None

    @cached_property
    def generation_config(self) -> Any:
        """The model's generation configuration, where it is known."""
        return self._part("generation_config", "GenerationConfig")

    def _part(self, name: str, cls: str) -> Any:
        """A part of the model; of a name only what this machine has, so that nothing is downloaded."""
        if not isinstance(self.model, str):
            return getattr(self.model, name, None)
        import transformers

        init = self.setting("model_init_kwargs") or {}
        asked = {"revision": init.get("revision", "main"), "local_files_only": True}
        try:
            return getattr(transformers, cls).from_pretrained(self.model, **asked)
        except (OSError, ValueError):
            return None

    @property
    def sampled(self) -> str:
        """The sample in words, for findings that speak of shares."""
        whole = self.total is not None and self.total == len(self.rows)
        return f"all {len(self.rows)} rows" if whole else f"{len(self.rows)} rows looked at"

    @cached_property
    def conversational(self) -> bool:
        """Whether the rows are messages, which the chat template renders."""
        row = self.rows[0] if self.rows else {}
        return any(isinstance(row.get(name), list) for name in ("messages", "prompt"))

    @cached_property
    def opened(self) -> str:
        """What the chat template opens for the model, such as a think tag."""
        return opened_by(self.tokenizer, **self.template_arguments)

    @property
    def template_arguments(self) -> dict[str, Any]:
        """What the trainer renders the chat template with."""
        return dict(getattr(self.config, "chat_template_kwargs", None) or {})

    def setting(self, name: str, default: Any = None) -> Any:
        """A setting of the configuration."""
        return getattr(self.config, name, default)

    @cached_property
    def template(self) -> str | None:
        """The template that TRL trains with instead of the tokenizer's, to mark assistant turns, or None."""
        from trl.chat_template_utils import get_training_chat_template, has_generation_markers

        if not self.setting("assistant_only_loss") or has_generation_markers(self.tokenizer.chat_template):
            return None
        try:
            made: str | None = get_training_chat_template(self.tokenizer)
        except ValueError:
            return None  # the check of the template says it
        return made

    def texts(self, row: Mapping[str, Any]) -> list[str]:
        """The whole texts that a row trains on."""
        if self.conversational:
            return [self.render(conversation) for conversation in self.conversations(row)]
        endings = [row[name] for name in ("completion", "chosen", "rejected") if row.get(name) is not None]
        name = self.setting("dataset_text_field") or "text"
        return [row["prompt"] + ending for ending in endings] or [str(row.get(name) or "")]

    def conversations(self, row: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
        """The whole conversations that a row trains on."""
        if "messages" in row:
            return [row["messages"]]
        endings = [row[name] for name in ("completion", "chosen", "rejected") if row.get(name) is not None]
        return [[*row["prompt"], *ending] for ending in endings]

    def render(self, messages: Sequence[Mapping[str, Any]], *, generate: bool = False) -> str:
        """A conversation as the chat template writes it."""
        text: str = self.tokenizer.apply_chat_template(
            list(messages),
            tokenize=False,
            add_generation_prompt=generate,
            chat_template=self.template,
            **self.template_arguments,
        )
        return text

    def tokens(self, text: str) -> int:
        """How many tokens a rendered text has."""
        return len(self.tokenizer(text, add_special_tokens=False)["input_ids"])


def sample_rows(dataset: Any, most: int) -> tuple[list[Mapping[str, Any]], int | None]:
    """Rows spread evenly over a dataset, and how many it has; a stream's first ones and None."""
    if not hasattr(dataset, "__len__"):
        return list(islice(_iterate(dataset), most)), None
    total = len(dataset)
    count = min(most, total)
    return [dataset[place * total // count] for place in range(count)], total


def _iterate(dataset: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    yield from dataset
