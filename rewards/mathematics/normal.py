r"""From written mathematics to plain LaTeX: characters, broken escapes, invisible parts.

Everything here works on the text alone, in time linear in its length, and changes nothing that could
change the meaning: `−5` becomes `-5`, `½` becomes `\frac{1}{2}`, `35{,}000` becomes `35000`.
A character that is not understood stays, so that a strange answer stays strange.
"""

from __future__ import annotations

import re
import unicodedata

_CHARACTERS = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "⁻": "^{-}",
    "×": r"\times ", "·": r"\cdot ", "⋅": r"\cdot ", "∙": r"\cdot ", "∗": "*", "÷": "/", "∕": "/", "⁄": "/",
    "≤": r"\le ", "⩽": r"\le ", "≥": r"\ge ", "⩾": r"\ge ", "≠": r"\ne ", "≈": r"\approx ", "∼": r"\sim ",
    "≡": r"\equiv ", "≅": r"\cong ", "∈": r"\in ", "∉": r"\notin ", "∪": r"\cup ", "∩": r"\cap ",
    "∖": r"\setminus ", "⊂": r"\subset ", "⊆": r"\subseteq ", "∅": r"\emptyset ", "∞": r"\infty ",
    "±": r"\pm ", "∓": r"\mp ", "√": r"\sqrt ", "∛": r"\sqrt[3]", "∜": r"\sqrt[4]", "°": r"^\circ ",
    "º": r"^\circ ", "′": "'", "’": "'", "‘": "'", "“": '"', "”": '"', "″": "''", "…": r"\ldots ",
    "→": r"\to ", "⇒": r"\Rightarrow ", "↦": r"\mapsto ", "∠": r"\angle ", "△": r"\triangle ",
    "∑": r"\sum ", "∫": r"\int ", "∏": r"\prod ", "∂": r"\partial ", "∇": r"\nabla ", "ℓ": r"\ell ",
    "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil ", "⟨": r"\langle ", "⟩": r"\rangle ",
    "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℕ": r"\mathbb{N}", "ℚ": r"\mathbb{Q}", "ℂ": r"\mathbb{C}",
    "α": r"\alpha ", "β": r"\beta ", "γ": r"\gamma ", "δ": r"\delta ", "ε": r"\epsilon ", "ϵ": r"\epsilon ",
    "ζ": r"\zeta ", "η": r"\eta ", "θ": r"\theta ", "ϑ": r"\theta ", "κ": r"\kappa ", "λ": r"\lambda ",
    "μ": r"\mu ", "µ": r"\mu ", "ν": r"\nu ", "ξ": r"\xi ", "π": r"\pi ", "ρ": r"\rho ", "σ": r"\sigma ",
    "τ": r"\tau ", "φ": r"\phi ", "ϕ": r"\phi ", "χ": r"\chi ", "ψ": r"\psi ", "ω": r"\omega ",
    "Γ": r"\Gamma ", "Δ": r"\Delta ", "Θ": r"\Theta ", "Λ": r"\Lambda ", "Π": r"\Pi ", "Σ": r"\Sigma ",
    "Φ": r"\Phi ", "Ψ": r"\Psi ", "Ω": r"\Omega ", "∣": r"\mid ", "∥": r"\parallel ", "⊥": r"\perp ",
}  # fmt: skip
_INVISIBLE = "\u200b\u200c\u200d\ufeff\u2060\u00ad"
_TABLE: dict[int, str] = {ord(key): value for key, value in _CHARACTERS.items()} | {
    ord(char): "" for char in _INVISIBLE
}
_SUPER = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱˣ", "0123456789+-()nix")
_SUB = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙₓ", "0123456789+-()nx")
_CIRCLED = re.compile("[\u2460-\u2473]+")
_SUPER_RUN = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱˣ]+")
_SUB_RUN = re.compile("[₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙₓ]+")

_BROKEN_ESCAPE = re.compile(
    r"\x0c(?=rac|loor|box)|\x08(?=oxed|inom|egin|eta\b|ar\b)|\t(?=ext|imes|an\b|heta|frac|riangle|o\b)"
    r"|\r(?=ight|angle|ho\b)|\x07(?=lpha|pprox|ngle)|\x0b(?=ec)"
)
_ESCAPES = {"\x0c": "\\f", "\x08": "\\b", "\t": "\\t", "\r": "\\r", "\x07": "\\a", "\x0b": "\\v"}
_DOUBLED = re.compile(
    r"\\\\(?=(?:[dt]?frac|sqrt|left|right|boxed|text|mathrm|mathbf|pi|cup|cap|infty|cdot|times|leq?|geq?|"
    r"neq?|pm|sin|cos|tan|log|ln|quad|begin|end|alpha|beta|theta|in|ldots|circ|angle|dots)(?![a-zA-Z])|\\?[(\[\]){}%$,!;])"
)
_LITERAL_NEWLINE = re.compile(r"\\n(?![a-zA-Z])")
_ROW_BREAK = re.compile(r"\\\\|\\cr(?![a-zA-Z])")
_THOUSANDS = re.compile(r"(?<=\d)(?:\{,\}|,?\\[,!:; ]|,\\!\s*|\\,|\{\\,\}|,?\{\\!\}|~)\s*(?=\d{3}(?!\d))")
_HIDDEN = re.compile(r"\\[hv]?phantom\s*\{[^{}]*\}|\\(?:hspace|vspace|tag|label|mspace|kern)\*?\s*\{[^{}]*\}")
_COLOR = re.compile(r"\\textcolor\s*\{[^{}]*\}|\\color\s*(?:\{[^{}]*\}|[a-z]+\b)|\\colorbox\s*\{[^{}]*\}")
_DECIMAL_MARK = re.compile(r"(?<=\d)(?:\{\.\}|\{,\}(?!\d{3}(?!\d)))(?=\d)")
_UNBRACED = re.compile(r"\\(mathbb|mathbf|mathrm|mathcal|boldsymbol|bm)\s*([A-Za-z0-9])(?![A-Za-z{])")
_SPACES = re.compile(r"(?<!\\)\\[,;!: >\n]|~|[ \t\r\n]+")
_NULL_DELIMITER = re.compile(r"\\(?:left|right)\s*\.")
_MERIDIEM = re.compile(r"(?<![a-zA-Z])([aApP])\.\s?[mM](?:\.|(?![a-zA-Z]))")


def normal_text(text: str) -> str:
    """Rewrites a written answer in plain LaTeX without decoration."""
    if not text.isascii():
        text = _plain_characters(text)
    text = _repair_escapes(text)
    text = _HIDDEN.sub("", text)
    text = _COLOR.sub("", text)
    text = _NULL_DELIMITER.sub("", text)
    text = _DECIMAL_MARK.sub(".", text)
    text = _UNBRACED.sub(r"\\\1{\2}", text)
    text = _THOUSANDS.sub("", text)
    text = _MERIDIEM.sub(r"\1m", text)
    text = _SPACES.sub(" ", text)
    return text.strip(' *`"')


def _repair_escapes(text: str) -> str:
    r"""Undoes what a string literal or a JSON dump did to backslashes: form feed + `rac`, `\\frac`."""
    if "\\" not in text and text.isprintable():
        return text
    text = _BROKEN_ESCAPE.sub(lambda found: _ESCAPES[found.group()], text)
    text = text.replace("\\\\\\", "\\\\ \\")  # a row break before a command, not a doubled escape
    if not ("begin{" in text or "\\\\ \\" in text):
        text = _DOUBLED.sub(r"\\", text)
    return _LITERAL_NEWLINE.sub(" ", text)


def _plain_characters(text: str) -> str:
    """Maps letters, digits and signs of other alphabets to LaTeX."""
    text = _SUPER_RUN.sub(lambda found: "^{" + found.group().translate(_SUPER) + "}", text)
    text = _SUB_RUN.sub(lambda found: "_{" + found.group().translate(_SUB) + "}", text)
    text = _CIRCLED.sub(lambda found: ", ".join(str(ord(char) - 0x245F) for char in found.group()), text)
    text = text.translate(_TABLE)
    if text.isascii():
        return text
    return "".join(char if char.isascii() else _plain_character(char) for char in text)


def _plain_character(char: str) -> str:
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    name = unicodedata.decomposition(char)
    if name.startswith("<fraction>"):
        numerator, _, denominator = unicodedata.normalize("NFKC", char).partition("⁄")
        return rf"\frac{{{numerator}}}{{{denominator}}}"
    if name.startswith(("<wide>", "<font>")):
        return unicodedata.normalize("NFKC", char).translate(_TABLE)
    if char.isspace():
        return " "
    return char
