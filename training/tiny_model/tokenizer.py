r"""The tiny model's tokenizer: bytes, with merges learned on its own programs.

Any text tokenises, and the boilerplate of a level-0 prompt takes a token a line. The letters that the
programs work on stay single tokens, because a model this small must see them one by one:

    "s=s[1:]+s[0]\n"         one token
    "s='", "a", "b", "c", "d", "'\n"
    "<think>", "d", "c", "b", "a", " ", …, "</think>", "\boxed{", …, "}", "<|end|>"
"""

# mypy: untyped-calls-exclude="torch,transformers"
# Parts of their interfaces carry no annotations.

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from genesys.envs.sources.string_programs import LEVEL0_LETTERS
from genesys.schema.text import CLOSE, OPEN

END, PAD = "<|end|>", "<|pad|>"
ROLES = ("user", "assistant", "system")
BOX = "\\boxed{"

CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>"
    "{% if message['role'] == 'assistant' %}"
    "{% generation %}{{ message['content'] }}" + END + "{% endgeneration %}"
    "{% else %}{{ message['content'] }}" + END + "{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
"""The generation block marks what TRL's `assistant_only_loss` learns from."""


def build_tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    r"""Learns merges on the texts until each piece of them is one token.

    Args:
        texts: Prompts; which letters their literals hold does not matter.

    Returns:
        A tokenizer with chat template, `<|end|>` as its end token, and `<think>`, `</think>` and `\boxed{`
        as tokens that decoding with `skip_special_tokens=True` keeps.
    """
    split = _pre_tokenizer()
    pieces = Counter(
        piece for text in texts for part in text.split(BOX) for piece, _ in split.pre_tokenize_str(part)
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = learn_merges(pieces)
    vocabulary = {
        token: index for index, token in enumerate([*alphabet, *("".join(pair) for pair in merges)])
    }
    bytes_and_merges = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    bytes_and_merges.pre_tokenizer = split
    bytes_and_merges.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bytes_and_merges,
        eos_token=END,
        pad_token=PAD,
        padding_side="left",
        extra_special_tokens=[f"<|{role}|>" for role in ROLES],
        clean_up_tokenization_spaces=False,
    )
    tokenizer.add_tokens([AddedToken(text, special=False, normalized=False) for text in (OPEN, CLOSE, BOX)])
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def learn_merges(pieces: Counter[str]) -> list[tuple[str, str]]:
    """Learns byte-pair merges: the most frequent pair first, ties in alphabetical order.

    Pairs made of the programs' letters alone are never merged, so that a string of them stays letters.

    Args:
        pieces: How often each piece occurs; merges do not cross their borders.
    """
    words = {piece: list(piece) for piece in pieces}
    merges: list[tuple[str, str]] = []
    while True:
        pairs: Counter[tuple[str, str]] = Counter()
        for piece, symbols in words.items():
            for pair in pairwise(symbols):
                if not set("".join(pair)) <= set(LEVEL0_LETTERS):
                    pairs[pair] += pieces[piece]
        if not pairs:
            return merges
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        words = {piece: _merged(symbols, best) for piece, symbols in words.items()}


def _merged(symbols: Sequence[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    for symbol in symbols:
        if merged and (merged[-1], symbol) == pair:
            merged[-1] += symbol
        else:
            merged.append(symbol)
    return merged


def _pre_tokenizer() -> pre_tokenizers.PreTokenizer:
    """Pieces are lines, cut where a word of the programs' letters alone begins and ends."""
    word = Regex(rf"\b[{LEVEL0_LETTERS}]+\b")
    sequence: pre_tokenizers.PreTokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split("\n", "merged_with_previous"),
            pre_tokenizers.Split(word, "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return sequence
