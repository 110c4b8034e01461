"""Chat templates that drop, double or open `<think>`, or leave the end of a turn out of the loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from genesys.schema import split_reasoning
from genesys.schema.text import CLOSE, OPEN
from genesys.training.checks.finding import Finding, stop, warn
from genesys.training.checks.flight import Flight
from genesys.training.checks.rewarding import verified

_REASONING, _ANSWER = "7f3a-reasoning", "7f3a-answer"
_QUESTION = {"role": "user", "content": "?"}
_TURN = {"role": "assistant", "content": f"{OPEN}{_REASONING}{CLOSE}{_ANSWER}"}


def check_template(flight: Flight) -> Iterator[Finding]:
    """Renders a conversation with reasoning, and looks at what became of it."""
    if not flight.conversational:
        return
    if not flight.tokenizer.chat_template:
        yield stop(
            "no_chat_template",
            "the rows are messages, and the tokenizer has no chat template to render them with",
            "Set tokenizer.chat_template, or take a tokenizer that has one.",
        )
        return
    if flight.kind == "grpo":
        yield from _opened_think(flight)
        yield from _special_think(flight)
    else:
        yield from _lost_or_doubled(flight)
        yield from _prompt_is_no_prefix(flight)
    if flight.setting("assistant_only_loss"):
        yield from _generation_block(flight)


def _lost_or_doubled(flight: Flight) -> Iterator[Finding]:
    if not _any_reasoning(flight):
        return
    rendered = flight.render([_QUESTION, _TURN])
    if _REASONING not in rendered:
        yield stop(
            "template_drops_think",
            f"the chat template leaves out what stands before {CLOSE} in an assistant's turn: the model would "
            "learn to answer without reasoning",
            "Train with a template that writes the assistant's content as it is (R1's and QwQ's drop it); for "
            "example take the part that splits at </think> out of it.",
        )
    elif rendered.count(OPEN) > 1:
        yield stop(
            "template_doubles_think",
            f"the chat template writes {OPEN} before an assistant's turn that begins with it: {rendered[-160:]!r}",
            "Take the tag out of the template, or out of the dataset.",
        )
    elif OPEN not in rendered or CLOSE not in rendered:
        yield stop(
            "template_drops_think",
            f"the chat template keeps the reasoning but not its tags: {rendered[-160:]!r}",
            "Train with a template that writes the assistant's content as it is.",
        )


def _prompt_is_no_prefix(flight: Flight) -> Iterator[Finding]:
    prompt, whole = flight.render([_QUESTION], generate=True), flight.render([_QUESTION, _TURN])
    if _REASONING in whole and not whole.startswith(prompt):
        yield warn(
            "prompt_is_no_prefix",
            f"what the model sees when it generates ({prompt[-40:]!r}) is not how the conversation it learns "
            f"from begins ({whole[: len(prompt)][-40:]!r})",
            "Make the template's generation prompt the beginning of an assistant's turn.",
        )


def _opened_think(flight: Flight) -> Iterator[Finding]:
    """A prompt that ends inside a think tag: a completion that never closes it must not count as an answer."""
    for reward in verified(flight.rewards):
        told = reward.opened
        if (told or "").strip() == flight.opened.strip():
            continue
        yield stop(
            "template_opens_think",
            f"the chat template ends the prompt with {flight.opened!r}, and the reward "
            f"{reward.name!r} expects {told!r}: an answer inside unfinished reasoning "
            "would be scored by the wrong rule",
            "Tell it: reward(opened=opened_by(tokenizer)).",
        )


def _special_think(flight: Flight) -> Iterator[Finding]:
    """TRL decodes completions without special tokens, so special think tags never reach the reward."""
    ids = flight.tokenizer(f"{OPEN}1{CLOSE}2", add_special_tokens=False)["input_ids"]
    kept = flight.tokenizer.decode(ids, skip_special_tokens=True)
    if OPEN not in kept or CLOSE not in kept:
        yield stop(
            "think_is_special",
            f"{OPEN} and {CLOSE} are special tokens of the tokenizer; the trainer decodes completions without "
            "them, and the reward cannot tell reasoning from answer",
            "Add the tags as ordinary tokens: AddedToken(text, special=False).",
        )


def _generation_block(flight: Flight) -> Iterator[Finding]:
    from trl.chat_template_utils import has_generation_markers, is_chat_template_stop_token_trained

    if flight.template is None and not has_generation_markers(flight.tokenizer.chat_template):
        yield stop(
            "no_generation_block",
            "assistant_only_loss=True needs {% generation %} … {% endgeneration %} around the assistant's "
            "turns in the chat template, and TRL knows no such form of this one",
            "Put the block around content and end token, or train on prompt-completion rows without "
            "assistant_only_loss (sft_dataset gives them: their loss is on the completion alone).",
        )
    elif not is_chat_template_stop_token_trained(flight.tokenizer, chat_template=flight.template):
        yield warn(
            "end_of_turn_not_trained",
            "the token that ends an assistant's turn stands outside the {% generation %} block: the model "
            "would not learn to stop",
            "Move it inside the block.",
        )


def _any_reasoning(flight: Flight) -> bool:
    texts = (
        turn.get("content")
        for row in flight.rows
        for conversation in flight.conversations(row)
        for turn in _answers(conversation)
    )
    return any(isinstance(text, str) and split_reasoning(text).reasoning is not None for text in texts)


def _answers(conversation: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [turn for turn in conversation if turn.get("role") == "assistant"]
