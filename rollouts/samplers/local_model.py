"""A causal language model of transformers, opened from a folder or the hub."""

# mypy: untyped-calls-exclude="torch,transformers"
# Parts of their interfaces carry no annotations.

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedModel,
)
from transformers.utils import logging

from genesys.errors import ConfigurationError, SamplerError
from genesys.schema import digest_of, open_think

_WEIGHTS_AND_TOKENIZER = ("*.safetensors", "*.bin", "*.json", "*.jinja", "*.model", "*.txt", "*.tiktoken")
_BESIDE = ("training.json", "trainer_state.json", "training_args.bin", "README.txt", "requirements.txt")

ENDS_A_TEXT = 8
"""Tokens beyond a stop text's own length that are decoded to look for it."""


def folder_revision(folder: Path) -> str:
    """Names what a model folder holds: `"sha256:"` and 16 hex digits.

    Weights, configuration and tokenizer count; what a trainer leaves beside them does not.
    """
    files = {path for pattern in _WEIGHTS_AND_TOKENIZER for path in folder.glob(pattern)}
    digests = []
    for path in sorted(files):
        if path.is_file() and path.name not in _BESIDE:
            with path.open("rb") as file:
                digests.append([path.name, hashlib.file_digest(file, "sha256").hexdigest()])
    return f"sha256:{digest_of(*digests, bits=64)}"


class LocalModel:
    """Tokenizer, configuration and, once loaded, weights.

    Args:
        model: A folder, or a name on the hub.
        revision: A branch, tag or commit on the hub.
        device: "auto", or what `torch.device` understands.
        dtype: "auto" (float32 on CPUs, the checkpoint's own elsewhere), or a name such as "bfloat16".

    Raises:
        ConfigurationError: If there is no such folder, device or dtype.
        SamplerError: If the model is neither here nor on the hub, or is no language model.
    """

    def __init__(self, model: str, *, revision: str | None, device: str, dtype: str) -> None:
        self._name = model
        self._hub_revision = revision
        self.device = _device(device)
        self._dtype = _dtype(dtype, self.device)
        folder = Path(model).expanduser()
        if not folder.is_dir() and (folder.is_absolute() or model.startswith((".", "~"))):
            raise ConfigurationError(f"there is no model folder {model!r}")
        self._path = str(folder) if folder.is_dir() else model
        self.config = self._open(AutoConfig)
        self.tokenizer = self._open(AutoTokenizer)
        self._decoding = threading.Lock()  # a fast tokenizer must not be used from two threads at once
        self.revision: str | None = (
            folder_revision(folder) if folder.is_dir() else getattr(self.config, "_commit_hash", None)
        )

    @property
    def context(self) -> int:
        """Positions the model has; very many where its configuration names no bound."""
        text = self.config.get_text_config()
        return int(getattr(text, "max_position_embeddings", None) or 1 << 30)

    @property
    def eos(self) -> frozenset[int]:
        """Tokens that end a completion, by the generation configuration and by the tokenizer."""
        try:
            generation = GenerationConfig.from_pretrained(self._path, revision=self._hub_revision or "main")
            named = generation.eos_token_id
        except OSError:  # a model without one
            named = self.config.get_text_config().eos_token_id
        several = named if isinstance(named, Sequence) else [named, self.tokenizer.eos_token_id]
        return frozenset(token for token in (*several, self.tokenizer.eos_token_id) if token is not None)

    @property
    def pad(self) -> int:
        """A token for places that nobody reads."""
        own: int | None = self.tokenizer.pad_token_id
        return 0 if own is None else own

    def load(self) -> PreTrainedModel:
        """Loads the weights."""
        with no_progress_bar():
            loaded = self._open(AutoModelForCausalLM, dtype=self._dtype)
        model: PreTrainedModel = loaded.to(self.device).eval()
        return model

    def render(
        self, messages: Sequence[Mapping[str, str]], *, plain: bool, opening: str = ""
    ) -> tuple[tuple[int, ...], str]:
        """Turns chat messages into a prompt.

        Args:
            messages: `{"role", "content"}` each.
            plain: Join the contents by blank lines instead of using the chat template.
            opening: What the assistant's turn begins with, unless the prompt ends with an open think tag.

        Returns:
            Token ids, and the open think tag that the prompt ends with, or "".

        Raises:
            ConfigurationError: If the tokenizer has no chat template or the template refuses the messages.
        """
        prompt = "\n\n".join(message["content"] for message in messages) if plain else self._chat(messages)
        if opening and not open_think(prompt):
            prompt += opening
        with self._decoding:
            ids = self.tokenizer(prompt, add_special_tokens=plain)["input_ids"]
        return tuple(ids), open_think(prompt)

    def encode(self, text: str) -> tuple[int, ...]:
        """The tokens of a text in the middle of a turn."""
        with self._decoding:
            return tuple(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of sampled tokens; special ones leave no trace, others such as `<think>` stay."""
        with self._decoding:
            text: str = self.tokenizer.decode(
                tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
        return text

    def holds_stop(self, tokens: Sequence[int], stop: Sequence[str]) -> bool:
        """Whether the last tokens hold a stop text, looked for where one could have ended just now."""
        tail = 4 * max(map(len, stop)) + ENDS_A_TEXT  # a character takes at most four byte tokens
        text = self.decode(tokens[-tail:])
        return any(end in text for end in stop)

    def _chat(self, messages: Sequence[Mapping[str, str]]) -> str:
        if not self.tokenizer.chat_template:
            raise ConfigurationError(
                f"the tokenizer of {self._name!r} has no chat template",
                "Take an instruction-tuned model, or give plain=True for plain completion.",
            )
        try:
            rendered: str = self.tokenizer.apply_chat_template(
                [dict(message) for message in messages], tokenize=False, add_generation_prompt=True
            )
        except Exception as error:  # jinja raises what the template's author wrote
            raise ConfigurationError(
                f"the chat template of {self._name!r} refuses the messages: {error}"
            ) from error
        return rendered

    def _open(self, loader: Any, **options: Any) -> Any:
        try:
            return loader.from_pretrained(self._path, revision=self._hub_revision, **options)
        except (OSError, ValueError, KeyError) as error:
            reason = str(error).strip().split("\n")[0]
            place = "" if Path(self._path).is_dir() else " is no folder here, and from the hub it"
            raise SamplerError(
                f"the model {self._name!r}{place} cannot be opened: {reason}",
                "Name a folder that save_pretrained wrote, or a model on the hub that this machine reaches.",
            ) from error


@contextmanager
def no_progress_bar() -> Iterator[None]:
    """Loading and saving without transformers' progress bar: the screen is the caller's."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ConfigurationError(f"{name!r} is no device", "Devices are auto, cpu, cuda, cuda:1.") from None
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ConfigurationError(
            f"device {name!r} is not here: torch sees {torch.cuda.device_count()} CUDA devices",
            "Give --device cpu, or install a torch built for this machine's CUDA.",
        )
    return device


def _dtype(name: str, device: torch.device) -> torch.dtype | str:
    if name == "auto":
        return torch.float32 if device.type == "cpu" else "auto"
    dtype = getattr(torch, name, None)
    if not isinstance(dtype, torch.dtype):
        raise ConfigurationError(f"{name!r} is no dtype", "Dtypes are auto, float32, bfloat16, float16.")
    return dtype
