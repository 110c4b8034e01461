"""What the rule of repetition finds, what it leaves alone, and what it costs.

    python benchmarks/repetition.py [--data ../shared/data/real/responses] [--legitimate 200]

Prints the responses of `--data` (JSONL with `llm_response` and `expected_score`) that would have been cut, by
characters and by tokens; how many right ones and how many self-made legitimate repeats these are (both should be
none); where loops of several periods are stopped; and nanoseconds per item. Tokens are those of a byte-level
tokenizer of 16,000 that is trained on the responses, with single digits.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from legitimate_repeats import legitimate_repeats

from genesys.envs.sources.rows import read_rows
from genesys.rollouts.repetition import RepetitionDetector, RepetitionRule, repetition_onset

LIMIT = 12_288
RIGHT = 0.99
VOCABULARY = 16_000

Encode = Callable[[str], Sequence[int]]


def tokenizer_of(texts: Sequence[str]) -> Encode:
    """A byte-level tokenizer of these texts."""
    from tokenizers import ByteLevelBPETokenizer
    from tokenizers.pre_tokenizers import ByteLevel, Digits
    from tokenizers.pre_tokenizers import Sequence as Steps

    made: Any = ByteLevelBPETokenizer()
    made._tokenizer.pre_tokenizer = Steps([Digits(individual_digits=True), ByteLevel(add_prefix_space=False)])
    made.train_from_iterator(texts, vocab_size=VOCABULARY, show_progress=False)
    return lambda text: made.encode(text).ids


def tell_responses(rows: Sequence[dict[str, Any]], encode: Encode, rule: RepetitionRule) -> None:
    """Which published responses would have been cut."""
    cut, right = [], 0
    for row in rows:
        text = row["llm_response"]
        by_characters = repetition_onset(text, rule.for_characters())
        by_tokens = repetition_onset(encode(text), rule) if len(text) > rule.window else None
        if by_characters is not None or by_tokens is not None:
            cut.append((len(text), by_characters, by_tokens, row["expected_score"], row["response_id"]))
            right += (row["expected_score"] or 0) >= RIGHT
    full = sum((row["expected_score"] or 0) >= RIGHT for row in rows)
    print(f"{len(rows)} responses, {full} right: {len(cut)} would have been cut, {right} of them right")
    for length, by_characters, by_tokens, score, name in sorted(cut, reverse=True):
        print(
            f"  {length:>6} characters, onset {by_characters} (token {by_tokens}), score {score}, {name[-50:]}"
        )


def tell_legitimate(count: int, encode: Encode, rule: RepetitionRule) -> None:
    """Which self-made legitimate repeats would have been cut."""
    texts = list(legitimate_repeats(count))
    longest = max(len(text) for _, text in texts)
    by_characters = [
        kind for kind, text in texts if repetition_onset(text, rule.for_characters()) is not None
    ]
    by_tokens = [kind for kind, text in texts if repetition_onset(encode(text), rule) is not None]
    print(
        f"{count} legitimate repeats up to {longest} characters: cut by characters {by_characters}, by tokens {by_tokens}"
    )


def tell_loops(rule: RepetitionRule) -> None:
    """Where endless loops are stopped."""
    rng = random.Random(0)
    for period in (1, 7, 50, 200, 500, 800):
        start = [rng.randrange(VOCABULARY) for _ in range(300)]
        loop = [rng.randrange(VOCABULARY) for _ in range(period)]
        detector = RepetitionDetector(rule)
        tokens = (start + loop * (LIMIT // period))[:LIMIT]
        stopped = next((place for place, token in enumerate(tokens, 1) if detector.extend([token])), None)
        share = "not stopped" if stopped is None else f"{stopped / LIMIT:.1%} of {LIMIT}"
        print(
            f"  loop of {period:>3} tokens after 300: stopped at {stopped}, {share}, onset {detector.onset}"
        )


def tell_cost(rule: RepetitionRule) -> None:
    """CPU time of watching a sequence in which nothing repeats."""
    rng = random.Random(0)
    tokens = [rng.randrange(VOCABULARY) for _ in range(LIMIT)]
    text = "".join(chr(32 + token % 90) for token in tokens) * 4
    for name, items, used, size in (
        ("tokens, one by one", tokens, rule, 1),
        ("tokens, a step at a time", tokens, rule, rule.step),
        ("characters, 16 at a time", text, rule.for_characters(), 16),
    ):
        begun = time.process_time()
        for _ in range(10):
            detector = RepetitionDetector(used)
            for place in range(0, len(items), size):
                detector.extend(items[place : place + size])
        spent = (time.process_time() - begun) / 10 / len(items)
        print(f"  {name}: {1e9 * spent:.0f} ns an item")


def main() -> None:
    """Prints everything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    here = Path(__file__).resolve().parents[2]
    parser.add_argument("--data", type=Path, default=here / "shared" / "data" / "real" / "responses")
    parser.add_argument("--legitimate", type=int, default=200)
    arguments = parser.parse_args()
    rule = RepetitionRule()
    print(f"tokens: {rule}\ncharacters: {rule.for_characters()}")
    rows = [row for path in sorted(arguments.data.glob("*.jsonl.gz")) for _, row in read_rows(path)]
    encode = tokenizer_of([row["llm_response"] for row in rows])
    tell_responses(rows, encode, rule)
    tell_legitimate(arguments.legitimate, encode, rule)
    tell_loops(rule)
    tell_cost(rule)


if __name__ == "__main__":
    main()
