"""The words of mathematical writing: which command, letter or word stands for what.

Plain data, kept apart from the code that reads by it.
"""

from __future__ import annotations


def words(text: str) -> list[str]:
    """The words of a text: tables are easier to read and to sort as prose than as quoted lists."""
    return text.split()


SYMBOLS: dict[str, str] = {
    **{
        name: name
        for name in words(
            "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau "
            "upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega "
            "pi ell hbar nabla partial angle triangle emptyset parallel perp"
        )
    },
    "varepsilon": "epsilon",
    "vartheta": "theta",
    "varphi": "phi",
    "varrho": "rho",
    "varnothing": "emptyset",
    "oslash": "emptyset",
    "infty": "inf",
    "inf": "inf",
    "imath": "i",
    "jmath": "j",
}
"""Commands that stand for one symbol."""

PLAIN_SYMBOLS = {
    **{name: name for name in words("alpha beta gamma delta theta lambda mu rho sigma phi omega pi")},
    "inf": "inf",
    "infty": "inf",
    "infinity": "inf",
    "oo": "inf",
}
"""The same written as plain words."""

FUNCTIONS = frozenset(
    words(
        "sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth sech csch "
        "arcsinh arccosh arctanh asin acos atan sgn sign "
        "ln log lg exp"
    )
)
"""Functions of one argument, by command or as plain words."""

FUNCTION_ALIASES = {
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "sign": "sgn",
    "tg": "tan",
    "ctg": "cot",
    "cosec": "csc",
    "arctg": "arctan",
}

NAMED_VALUES = frozenset(words("gcd lcm max min mod sup det dim ker rank deg arg Re Im Res tr"))
"""Functions that this grammar does not evaluate: an answer that holds one is not evaluated."""

BIG_OPERATORS = frozenset(words("sum int prod lim iint iiint oint bigcup bigcap limsup liminf coprod"))
"""What stands for a task, not for a value."""

RELATIONS = {
    "=": "=",
    "<": "<",
    ">": ">",
    "\\lt": "<",
    "\\gt": ">",
    "\\le": "<=",
    "\\leq": "<=",
    "\\leqslant": "<=",
    "\\leqq": "<=",
    "\\ge": ">=",
    "\\geq": ">=",
    "\\geqslant": ">=",
    "\\geqq": ">=",
    "<=": "<=",
    ">=": ">=",
    "==": "=",
    "!=": "!=",
    "\\ne": "!=",
    "\\neq": "!=",
    "\\in": "in",
    "\\approx": "~",
    "\\simeq": "~",
    "\\doteq": "~",
    "\\sim": "~",
    "\\equiv": "equiv",
    "\\cong": "equiv",
    "\\to": "to",
    "\\rightarrow": "to",
    "\\Rightarrow": "to",
    "\\mapsto": "to",
    "\\iff": "to",
    "\\Leftrightarrow": "to",
    "\\implies": "to",
    "\\subset": "subset",
    "\\subseteq": "subset",
    "\\notin": "notin",
    "\\propto": "propto",
}

OPERATORS = {
    "+": "+",
    "-": "-",
    "*": "*",
    "/": "/",
    "^": "^",
    "_": "_",
    "!": "!",
    "'": "'",
    ":": ":",
    "\\cdot": "*",
    "\\times": "*",
    "\\ast": "*",
    "\\bullet": "*",
    "\\div": "/",
    "\\pm": "pm",
    "\\mp": "mp",
    "+-": "pm",
    "\\cup": "cup",
    "\\bigcup": "cup",
    "\\cap": "cap",
    "\\setminus": "minus",
    "\\backslash": "minus",
    "\\colon": ":",
    "\\prime": "'",
    "**": "^",
}

OPENERS = {
    "(": "(",
    "[": "[",
    "{": "{",
    "\\{": "\\{",
    "\\lbrace": "\\{",
    "\\lbrack": "[",
    "\\langle": "<",
    "\\lfloor": "floor",
    "\\lceil": "ceil",
}
CLOSERS = {
    ")": ")",
    "]": "]",
    "}": "}",
    "\\}": "\\}",
    "\\rbrace": "\\}",
    "\\rbrack": "]",
    "\\rangle": ">",
    "\\rfloor": "floor",
    "\\rceil": "ceil",
}
BARS = frozenset(["|", "\\mid", "\\vert", "\\lvert", "\\rvert", "\\Vert", "\\lVert", "\\rVert", "\\|"])

DOTS = frozenset(
    ["\\ldots", "\\dots", "\\cdots", "\\dotsc", "\\dotsb", "\\dotsm", "\\vdots", "\\ddots", "..."]
)

STRUCTURES = frozenset(
    words(
        "frac sqrt binom choose over overline vec overrightarrow hat bar widehat tilde pmod bmod "
        "overset underset stackrel begin end"
    )
)
STRUCTURE_ALIASES = {
    "dfrac": "frac",
    "tfrac": "frac",
    "cfrac": "frac",
    "dbinom": "binom",
    "tbinom": "binom",
    "overrightarrow": "vec",
    "overline": "overline",
    "bar": "overline",
    "widehat": "hat",
    "widetilde": "tilde",
}

SKIPPED = frozenset(
    words(
        "left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr displaystyle "
        "textstyle scriptstyle limits nolimits quad qquad thinspace enspace hfill hline boxed fbox "
        "ensuremath mathstrut strut nonumber notag bf rm it cal sf tt large Large small normalsize "
        "underline therefore because"
    )
)
"""Commands that change how the text looks and not what it says."""

TEXT_COMMANDS = (
    "text|textbf|textit|textrm|textsf|texttt|textnormal|textup|textsc|emph|mbox|hbox|mathrm|mathsf|mathtt|"
    "mathit|operatorname\\*?|mathop|mathbf|boldsymbol|bm|mathbb|mathcal|mathscr|mathfrak|bold|pmb"
)
BOLD_COMMANDS = frozenset(["mathbf", "boldsymbol", "bm", "bold", "pmb"])

CONNECTIVES = {"and": "and", "or": "or", "&": "and"}

LEAD_WORDS = frozenset(
    words(
        "about approximately approx roughly around nearly exactly the a an our final answer answers is are "
        "value of equal equals to solution solutions result total option choice choose here we have get so "
        "there thus hence therefore be must only between rs usd inr"
    )
)
"""Words before a value that say nothing about it."""

NUMBER_WORDS = {
    word: value
    for value, word in enumerate(
        words(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
            "sixteen seventeen eighteen nineteen twenty"
        )
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}

SCALE_WORDS = {
    "hundred": 10**2,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
