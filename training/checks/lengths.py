"""Rows that are cut, and answers that are lost with what is cut: the answer stands at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from genesys.errors import GenesysError
from genesys.training.checks.finding import Finding, stop, warn
from genesys.training.checks.flight import Flight
from genesys.training.prompt_data import problem_of

LOST = 0.01
"""Share of rows that lose their answer from which on a training must not start."""

DEFAULT_COMPLETION_LENGTH = 512
"""What TRL's GRPOConfig allows unless told otherwise: far too short for reasoning."""


def check_lengths(flight: Flight) -> Iterator[Finding]:
    """Looks at `max_length`, or for GRPO at `max_completion_length` and the model's context."""
    if flight.kind == "grpo":
        yield from _completions(flight)
        yield from _context(flight)
    elif flight.rows and (flight.tokenizer.chat_template or not flight.conversational):
        yield from _whole_rows(flight)


def _whole_rows(flight: Flight) -> Iterator[Finding]:
    limit = flight.setting("max_length")
    counts = [max(flight.tokens(text) for text in flight.texts(row)) for row in flight.rows]
    yield from _beyond_the_context(flight, counts, limit)
    if limit is None or flight.setting("packing_strategy", "bfd") in _kept_whole(flight):
        return
    cut = [count for count in counts if count > limit]
    if not cut:
        return
    share = len(cut) / len(counts)
    answer = "the answer is kept" if flight.setting("truncation_mode") == "keep_end" else "the answer is lost"
    yield (stop if share >= LOST and "lost" in answer else warn)(
        "cut_by_max_length",
        f"{share:.0%} of {flight.sampled} have more than max_length={limit} tokens and are cut at the end, "
        f"where the answer stands: {answer}. The longest has {max(counts)}",
        f"Set max_length={_rounded(max(counts))} (or None), or leave long rows out of the dataset.",
    )


def _beyond_the_context(flight: Flight, counts: Sequence[int], limit: int | None) -> Iterator[Finding]:
    """Rows at positions that the model has never seen: some models end there, others learn little."""
    context = flight.context
    if context is None or (limit is not None and limit <= context):
        return
    share = sum(count > context for count in counts) / len(counts)
    if share:
        yield (stop if share >= LOST else warn)(
            "beyond_the_context",
            f"{share:.0%} of {flight.sampled} have more tokens than the model's context of {context}; the longest "
            f"has {max(counts)}",
            "Leave long rows out of the dataset, or widen the context (max_position_embeddings, with its RoPE).",
        )


def _kept_whole(flight: Flight) -> tuple[str, ...]:
    """Ways of packing that split what is too long instead of cutting it."""
    return ("bfd_split", "wrapped") if flight.setting("packing") else ()


def _completions(flight: Flight) -> Iterator[Finding]:
    limit = flight.setting("max_completion_length")
    if limit is None:
        return
    lengths = flight.past.lengths if flight.past else ()
    if lengths:
        yield from _cut_in_the_past(lengths, limit)
        return
    golds = [count for row in flight.rows if (count := _gold_tokens(flight, row)) is not None]
    longer = sum(count > limit for count in golds)
    if longer:
        yield (stop if longer / len(golds) >= 0.5 else warn)(
            "cut_by_max_completion_length",
            f"{longer / len(golds):.0%} of the gold solutions have more than max_completion_length={limit} "
            f"tokens (the longest {max(golds)}); such completions end without their answer and score 0",
            f"Set max_completion_length={_rounded(max(golds))} or more; a reasoning model needs several times that.",
        )
    elif limit == DEFAULT_COMPLETION_LENGTH:
        yield warn(
            "default_max_completion_length",
            f"max_completion_length is TRL's default, {limit} tokens: reasoning is often longer, and what is "
            "cut ends without its answer and scores 0",
            "Set it from an offline run of this model: `genesys show RUN` has its lengths; or name the run here.",
        )


def _cut_in_the_past(lengths: Any, limit: int) -> Iterator[Finding]:
    cut = [passed for count, passed in lengths if count > limit]
    if not cut:
        return
    passed = sum(passed for _, passed in lengths)
    lost = sum(cut) / max(1, passed)
    yield (stop if lost >= 0.5 else warn)(
        "cut_by_max_completion_length",
        f"in the offline run {len(cut) / len(lengths):.0%} of {len(lengths)} completions have more than "
        f"max_completion_length={limit} tokens; with them {lost:.0%} of the right answers would be lost",
        f"Set max_completion_length={_rounded(sorted(count for count, _ in lengths)[int(0.99 * len(lengths))])}"
        " (99 % of the run), or mask_truncated_completions=True so that what is cut trains nothing.",
    )


def _gold_tokens(flight: Flight, row: Mapping[str, Any]) -> int | None:
    try:
        gold = problem_of(row["problem"]).gold_standard_solution
    except (KeyError, ValueError, TypeError, GenesysError):
        return None
    return None if gold is None else flight.tokens(gold)


def _context(flight: Flight) -> Iterator[Finding]:
    context = flight.context
    limit = flight.setting("max_completion_length")
    if context is None or limit is None or not flight.rows:
        return
    prompts = [
        flight.render(row["prompt"], generate=True) if isinstance(row.get("prompt"), list) else row["prompt"]
        for row in flight.rows
        if row.get("prompt") is not None
    ]
    longest = max((flight.tokens(prompt) for prompt in prompts), default=0)
    if longest + limit > context:
        yield stop(
            "beyond_the_context",
            f"the longest prompt ({longest} tokens) with max_completion_length={limit} exceeds the "
            f"context of {context} tokens",
            f"Set max_completion_length={max(1, context - longest)} or less, or leave long prompts out.",
        )


def _rounded(tokens: int) -> int:
    """Up to the next multiple of 64, which is a length people write down."""
    return -(-tokens // 64) * 64
