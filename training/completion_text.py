r"""The canonical text of a completion as a trainer hands it over.

"…</think>\\boxed{4}"                                                       a plain completion
[{"role": "assistant", "content": "<think>…</think>\\boxed{4}"}]            a conversational one
[{"role": "assistant", "content": "\\boxed{4}", "reasoning_content": "…"}]  reasoning in a field
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from genesys.schema import canonical_text, open_think

REASONING_FIELDS = ("reasoning_content", "reasoning", "thinking")
"""What servers, templates and TRL call a message's reasoning."""


def text_of_completion(completion: object, prompt: object = None, opened: str | None = None) -> str | None:
    r"""The canonical text of a completion, or None where it is no completion at all.

    Args:
        completion: A text, or messages of which the last one of the assistant counts.
        prompt: The prompt as the trainer has it; where it ends inside a think tag, the tag is put back.
        opened: What the rendered prompt ends with ("<think>\n" for R1's template). A conversational
            prompt does not show what its template appends; None looks at the prompt alone.
    """
    before = opened_in(prompt) if opened is None else opened
    if isinstance(completion, str):
        return canonical_text(completion, opened=before)
    if isinstance(completion, Mapping):
        return _text_of_message(completion, before)
    if isinstance(completion, Sequence) and all(isinstance(turn, Mapping) for turn in completion):
        said = [turn for turn in completion if turn.get("role", "assistant") == "assistant"]
        return _text_of_message(said[-1], before) if said else canonical_text("", opened=before)
    return None


def text_of_prompt(prompt: object) -> str:
    """The question: a plain prompt as it is, or the last turn of the user."""
    if isinstance(prompt, str):
        return prompt
    if isinstance(prompt, Sequence):
        turns = [turn for turn in prompt if isinstance(turn, Mapping) and turn.get("role") == "user"]
        return (_plain(turns[-1].get("content")) or "") if turns else ""
    return ""


def opened_in(prompt: object) -> str:
    """The open think tag that a prompt, or the assistant's turn that it begins, ends with, or ""."""
    if isinstance(prompt, str):
        return open_think(prompt)
    if isinstance(prompt, Sequence) and prompt and isinstance(prompt[-1], Mapping):
        last = prompt[-1]
        if last.get("role") == "assistant":
            return open_think(_plain(last.get("content")) or "")
    return ""


def opened_by(tokenizer: Any, **template_arguments: Any) -> str:
    r"""What a tokenizer's chat template opens for the model: "<think>\n" for R1's, "" for most.

    Args:
        tokenizer: A tokenizer of transformers.
        template_arguments: What the template is rendered with, such as `enable_thinking=True`.
    """
    if not getattr(tokenizer, "chat_template", None):
        return ""
    turns = [{"role": "user", "content": "?"}]
    rendered = tokenizer.apply_chat_template(
        turns, tokenize=False, add_generation_prompt=True, **template_arguments
    )
    return open_think(rendered)


def _text_of_message(message: Mapping[str, Any], opened: str) -> str | None:
    content, reasoning = _plain(message.get("content")), None
    for field in REASONING_FIELDS:
        reasoning = reasoning or _plain(message.get(field))
    if content is None and message.get("content") is not None:
        return None
    return canonical_text(content, reasoning, opened)


def _plain(content: object) -> str | None:
    """A message's content as text; some are lists of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        parts = [part.get("text") for part in content if isinstance(part, Mapping)]
        return "".join(part for part in parts if isinstance(part, str))
    return None
