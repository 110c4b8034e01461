"""Runs the tests of a Python harness problem on a solution. Runs inside the sandbox.

    FILES  "solution" and "harness": marshalled code

The solution is loaded first, as a module of its own. What it changed in modules that were loaded before is
put back, the handshake takes place (`worker/handshake.py`), and the tests run with fresh builtins. Every
value that the tests get from a call or compare must be plain: an object whose class brings operators of
its own, such as an `__eq__` that always holds, is a failed test.
"""

from __future__ import annotations

import ast
import builtins
import marshal
import os
import sys
import threading
import types
from typing import Any

REPORT, NONCE, NONCE_BYTES = 3, 4, 16
OPERATORS = (
    "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__", "__bool__", "__len__",
    "__contains__", "__abs__", "__neg__", "__add__", "__radd__", "__sub__", "__rsub__", "__mul__",
    "__rmul__", "__truediv__", "__rtruediv__", "__round__", "__float__", "__int__", "__index__",
    "__getattribute__", "__getattr__", "__class__", "__instancecheck__", "__getitem__", "__iter__",
)  # fmt: skip
_PLAIN = frozenset({type(None), bool, int, float, complex, str, bytes})
_CONTAINERS = (list, tuple, set, frozenset)
_names_of = type.__dict__["__dict__"].__get__
_bases_of = type.__dict__["__mro__"].__get__
_code_of = types.FunctionType.__dict__["__code__"].__get__


class Refused(AssertionError):
    """A value that decides comparisons itself."""


def snapshot() -> dict[str, dict[str, Any]]:
    """The contents of all loaded modules."""
    return {name: dict(vars(module)) for name, module in sys.modules.items() if name != "__main__"}


def restore(before: dict[str, dict[str, Any]]) -> None:
    """Puts every loaded module's names back; what was added stays."""
    for name, names in before.items():
        module = sys.modules.get(name)
        if isinstance(module, types.ModuleType):
            vars(module).update(names)


def brings_operators(kind: type) -> bool:
    """Whether a class, or one of its bases, defines an operator in Python code of a solution."""
    if type(kind) is not type and brings_operators(type(kind)):
        return True
    for base in _bases_of(kind):
        for name in OPERATORS:
            if written_in_python(_names_of(base).get(name)):
                return True
    return False


_TRUSTED = (os.path.dirname(os.__file__), "/proc/self/fd/", "<frozen")  # noqa: PTH120  (pathlib may be tampered with)


def written_in_python(operator: Any) -> bool:
    """Whether an operator is anything but C code or the standard library's."""
    if operator is None or type(operator) in _C_KINDS:
        return False
    if type(operator) is types.FunctionType:
        return not _code_of(operator).co_filename.startswith(_TRUSTED)
    return True


_C_KINDS = (
    type(object.__eq__), type(list.append), type(len), type(int.__dict__["real"]),
    type(types.FunctionType.__dict__["__code__"]), type(object.__init_subclass__), staticmethod, classmethod,
)  # fmt: skip


def plain(value: Any, depth: int = 0) -> Any:
    """Returns a value as it is, or refuses it."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind not in (*_CONTAINERS, dict) and brings_operators(kind):
        raise Refused("a value brings comparison operators of its own")
    if depth < 50:
        if isinstance(value, _CONTAINERS):
            for item in kind.__iter__(value):
                plain(item, depth + 1)
        elif isinstance(value, dict):
            for key, item in dict.items(value):
                plain(key, depth + 1)
                plain(item, depth + 1)
    return value


class Guarding(ast.NodeTransformer):
    """Puts `plain` around every call and every operand of a comparison in the tests."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Guards the result of a call."""
        self.generic_visit(node)
        return self._guard(node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """Guards both sides of a comparison."""
        self.generic_visit(node)
        node.left = self._guard(node.left)
        node.comparators = [self._guard(side) for side in node.comparators]
        return node

    def _guard(self, node: ast.expr) -> ast.expr:
        return ast.Call(func=ast.Name(id="__genesys_plain__", ctx=ast.Load()), args=[node], keywords=[])


def guarded(source: str) -> types.CodeType:
    """The tests' code with its guards."""
    tree = ast.fix_missing_locations(Guarding().visit(ast.parse(source)))
    code: types.CodeType = compile(tree, "tests.py", "exec", dont_inherit=True)
    return code


def handshake() -> bytes:
    """Reports that the solution is loaded, and takes the nonce."""
    os.write(REPORT, b"L")
    nonce = b""
    while len(nonce) < NONCE_BYTES:
        part = os.read(NONCE, NONCE_BYTES - len(nonce))
        if not part:
            os._exit(125)
        nonce += part
    os.close(NONCE)
    return nonce


def names_for_tests(module: types.ModuleType, own: set[str], pristine: dict[str, Any]) -> dict[str, Any]:
    """What the tests see: the solution's names, but no builtin that it shadows.

    Args:
        module: The solution.
        own: Names that the tests take from it.
        pristine: The builtins as they were.
    """
    names = {name: value for name, value in vars(module).items() if name in own or name not in pristine}
    names.update(__name__="__main__", __builtins__=dict(pristine), __genesys_plain__=plain)
    return names


def main(settings: dict[str, Any], files: dict[str, bytes]) -> None:
    """Loads the solution, runs the tests, hands the nonce out after the last of them."""
    code = guarded(files["harness"].decode("utf-8", "surrogatepass"))
    before, pristine = snapshot(), dict(vars(builtins))
    module = types.ModuleType("solution")
    sys.modules["solution"] = module
    exec(marshal.loads(files["solution"]), module.__dict__)  # noqa: S102  (inside the sandbox)
    sys.settrace(None)
    sys.setprofile(None)
    threading.settrace(None)
    restore(before)
    names = names_for_tests(module, {settings["entry_point"]}, pristine)
    tests = types.ModuleType("__main__")
    sys.modules["__main__"] = tests
    tests.__dict__.update(names)
    del before, names
    run(code, tests.__dict__)


def run(code: types.CodeType, names: dict[str, Any]) -> None:
    """Runs the tests between handshake and nonce; an exception leaves the nonce unsaid."""
    write = os.write
    nonce = handshake()
    exec(code, names)  # noqa: S102  (inside the sandbox)
    write(REPORT, nonce)


if "SETTINGS" in globals():  # set by the sandbox; absent where a test imports this file
    main(globals()["SETTINGS"], globals()["FILES"])
