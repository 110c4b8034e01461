"""End and pad tokens: a model must be able to learn to stop."""

from __future__ import annotations

from collections.abc import Iterator

from genesys.training.checks.finding import Finding, stop, warn
from genesys.training.checks.flight import Flight


def check_tokens(flight: Flight) -> Iterator[Finding]:
    """Looks at the tokenizer's end and pad tokens, and at how the template ends a turn."""
    tokenizer = flight.tokenizer
    if tokenizer.eos_token_id is None:
        yield stop("no_eos_token", "the tokenizer has no end token: no completion ends", "Set eos_token.")
        return
    if tokenizer.pad_token_id is None or tokenizer.pad_token_id == tokenizer.eos_token_id:
        word = "no pad token" if tokenizer.pad_token_id is None else "one token for end and padding"
        yield warn(
            "pad_is_eos",
            f"the tokenizer has {word} (TRL then pads with the end token): a loss that masks padding by its "
            "id also masks the end, and the model does not learn to stop",
            "Give it a pad token of its own: tokenizer.pad_token = ….",
        )
    if flight.conversational and tokenizer.chat_template:
        yield from _end_of_turn(flight)


def _end_of_turn(flight: Flight) -> Iterator[Finding]:
    turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "the very end"}]
    rendered = flight.render(turns)
    end = rendered[rendered.rfind("the very end") :]
    ids = set(flight.tokenizer(end, add_special_tokens=False)["input_ids"])
    if ids.isdisjoint(_end_ids(flight)):
        yield stop(
            "turn_has_no_eos",
            f"the chat template ends an assistant's turn with {end[12:]!r}, which is none of the tokens that end a "
            f"generation ({flight.tokenizer.eos_token!r})",
            "Set tokenizer.eos_token (or eos_token in the trainer's configuration) to the token that ends the turn.",
        )


def _end_ids(flight: Flight) -> set[int]:
    ids = {flight.tokenizer.eos_token_id}
    chosen = flight.setting("eos_token")
    if isinstance(chosen, str):
        ids.add(flight.tokenizer.convert_tokens_to_ids(chosen))
    of_model = getattr(flight.generation_config, "eos_token_id", None)
    ids.update(of_model if isinstance(of_model, list) else [] if of_model is None else [of_model])
    return ids
