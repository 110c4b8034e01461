"""Cutting token lists at the top level, where no bracket is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from genesys.rewards.mathematics.errors import TooComplexError
from genesys.rewards.mathematics.grammar import MAX_DEPTH, MAX_TOKENS
from genesys.rewards.mathematics.tokens import Token

Tokens = Sequence[Token]


def check_size(tokens: Tokens) -> None:
    """Refuses what is longer or nested deeper than any answer.

    Raises:
        TooComplexError: If so.
    """
    if len(tokens) > 4 * MAX_TOKENS:
        raise TooComplexError
    depth = 0
    for token in tokens:
        if token.kind == "open":
            depth += 1
            if depth > MAX_DEPTH:
                raise TooComplexError
        elif token.kind == "close":
            depth -= 1


def split_at(tokens: Tokens, wanted: Callable[[Token], bool]) -> tuple[list[list[Token]], list[Token]]:
    """The parts between the wanted tokens outside all brackets, and those tokens."""
    parts: list[list[Token]] = [[]]
    cuts: list[Token] = []
    depth = 0
    for token in tokens:
        depth += _step(token)
        if depth == 0 and wanted(token) and token.kind not in ("open", "close", "env"):
            cuts.append(token)
            parts.append([])
        else:
            parts[-1].append(token)
    return parts, cuts


def wrapped(tokens: Tokens) -> bool:
    """Whether the first token opens a bracket that the last one closes."""
    if len(tokens) < 2 or tokens[0].kind != "open" or tokens[-1].kind != "close":
        return False
    depth = 0
    for index, token in enumerate(tokens):
        depth += _step(token)
        if depth == 0:
            return index == len(tokens) - 1
    return False


def balanced(tokens: Tokens) -> bool:
    """Whether every bracket that opens also closes, and none closes first."""
    depth = 0
    for token in tokens:
        depth += _step(token)
        if depth < 0:
            return False
    return depth == 0


def unbraced(tokens: Tokens) -> Tokens:
    """Without the braces that only group."""
    while len(tokens) >= 2 and tokens[0].text == "{" and tokens[-1].text == "}" and wrapped(tokens):
        tokens = tokens[1:-1]
    return tokens


def _step(token: Token) -> int:
    if token.kind == "open":
        return 1
    if token.kind == "close":
        return -1
    if token.kind == "env":
        return 1 if token.text.startswith("begin") else -1
    return 0
