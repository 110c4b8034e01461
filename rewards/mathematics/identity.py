"""Whether two expressions are equal: exact, then by fingerprint, then numerically in the worker."""

from __future__ import annotations

from dataclasses import dataclass, replace

from genesys.rewards.mathematics import tree
from genesys.rewards.mathematics.errors import NeedsWorkerError, TooComplexError
from genesys.rewards.mathematics.fingerprint import Field, UndefinedError, same
from genesys.rewards.mathematics.outcome import Outcome
from genesys.rewards.mathematics.tree import Node


@dataclass
class Identity:
    """The tiers that compare expressions.

    Attributes:
        field: The finite field of this comparison.
        deep: Whether slow work may be done here; otherwise it raises NeedsWorkerError.
        deepest: The slowest tier that was asked.
    """

    field: Field
    deep: bool
    deepest: str = "exact"

    def equal(self, gold: Node, answer: Node) -> bool:
        """Whether the two are the same value, or the same function of their variables.

        Raises:
            NeedsWorkerError: If only slow work can tell and none may be done here.
            TooComplexError: If telling costs too much.
        """
        if gold.op == "num" and answer.op == "num":
            return gold.number == answer.number
        self._reached("fingerprint")
        try:
            one, other = self.field.image(gold), self.field.image(answer)
        except UndefinedError:
            return False
        if same(one, other):
            return True
        if one.certain and other.certain:
            return False
        return self._numerically(gold, answer)

    def proportional(self, gold: Node, answer: Node, *, positive: bool = False) -> Outcome:
        """Whether an equation's difference of sides is a multiple of the other's."""
        self._reached("fingerprint")
        fields = [self.field, replace(self.field, salt=b"1"), replace(self.field, salt=b"2")]
        try:
            ratios = [each.ratio(gold, answer) for each in fields]
        except UndefinedError:
            return Outcome.NO
        alike = all(same(ratio, ratios[0]) for ratio in ratios)
        if alike and not positive and (ratios[0].re or ratios[0].im):
            return Outcome.YES
        if not alike and all(ratio.certain for ratio in ratios):
            return Outcome.NO
        self._need_worker()
        from genesys.rewards.mathematics import numeric

        return Outcome.YES if numeric.proportional(gold, answer, positive=positive) else Outcome.NO

    def near(self, gold: Node, answer: Node, distance: float) -> bool:
        """Whether two constants are no further apart than that."""
        if gold.op == "num" and answer.op == "num":
            return abs(gold.number - answer.number) <= distance
        if tree.variables_of(gold) or tree.variables_of(answer):
            return False
        self._need_worker()
        from genesys.rewards.mathematics import numeric

        one, other = numeric.value_of(gold), numeric.value_of(answer)
        return one is not None and other is not None and bool(abs(one - other) <= distance)

    def _numerically(self, gold: Node, answer: Node) -> bool:
        readings = [(gold, answer)]
        if _holds_log(gold) or _holds_log(answer):
            # `log` without a base is the natural or the decimal one; both sides are read alike
            bases = (tree.symbol("e"), tree.number(10))
            readings = [(_with_base(gold, base), _with_base(answer, base)) for base in bases]
        self._need_worker()
        from genesys.rewards.mathematics import numeric

        return any(numeric.identical(one, other) for one, other in readings)

    def _need_worker(self) -> None:
        if not self.deep:
            raise NeedsWorkerError
        self._reached("numeric")

    def _reached(self, tier: str) -> None:
        if self.deepest != "numeric":
            self.deepest = tier


def check_cost(node: Node) -> bool:
    """Whether an expression can be evaluated within the limits; in the worker only."""
    from genesys.rewards.mathematics import numeric

    try:
        numeric.identical(node, tree.symbol("pi"))
    except TooComplexError:
        return False
    return True


def _holds_log(node: Node) -> bool:
    return (node.op == "fn" and node.name == "log") or any(_holds_log(arg) for arg in node.args)


def _with_base(node: Node, base: Node) -> Node:
    """The expression with its bare logarithms to a base."""
    if not node.args:
        return node
    args = tuple(_with_base(arg, base) for arg in node.args)
    if node.op == "fn" and node.name == "log":
        inner = tree.call("ln", args[0])
        return inner if base.op == "sym" else tree.divide(inner, tree.call("ln", base))
    return Node(node.op, args, node.name)
