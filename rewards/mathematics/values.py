r"""Reading single values: an expression with what may stand around it.

`\approx 30.12 \text{ miles per hour}`, `\$18.50`, `62.5\%`, `5 million`, `\text{About } 7`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from genesys.rewards.mathematics import lexicon as lex
from genesys.rewards.mathematics import tree
from genesys.rewards.mathematics.errors import NotMathError
from genesys.rewards.mathematics.grammar import parse_expression
from genesys.rewards.mathematics.shapes import Value
from genesys.rewards.mathematics.splitting import Tokens, balanced, unbraced
from genesys.rewards.mathematics.tokens import Token
from genesys.rewards.mathematics.tree import Node
from genesys.rewards.mathematics.units import Unit, is_unit_word, read_unit

_CURRENCY = frozenset(("dollar", "euro", "pound", "yen", "rupee"))
_UNIT_JOINTS = frozenset("/^*-")


def read_value(tokens: Tokens) -> Value:
    """Reads one value.

    Raises:
        NotMathError: If the tokens are none.
        TooComplexError: If they are too costly.
    """
    tokens, remark = _without_lead(unbraced(tokens))
    tokens, currency = _without_currency(tokens)
    tokens = unbraced(tokens)
    body, tail = _split_unit(tokens)
    body, percent = _without_percent(body)
    scale, tail = _scale(tail)
    unit = currency or (read_unit(tail) if tail else None)
    if tail and unit is None:
        raise NotMathError
    node = parse_expression(body)
    return Value(
        node=node if scale == 1 else tree.mul((tree.number(scale), node)),
        unit=unit,
        percent=percent,
        decimals=_decimals(body) if scale == 1 else None,
        plain=_is_plain(body),
        remark=remark,
        product=_product(tokens, tail),
    )


def _without_lead(tokens: Tokens) -> tuple[Tokens, str]:
    """Without words before the value; those that are no filler are kept as a remark."""
    start = 0
    unknown: list[str] = []
    while start < len(tokens) and (_is_lead(tokens[start]) or _is_approximate(tokens[start])):
        token = tokens[start]
        if token.kind == "word" and token.text.lower() not in lex.LEAD_WORDS:
            if len(token.text) < 3 or token.text.isupper():
                break
            unknown.append(token.text)
        elif token.kind == "sym" and not is_article(tokens, start):
            break
        start += 1
    if start == len(tokens):
        return tokens, ""
    return tokens[start:], " ".join(unknown)


def is_article(tokens: Tokens, place: int) -> bool:
    """Whether a letter is the article of a following word: `a total of 5`."""
    token = tokens[place]
    return (
        token[:2] == ("sym", "a")
        and token.roman
        and tokens[place + 1 : place + 2] != []
        and (tokens[place + 1].kind == "word")
    )


def _is_lead(token: Token) -> bool:
    return token.kind == "word" or (token.roman and token.kind in ("sym", "other")) or token.text == ":"


def _is_approximate(token: Token) -> bool:
    return token.kind == "rel" and token.text in ("~", "=")


def _without_currency(tokens: Tokens) -> tuple[Tokens, Unit | None]:
    for place in (0, 1):
        if len(tokens) > place + 1 and tokens[place].kind == "unit" and tokens[place].text in _CURRENCY:
            if place == 1 and tokens[0].text not in "+-":
                continue
            unit = read_unit([Token("word", tokens[place].text)])
            rest = [*tokens[:place], *tokens[place + 1 :]]
            if (
                len(rest) > 1
                and is_unit_word(rest[-1])
                and rest[-1].text.lower() in ("dollars", "dollar", "usd")
            ):
                rest.pop()
            return rest, unit
    return tokens, None


def _split_unit(tokens: Tokens) -> tuple[Tokens, list[Token]]:
    """The longest tail that can be a unit, left of which something remains."""
    cut = len(tokens)
    start = cut
    while start > 1:
        token = tokens[start - 1]
        behind_slash = token.kind == "word" and tokens[start - 2].text == "/" and len(token.text) > 2
        if (
            _is_unit_token(token)
            or behind_slash
            or (token.text in ("C", "F") and tokens[start - 2].text == "deg")
        ):
            cut = start - 1
        elif not (_is_joint(token) or (token.kind == "num" and token.text in ("1", "2", "3"))):
            break
        start -= 1
    body, tail = list(tokens[:cut]), list(tokens[cut:])
    while len(body) > 1 and body[-1].text == "*" and tail:
        body.pop()
    if body and body[-1].kind == "op" and body[-1].text in _UNIT_JOINTS:
        return tokens, []
    if not balanced(body):
        return tokens, []
    if any(token.kind == "fn" for token in body) and any(token[:2] == ("unit", "deg") for token in tail):
        return tokens, []  # the degrees of a sine's angle
    tail = [Token("word", token.text) if token.kind == "unit" else token for token in tail]
    return body, tail


def _is_unit_token(token: Token) -> bool:
    if token.kind == "unit":
        return token.text != "%"
    return is_unit_word(token)


def _is_joint(token: Token) -> bool:
    return (token.kind == "op" and token.text in _UNIT_JOINTS) or token.text in ("{", "}", "(", ")")


def _without_percent(tokens: Tokens) -> tuple[Tokens, bool]:
    if len(tokens) > 1 and tokens[-1].kind == "unit" and tokens[-1].text == "%":
        return unbraced(tokens[:-1]), True
    return tokens, False


def _scale(tail: list[Token]) -> tuple[int, list[Token]]:
    scale = 1
    while tail and tail[0].text.lower() in lex.SCALE_WORDS:
        scale *= lex.SCALE_WORDS[tail[0].text.lower()]
        tail = tail[1:]
    return scale, tail


def _product(tokens: Tokens, tail: Sequence[Token]) -> Node | None:
    """The whole as a product, where plain letters were taken for a unit."""
    letters = [token for token in tokens if token.kind == "word" and not token.roman]
    if not tail or not letters or max(len(token.text) for token in letters) > 3:
        return None
    try:
        return parse_expression(tokens)
    except NotMathError:
        return None


def _decimals(tokens: Tokens) -> int | None:
    body = [token for token in tokens if token.text not in "+-"]
    if len(body) == 1 and body[0].kind == "num" and "e" not in body[0].text.lower():
        return len(body[0].text.partition(".")[2])
    return None


def _is_plain(tokens: Tokens) -> bool:
    """A numeral, a reduced fraction of two numerals, or one symbol."""
    texts = [token.text for token in tokens if token.text not in "{}+-"]
    kinds = [token.kind for token in tokens if token.text not in "{}+-"]
    if kinds in (["num"], ["sym"]):
        return True
    if kinds == ["structure", "num", "num"] and texts[0] == "frac":
        return _reduced(texts[1:])
    if kinds == ["structure", "num"] and texts[0] == "frac":
        return len(texts[1]) == 2 and _reduced(list(texts[1]))
    return kinds == ["num", "op", "num"] and texts[1] == "/" and _reduced([texts[0], texts[2]])


def _reduced(digits: Sequence[str]) -> bool:
    if not all(text.isdigit() and len(text) < 1000 for text in digits) or int(digits[1]) == 0:
        return False
    return Fraction(int(digits[0]), int(digits[1])).denominator == int(digits[1])
