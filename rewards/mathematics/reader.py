r"""Reading an answer: from text to a shape.

From the outside in: several answers (`1, 2 \text{ and } 3`), then relations (`x=`, `-2\le x<5`), then unions,
brackets, matrices and ratios, and at the core single values.
"""

from __future__ import annotations

from genesys.rewards.mathematics import lexicon as lex
from genesys.rewards.mathematics.brackets import read_bracketed, read_matrix, read_union
from genesys.rewards.mathematics.errors import NotEvaluatedError, NotMathError
from genesys.rewards.mathematics.grammar import parse_expression
from genesys.rewards.mathematics.normal import normal_text
from genesys.rewards.mathematics.qualified import read_qualified
from genesys.rewards.mathematics.relations import combine_relations, read_relation
from genesys.rewards.mathematics.shapes import (
    Based,
    Chain,
    Listing,
    Nothing,
    Opaque,
    Ratio,
    Shape,
    Task,
    Value,
    Words,
)
from genesys.rewards.mathematics.splitting import Tokens, check_size, split_at, unbraced, wrapped
from genesys.rewards.mathematics.tokens import Token, tokens_of
from genesys.rewards.mathematics.tree import symbol
from genesys.rewards.mathematics.values import is_article, read_value

_PLACEHOLDERS = frozenset(
    ("answer", "your answer", "final answer", "the answer", "insert answer", "solution")
)
_ALL_REALS = frozenset(
    ("all real numbers", "all reals", "real numbers", "the real numbers", "all real number")
)
_MAX_RATIO = 12
_TRAILING = frozenset((".", ",", ";", ":", "?", "*", '"', "#"))


def read_shape(text: str) -> Shape:
    """Reads a written answer.

    Raises:
        TooComplexError: If reading it costs more than any plain answer needs.
    """
    tokens = tokens_of(normal_text(text))
    check_size(tokens)
    return read_tokens(tokens)


def read_tokens(tokens: Tokens) -> Shape:
    """Reads the tokens of a whole answer."""
    tokens = unbraced(_trimmed(tokens))
    if not any(token.kind not in ("dots", "other") for token in tokens):
        return Opaque(_joined(tokens)) if any(token.kind == "other" for token in tokens) else Nothing()
    if any(token.kind == "big" for token in tokens):
        return Task()
    words = _plain_words(tokens)
    if words is not None:
        return words
    try:
        return read_several(tokens)
    except NotEvaluatedError:
        return Task()
    except NotMathError:
        text = _joined(tokens)
        return Words(text) if any(_is_language(token) for token in tokens) else Opaque(text)


def read_several(tokens: Tokens) -> Shape:
    """A list at the top level, or a single item."""
    tokens = unbraced(_trimmed(_without_filler(tokens)))
    qualified = read_qualified(tokens, read_several)
    if qualified is not None:
        return qualified
    twice = _said_twice(tokens)
    if twice is not None:
        return twice
    groups, cuts = split_at(tokens, lambda token: token.kind == "sep" and token.text == ";")
    if cuts:
        items = [read_several(group) for group in groups if _trimmed(group)]
        return (
            Listing(tuple(_tuple_of_assigned(item) for item in items), "", ";")
            if len(items) > 1
            else items[0]
        )
    parts, cuts = split_at(tokens, lambda token: token.kind == "sep")
    kept = [part for part in (_trimmed(part) for part in parts) if part]
    if len(kept) < 2:
        if not kept:
            raise NotMathError
        return read_item(kept[0])
    shapes = [shape for part in kept for shape in _spliced(read_item(part), part)]
    words = {cut.text for cut in cuts}
    combined = combine_relations(shapes, words)
    return combined if combined is not None else Listing(tuple(shapes))


def read_item(tokens: Tokens) -> Shape:
    """One answer, with its name or relation if it has one."""
    tokens = unbraced(tokens)
    if not tokens:
        raise NotMathError
    split = _both_signs(tokens)
    if split is not None:
        items = tuple(read_item(part) for part in split)
        return Listing(items)
    relation = read_relation(tokens, read_core, read_several)
    return relation if relation is not None else read_core(tokens)


def read_core(tokens: Tokens) -> Shape:
    """An answer without name: a set, a bracket, a matrix, a ratio, a value."""
    tokens = unbraced(_trimmed(tokens))
    if not tokens:
        raise NotMathError
    if tokens[0].kind == "dots" and len(tokens) == 1:
        return Words("...")
    based = _based(tokens)
    if based is not None:
        return based
    matrix = read_matrix(tokens, read_item)
    if matrix is not None:
        return matrix
    union = read_union(tokens, read_core)
    if union is not None:
        return union
    bracketed = read_bracketed(tokens, read_item, read_several)
    if bracketed is not None:
        return bracketed
    ratio = _ratio(tokens)
    if ratio is not None:
        return ratio
    return read_value(tokens)


def _trimmed(tokens: Tokens) -> Tokens:
    """Without separators and full stops at the ends."""
    start, end = 0, len(tokens)
    while end > start and (tokens[end - 1].text in _TRAILING or tokens[end - 1].kind in ("sep", "row")):
        end -= 1
    while start < end and (tokens[start].text in _TRAILING or tokens[start].kind in ("sep", "row")):
        start += 1
    return tokens[start:end]


def _without_filler(tokens: Tokens) -> Tokens:
    """Without the words that only announce: `The answer is`, `About`."""
    start = 0
    while start < len(tokens) and (tokens[start].kind in ("word", "sym") or tokens[start].text == ":"):
        token = tokens[start]
        filler = token.text.lower() in lex.LEAD_WORDS and (token.kind == "word" or is_article(tokens, start))
        if not filler and not (start and token.text == ":"):
            break
        start += 1
    return tokens[start:] if 0 < start < len(tokens) else tokens


def _joined(tokens: Tokens) -> str:
    return " ".join(token.text for token in tokens).casefold()


def _is_language(token: Token) -> bool:
    return token.kind == "word" and len(token.text) > 1


def _plain_words(tokens: Tokens) -> Shape | None:
    """Words alone: letters, and nothing that calculates."""
    if not all(
        token.kind in ("word", "sep")
        or (token.kind == "sym" and token.text.isalpha() and len(token.text) == 1)
        for token in tokens
    ):
        return None
    words = [token for token in tokens if token.kind == "word"]
    if any(token.roman for token in words) and any(
        token.kind == "sym" and not token.roman for token in tokens
    ):
        return None  # text and a variable
    if not words or any(token.kind == "sep" and token.text in ",;" for token in tokens):
        return None
    if any(token.kind == "sep" for token in tokens) and all(len(token.text) < 4 for token in words):
        return None  # I, II and III: a list
    text = _joined(tokens)
    if text in _PLACEHOLDERS:
        return Nothing()
    if text in _ALL_REALS:
        return Value(symbol("mathbb:R"))
    short = len(tokens) == 1 and len(text) <= 3 and not words[0].roman and not words[0].text.isupper()
    return Words(text, parse_expression(tokens) if short else None)


def _both_signs(tokens: Tokens) -> tuple[Tokens, Tokens] | None:
    r"""`\pm` as two answers, one with each sign; several signs go together."""
    if not any(token.kind == "op" and token.text in ("pm", "mp") for token in tokens):
        return None
    upper, lower = {"pm": "+", "mp": "-"}, {"pm": "-", "mp": "+"}
    return (
        [
            token._replace(text=upper.get(token.text, token.text)) if token.kind == "op" else token
            for token in tokens
        ],
        [
            token._replace(text=lower.get(token.text, token.text)) if token.kind == "op" else token
            for token in tokens
        ],
    )


def _said_twice(tokens: Tokens) -> Shape | None:
    r"""`x < -7 : (-\infty, -7)`: an inequality and the interval that it is."""
    parts, cuts = split_at(tokens, lambda token: token[:2] == ("op", ":"))
    if (
        len(cuts) != 1
        or not all(parts)
        or parts[1][0].kind != "open"
        or all(t.kind != "rel" for t in parts[0])
    ):
        return None
    return Chain((read_several(parts[0]), read_core(parts[1])))


def _spliced(shape: Shape, part: Tokens) -> tuple[Shape, ...]:
    """The two answers of a plus-minus sign belong to the list around it."""
    if isinstance(shape, Listing) and not shape.brackets and _both_signs(part) is not None:
        return shape.items
    return (shape,)


def _tuple_of_assigned(shape: Shape) -> Shape:
    """`p=5,q=2` between semicolons is one answer with two parts."""
    if isinstance(shape, Listing) and not shape.brackets:
        return Listing(shape.items, "()")
    return shape


def _based(tokens: Tokens) -> Based | None:
    """A numeral with a base as its subscript."""
    parts, cuts = split_at(tokens, lambda token: token.kind == "op" and token.text == "_")
    if len(cuts) != 1:
        return None
    digits, base = parts
    if len(digits) == 3 and wrapped(digits):
        digits = digits[1:-1]
    base = list(unbraced(base))
    if len(digits) != 1 or digits[0].kind != "num" or not base or base[0].kind != "num":
        return None
    if len(base) > 1 and base[1].kind != "word":
        return None
    text = base[0].text
    return Based(digits[0].text, int(text)) if text.isdigit() and len(text) < 4 else None


def _ratio(tokens: Tokens) -> Ratio | None:
    parts, cuts = split_at(tokens, lambda token: token.kind == "op" and token.text == ":")
    if not 0 < len(cuts) < _MAX_RATIO or not all(parts):
        return None
    suffix = ""
    if len(parts[-1]) > 1 and parts[-1][-1].text.lower() in ("am", "pm"):
        suffix = parts[-1].pop().text.lower()
    return Ratio(tuple(parse_expression(part) for part in parts), suffix)


__all__ = ["lex", "read_shape", "read_tokens"]
