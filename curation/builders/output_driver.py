"""Runs in the sandbox: executes one program and says what it printed and how many lines it executed.

The request comes as JSON on stdin: {"program": text, "adverse": whether sets iterate backwards}.
"""

from __future__ import annotations

import ast
import io
import json
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

MOST_STEPS = 20_000


class AdverseSet(set[Any]):
    """A set that iterates in the other order: nobody may rely on the usual one."""

    def __iter__(self) -> Iterator[Any]:
        """Backwards."""
        return iter(list(super().__iter__())[::-1])

    def pop(self) -> Any:
        """Takes what comes first here."""
        first = next(iter(self))
        self.remove(first)
        return first


def _adversely(name: str) -> Any:
    usual = getattr(set, name)

    def method(self: AdverseSet, *others: Any) -> Any:
        made = usual(self, *others)
        return made if made is NotImplemented else AdverseSet(made)

    return method


for _name in (
    "__or__",
    "__and__",
    "__sub__",
    "__xor__",
    "__ror__",
    "__rand__",
    "__rsub__",
    "__rxor__",
    "copy",
):
    setattr(AdverseSet, _name, _adversely(_name))
for _name in ("union", "intersection", "difference", "symmetric_difference"):
    setattr(AdverseSet, _name, _adversely(_name))


class AdverseFrozenSet(frozenset[Any]):
    """The same of one that does not change."""

    def __iter__(self) -> Iterator[Any]:
        """Backwards."""
        return iter(list(super().__iter__())[::-1])


class _Adverse(ast.NodeTransformer):
    """Makes adverse sets of literals and comprehensions."""

    def visit_Set(self, node: ast.Set) -> ast.Call:
        self.generic_visit(node)
        return _as_set(ast.List(elts=node.elts, ctx=ast.Load()))

    def visit_SetComp(self, node: ast.SetComp) -> ast.Call:
        self.generic_visit(node)
        return _as_set(ast.ListComp(elt=node.elt, generators=node.generators))


def _as_set(items: ast.expr) -> ast.Call:
    return ast.Call(func=ast.Name(id="set", ctx=ast.Load()), args=[items], keywords=[])


class _Steps:
    """Counts executed lines of the program, and stops one that executes too many."""

    def __init__(self) -> None:
        self.count = 0

    def trace(self, frame: FrameType, event: str, argument: object) -> Any:
        """The tracer that the interpreter calls."""
        if frame.f_code.co_filename != "<program>":
            return None
        if event == "line":
            self.count += 1
            if self.count > MOST_STEPS:
                raise RuntimeError("too many steps")
        return self.trace


def main() -> None:
    """Reads the request, runs, answers on stdout."""
    request = json.loads(sys.stdin.read())
    tree = ast.parse(request["program"])
    names: dict[str, Any] = {"__name__": "__main__"}
    if request["adverse"]:
        tree = ast.fix_missing_locations(_Adverse().visit(tree))
        names |= {"set": AdverseSet, "frozenset": AdverseFrozenSet}
    code = compile(tree, "<program>", "exec")
    steps, printed, fault = _Steps(), io.StringIO(), ""
    real, sys.stdout = sys.stdout, printed
    try:
        sys.settrace(steps.trace)
        exec(code, names)  # noqa: S102  # the sandbox is made for this
    except BaseException as error:  # noqa: BLE001  # whatever a program raises is its fault
        fault = f"{type(error).__name__}: {error}"[:300]
    finally:
        sys.settrace(None)
        sys.stdout = real
    real.write(json.dumps({"output": printed.getvalue(), "steps": steps.count, "fault": fault}))


main()
