r"""The grammar of expressions: tokens to a tree.

A recursive-descent parser of what models and datasets write: `\frac12`, `2\frac{3}{4}` (a mixed number),
`\sin^2 x`, `\log_2 32`, `5 \sqrt[3]{4}`, `2n/(n+1)`. A slash and a product by juxtaposition bind equally
and to the left, so that `2n/n+1` is what it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from genesys.rewards.mathematics import tree
from genesys.rewards.mathematics.errors import NotEvaluatedError, NotMathError, TooComplexError
from genesys.rewards.mathematics.numerals import mixed_part, number_of, repeating
from genesys.rewards.mathematics.tokens import Token
from genesys.rewards.mathematics.tree import Node

MAX_DEPTH = 60
MAX_TOKENS = 1_200
MAX_BIG_NUMBERS = 12
BIG_NUMBER_BITS = 2_048

_CLOSING = {"(": ")", "[": "]", "{": "}", "floor": "floor", "ceil": "ceil"}
_INVERSE = {name: f"arc{name}" for name in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh")}
_END = Token("end", "")


def parse_expression(tokens: Sequence[Token]) -> Node:
    """Parses all the tokens as one expression.

    Raises:
        NotMathError: If they are none.
        TooComplexError: If there are too many, nested too deeply, or with numbers too large.
    """
    if len(tokens) > MAX_TOKENS:
        raise TooComplexError
    parser = _Parser(tokens)
    node = parser.sum()
    if parser.peek() is not _END:
        raise NotMathError
    return node


class _Parser:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = list(tokens)
        self.at = 0
        self.depth = 0
        self.big = 0

    def peek(self, ahead: int = 0) -> Token:
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else _END

    def take(self) -> Token:
        token = self.peek()
        self.at += 1
        return token

    def accept(self, kind: str, text: str) -> bool:
        token = self.peek()
        if token.kind == kind and token.text == text:
            self.at += 1
            return True
        return False

    def sum(self) -> Node:
        """A sum of terms."""
        terms = [self.signed_product()]
        while self.peek().kind == "op" and self.peek().text in "+-":
            terms.append(self.signed_product())
        return tree.add(terms)

    def signed_product(self) -> Node:
        sign = 1
        while self.peek().kind == "op" and self.peek().text in "+-":
            sign = -sign if self.take().text == "-" else sign
        node = self.product()
        return tree.negative(node) if sign < 0 else node

    def product(self) -> Node:
        """A product by sign, slash or juxtaposition."""
        node = self.factor()
        while True:
            token = self.peek()
            if token.kind == "op" and token.text in "*/":
                self.at += 1
                right = self.signed_factor()
                node = tree.mul((node, right)) if token.text == "*" else tree.divide(node, right)
            elif self.starts_factor(token):
                if token.kind == "num" and self.peek(-1).kind == "num":
                    raise NotMathError
                node = tree.mul((node, self.factor()))
            else:
                return self.guard(node)

    def signed_factor(self) -> Node:
        sign = 1
        while self.peek().kind == "op" and self.peek().text in "+-":
            sign = -sign if self.take().text == "-" else sign
        node = self.factor()
        return tree.negative(node) if sign < 0 else node

    @staticmethod
    def starts_factor(token: Token) -> bool:
        if token.kind in ("num", "sym", "word", "fn", "structure", "named"):
            return True
        return token.kind == "open" and token.text in _CLOSING

    def factor(self) -> Node:
        """A base with its powers, factorials and signs of degree and percent."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TooComplexError
        node = self.base()
        while True:
            token = self.peek()
            if token.kind == "op" and token.text == "^":
                self.at += 1
                node = tree.power(node, self.exponent())
            elif token.kind == "op" and token.text == "!":
                self.at += 1
                if self.peek() == token:
                    raise NotMathError
                node = tree.call("factorial", node)
            elif token.kind == "unit" and token.text == "deg":
                self.at += 1
                node = tree.mul((node, tree.symbol("deg")))
            elif token.kind == "unit" and token.text == "%":
                self.at += 1
                node = tree.mul((node, tree.number(Fraction(1, 100))))
            else:
                self.depth -= 1
                return self.guard(node)

    def guard(self, node: Node) -> Node:
        """Counts large exact numbers, whose arithmetic is what costs time."""
        if node.op == "num":
            size = max(node.number.numerator.bit_length(), node.number.denominator.bit_length())
            self.big += size > BIG_NUMBER_BITS
        if self.big > MAX_BIG_NUMBERS:
            raise TooComplexError
        return node

    def exponent(self) -> Node:
        if self.peek().kind == "open":
            return self.group()
        token = self.peek()
        if token.kind == "op" and token.text in "+-":
            return self.signed_factor()
        if token.kind == "num":
            self.at += 1
            node = tree.number(number_of(token.text))
        else:
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise TooComplexError
            node = self.base()
            self.depth -= 1
        if not self.accept("op", "^"):
            return node
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TooComplexError
        node = tree.power(node, self.exponent())
        self.depth -= 1
        return node

    def base(self) -> Node:
        token = self.peek()
        if token.kind == "num":
            return self.numeral()
        if token.kind == "sym":
            return self.symbol()
        if token.kind == "open":
            return self.group()
        if token.kind == "bar":
            return self.absolute()
        if token.kind == "structure":
            return self.structure()
        if token.kind == "fn":
            return self.function()
        if token.kind == "word":
            return self.word()
        if token.kind in ("named", "big"):
            raise NotEvaluatedError
        raise NotMathError

    def numeral(self) -> Node:
        token = self.take()
        follower = self.peek()
        if "." in token.text and follower.kind == "structure" and follower.text == "overline":
            value, width = repeating(token.text, self.tokens[self.at + 1 : self.at + 4])
            self.at += 1 + width
            return tree.number(value)
        value = number_of(token.text)
        if token.text.isdigit():
            part, width = mixed_part(self.tokens[self.at : self.at + 7])
            self.at += width
            value += part
        return tree.number(value)

    def symbol(self) -> Node:
        token = self.take()
        name = token.text
        if self.accept("op", "_"):
            subscript = self.flat_text()
            if name in ("C", "A", "P") and self.peek()[:2] == ("op", "^") and subscript.isalnum():
                return self.selection(name, subscript)
            name = f"{name}_{subscript}"
        while self.accept("op", "'"):
            name += "'"
        follower = self.peek()
        if name in ("f", "g", "h") and follower[:2] == ("open", "(") and not follower.spaced:
            return tree.call(f"call:{name}", self.group())
        return tree.symbol(name)

    def selection(self, name: str, subscript: str) -> Node:
        """`C_{10}^{3}`: so many ways to choose, as textbooks in many countries write it."""
        self.take()
        chosen = self.exponent()
        total = tree.number(int(subscript)) if subscript.isdigit() else tree.symbol(subscript)
        return tree.call("binom" if name == "C" else "perm", total, chosen)

    def flat_text(self) -> str:
        """The texts of a group or of one token, joined: a subscript."""
        if self.peek().text != "{":
            return self.take().text
        self.take()
        texts: list[str] = []
        while self.peek() is not _END and self.peek().text != "}":
            texts.append(self.take().text)
        self.take()
        return "".join(texts)

    def group(self) -> Node:
        opening = self.take().text
        if opening not in _CLOSING:
            raise NotMathError
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TooComplexError
        node = self.sum()
        self.depth -= 1
        if not self.accept("close", _CLOSING[opening]):
            raise NotMathError
        return tree.call(opening, node) if opening in ("floor", "ceil") else node

    def absolute(self) -> Node:
        self.take()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TooComplexError
        node = self.sum()
        self.depth -= 1
        if self.take().kind != "bar":
            raise NotMathError
        return tree.call("abs", node)

    def argument(self) -> Node:
        r"""An argument of `\frac`: a group, or the next character, as in `\frac12`."""
        token = self.peek()
        if token.kind == "open" and token.text == "{":
            return self.group()
        if token.kind == "num" and len(token.text) > 1:
            self.tokens[self.at] = token._replace(text=token.text[1:], spaced=False)
            return tree.number(number_of(token.text[0]))
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TooComplexError
        node = self.base()
        self.depth -= 1
        return node

    def structure(self) -> Node:
        name = self.take().text
        if name == "frac":
            top = self.argument()
            return tree.divide(top, self.argument())
        if name == "sqrt":
            return self.radical()
        if name == "binom":
            total = self.argument()
            return tree.call("binom", total, self.argument())
        if name in ("vec", "hat", "tilde", "overline"):
            return tree.symbol(f"{name}:{self.flat_text()}")
        raise NotMathError

    def radical(self) -> Node:
        degree = tree.number(2)
        if self.peek().text == "[":
            degree = self.group()
        token = self.peek()
        if token.kind == "num":
            self.at += 1
            return tree.root(tree.number(number_of(token.text)), degree)
        return tree.root(self.argument(), degree)

    def function(self) -> Node:
        name = self.take().text
        raised: Node | None = None
        base: Node | None = None
        for _ in range(2):
            if self.accept("op", "^"):
                raised = self.exponent()
            elif self.accept("op", "_"):
                base = self.exponent()
        if raised == tree.MINUS_ONE and name in _INVERSE:
            name, raised = _INVERSE[name], None
        argument = self.function_argument()
        node = self.logarithm(argument, base) if name in ("log", "lg") else tree.call(name, argument)
        if base is not None and name not in ("log", "lg"):
            raise NotMathError
        if name == "lg" and base is None:
            node = self.logarithm(argument, tree.number(10))
        return node if raised is None else tree.power(node, raised)

    @staticmethod
    def logarithm(argument: Node, base: Node | None) -> Node:
        if base is None:
            return tree.call("log", argument)
        if base == tree.symbol("e"):
            return tree.call("ln", argument)
        return tree.divide(tree.call("ln", argument), tree.call("ln", base))

    def function_argument(self) -> Node:
        token = self.peek()
        if token.kind == "open" and token.text in ("(", "[", "{"):
            return self.group()
        node = self.signed_factor()
        while True:
            token = self.peek()
            if token.kind not in ("num", "sym", "structure") or self.peek(-1).kind == "num" == token.kind:
                return node
            node = tree.mul((node, self.factor()))

    def word(self) -> Node:
        """Letters that stand together: a name in capitals, or a product of few letters."""
        token = self.take()
        if token.text.isupper() and token.text.isalpha():
            return tree.symbol(token.text)
        if not token.roman and len(token.text) <= 3 and token.text.isalpha():
            self.at -= 1  # each letter is a factor of its own, and a power belongs to the last one
            self.tokens[self.at : self.at + 1] = [Token("sym", letter) for letter in token.text]
            return self.symbol()
        raise NotMathError
