r"""Tokens of written mathematics.

One pass over the normal text; each token has a kind, its canonical text and whether space stood before
it. Decoration (`\left`, `\displaystyle`, dollar signs) leaves no token.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from genesys.rewards.mathematics import lexicon as lex


class Token(NamedTuple):
    r"""One token.

    Attributes:
        kind: num, sym, word, fn, named, big, op, rel, open, close, bar, sep, dots, env, amp, row,
            structure, unit, other.
        text: Its canonical text.
        spaced: Whether white space stood before it.
        roman: Whether it stood in upright text (`\text`, `\mathrm`).
    """

    kind: str
    text: str
    spaced: bool = False
    roman: bool = False


_TOKEN = re.compile(
    r"(?P<space> +)"
    r"|(?P<env>\\(?:begin|end)\s*\{(?P<envname>[a-zA-Z]+\*?)\}(?:\s*\{[lcr| ]*\})?)"
    rf"|(?P<text>\\(?P<style>{lex.TEXT_COMMANDS})\s*\{{(?P<content>[^{{}}]*)\}})"
    r"|(?P<row>\\\\(?:\[[^\[\]]*\])?|\\cr(?![a-zA-Z]))"
    r"|(?P<degree>\^\s*(?:\{\s*\\(?:circ|degree)\s*\}|\\circ(?![a-zA-Z])|\\degree(?![a-zA-Z]))|\\degree(?![a-zA-Z]))"
    r"|(?P<cmd>\\[a-zA-Z]+|\\[^a-zA-Z])"
    r"|(?P<num>(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][-+]?\d+(?![\d.]))?)"
    r"|(?P<letters>[a-zA-Z]+)"
    r"|(?P<rel><=|>=|!=|==|[=<>])"
    r"|(?P<dots>\.\.\.+)"
    r"|(?P<op>\*\*|\+-|[-+*/^_!':])"
    r"|(?P<sep>[,;&])"
    r"|(?P<bracket>[()\[\]{}|])"
    r"|(?P<dollar>\$)"
    r"|(?P<percent>%)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_TEXT_PIECE = re.compile(r"[a-zA-Z]+(?:['-][a-zA-Z]+)*\.?|[^a-zA-Z\s]+|\s+")
_GROUPED = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})+(?![\d,])")
_GROUPED_BY_SPACE = re.compile(r"(?<![\d.,^_}] )(?<![\d.,^_])\d{1,3}(?: \d{3})+(?![\d,/]| \d)")

CURRENCIES = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen", "₹": "rupee"}


def is_unit_name(word: str) -> bool:
    """Whether a word of two letters is a common unit."""
    return word in (
        "cm",
        "mm",
        "km",
        "dm",
        "nm",
        "kg",
        "mg",
        "ml",
        "mi",
        "ft",
        "yd",
        "hr",
        "lb",
        "oz",
        "in",
        "hz",
        "kw",
    )


def tokens_of(text: str) -> list[Token]:
    """The tokens of a normal text."""
    return list(_scan(_join_thousands(text), roman=False))


def _join_thousands(text: str) -> str:
    """Takes the separators out of `35,000` where no bracket makes a list of it."""
    if "," in text:
        inside = _bracketed(text)
        text = _GROUPED.sub(
            lambda found: found.group().replace(",", "") if not inside[found.start()] else found.group(), text
        )
    return _GROUPED_BY_SPACE.sub(lambda found: found.group().replace(" ", ""), text)


def _bracketed(text: str) -> list[bool]:
    """For each character whether it stands inside round, square or set brackets."""
    depth, inside = 0, []
    for index, char in enumerate(text):
        if char in "([" or (char == "{" and text[index - 1 : index] == "\\"):
            depth += 1
        inside.append(depth > 0)
        if char in ")]" or (char == "}" and text[index - 1 : index] == "\\"):
            depth -= 1
    return inside


def _scan(text: str, *, roman: bool) -> Iterator[Token]:
    spaced = False
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup
        if kind == "space":
            spaced = True
            continue
        if found.group("text"):
            yield from _styled(found.group("style"), found.group("content"), spaced)
        elif found.group("env"):
            side = "begin" if found.group().startswith("\\begin") else "end"
            yield Token("env", f"{side} {found.group('envname')}", spaced)
        else:
            token = _MAKERS[kind or "other"](found.group(), spaced, roman)
            if token is not None:
                yield token
        spaced = False


def _styled(style: str, content: str, spaced: bool) -> Iterator[Token]:
    """Upright text: words stay words, one letter is a symbol, everything else is read as it is."""
    inner = content.strip()
    if (
        style == "mathrm"
        and inner.isalpha()
        and inner.islower()
        and len(inner) == 2
        and not is_unit_name(inner)
    ):
        yield Token("word", inner, spaced)  # two variables in upright letters
        return
    if style.startswith(("operatorname", "mathop")) or (
        style == "mathrm" and inner in lex.FUNCTIONS and inner != "sec"
    ):
        yield _letters(inner, spaced, roman=False) if inner.isalpha() else Token("word", inner, spaced)
        return
    if style in ("mathbb", "mathcal", "mathscr", "mathfrak"):
        yield Token("sym", f"{style}:{inner}", spaced)
        return
    if style in lex.BOLD_COMMANDS and len(inner) == 1 and inner.isalpha():
        yield Token("sym", f"vec:{inner}", spaced)
        return
    first = True
    for token in _scan(content, roman=True):
        yield token._replace(spaced=True) if first and (spaced or content[:1] == " ") else token
        first = False


def _letters(text: str, spaced: bool, roman: bool) -> Token:
    lower = text.lower()
    if (text in lex.FUNCTIONS or lower in lex.FUNCTIONS) and not (roman and lower == "sec"):
        return Token("fn", lex.FUNCTION_ALIASES.get(lower, lower), spaced)
    if text in lex.NAMED_VALUES and len(text) > 2 and (not roman or text == "mod"):
        return Token("named", text, spaced)
    if lower in lex.CONNECTIVES:
        return Token("sep", lower, spaced)
    if text in lex.PLAIN_SYMBOLS or (lower in ("infinity", "inf")):
        return Token("sym", lex.PLAIN_SYMBOLS[lower if lower in lex.PLAIN_SYMBOLS else text], spaced)
    if lower in ("percent", "percentage", "pct"):
        return Token("unit", "%", spaced)
    if lower in ("degree", "degrees", "deg"):
        return Token("unit", "deg", spaced)
    if lower == "sqrt":
        return Token("structure", "sqrt", spaced)
    if len(text) == 1:
        return Token("sym", text, spaced, roman)
    return Token("word", text, spaced, roman)


def _command(text: str, spaced: bool, roman: bool) -> Token | None:
    name = text[1:]
    if text in _COMMANDS:
        kind, value = _COMMANDS[text]
        return Token(kind, value, spaced) if kind else None
    if name == "%":
        return Token("unit", "%", spaced)
    if name == "$":
        return Token("unit", "dollar", spaced)
    if name in ("#", "(", ")", "[", "]"):
        return None
    return Token("other", text, spaced, roman)


def _command_table() -> dict[str, tuple[str, str]]:
    table: dict[str, tuple[str, str]] = {}
    table |= {f"\\{name}": ("sym", value) for name, value in lex.SYMBOLS.items()}
    table |= {f"\\{name}": ("fn", lex.FUNCTION_ALIASES.get(name, name)) for name in lex.FUNCTIONS}
    table |= {f"\\{name}": ("fn", lex.FUNCTION_ALIASES.get(name, name)) for name in ("tg", "ctg", "arctg")}
    table |= {f"\\{name}": ("named", name) for name in lex.NAMED_VALUES}
    table |= {f"\\{name}": ("big", name) for name in lex.BIG_OPERATORS}
    table |= {text: ("rel", value) for text, value in lex.RELATIONS.items() if text[0] == "\\"}
    table |= {text: ("op", value) for text, value in lex.OPERATORS.items() if text[0] == "\\"}
    table |= {text: ("open", value) for text, value in lex.OPENERS.items() if text[0] == "\\"}
    table |= {text: ("close", value) for text, value in lex.CLOSERS.items() if text[0] == "\\"}
    table |= {text: ("bar", "|") for text in lex.BARS if text[0] == "\\"}
    table |= dict.fromkeys(lex.DOTS, ("dots", "..."))
    table |= {f"\\{name}": ("", "") for name in lex.SKIPPED}
    table |= {f"\\{name}": ("", "") for name in lex.TEXT_COMMANDS.replace("\\*?", "").split("|")}
    structures = lex.STRUCTURES | lex.STRUCTURE_ALIASES.keys()
    table |= {f"\\{name}": ("structure", lex.STRUCTURE_ALIASES.get(name, name)) for name in structures}
    return table


_COMMANDS = _command_table()


def _bracket(text: str, spaced: bool, roman: bool) -> Token:
    del roman
    if text == "|":
        return Token("bar", text, spaced)
    return Token("open" if text in lex.OPENERS else "close", text, spaced)


def _other(text: str, spaced: bool, roman: bool) -> Token | None:
    if text in CURRENCIES:
        return Token("unit", CURRENCIES[text], spaced)
    if text in '.?"' and roman:
        return None
    return Token("other", text, spaced, roman)


_MAKERS: dict[str, Callable[[str, bool, bool], Token | None]] = {
    "cmd": _command,
    "letters": _letters,
    "bracket": _bracket,
    "other": _other,
    "num": lambda text, spaced, roman: Token("num", text, spaced),
    "rel": lambda text, spaced, roman: Token("rel", lex.RELATIONS[text], spaced),
    "op": lambda text, spaced, roman: Token("op", lex.OPERATORS[text], spaced),
    "sep": lambda text, spaced, roman: Token("amp" if text == "&" else "sep", text, spaced),
    "row": lambda text, spaced, roman: Token("row", "row", spaced),
    "dots": lambda text, spaced, roman: Token("dots", "...", spaced),
    "degree": lambda text, spaced, roman: Token("unit", "deg", spaced),
    "percent": lambda text, spaced, roman: Token("unit", "%", spaced),
    "dollar": lambda text, spaced, roman: None,
}
