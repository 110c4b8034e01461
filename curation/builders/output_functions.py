"""Reading the functions that a model writes: one code block, allowed imports, nothing that varies."""

from __future__ import annotations

import ast
import re

from genesys.curation.builders.llm_step import MalformedReply

IMPORTS = frozenset({"re", "string", "math", "itertools", "functools", "collections"})
FORBIDDEN = frozenset(
    {"print", "input", "open", "eval", "exec", "compile", "hash", "id", "globals", "locals", "vars", "dir"}
    | {"__import__", "getattr", "setattr", "delattr", "breakpoint", "exit", "quit", "memoryview", "object"}
)
"""Names that make a program vary, speak, or hard to follow."""

LONGEST = 4000

_BLOCK = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)```", re.DOTALL)


def read_function(reply: str) -> str:
    """The code of a reply: its only code block, which defines `f` of one argument.

    Raises:
        MalformedReply: If it is not what was asked for; the text says in what.
    """
    blocks = _BLOCK.findall(reply)
    if len(blocks) != 1:
        raise MalformedReply(f"{len(blocks)} code blocks")
    code = str(blocks[0]).strip()
    if len(code) > LONGEST:
        raise MalformedReply(f"{len(code)} characters of code")
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise MalformedReply(f"no Python: {error}") from None
    fault = _fault(tree)
    if fault is not None:
        raise MalformedReply(fault)
    return code


def _fault(tree: ast.Module) -> str | None:
    """Why a module is not what was asked for, or None."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    entry = [node for node in functions if node.name == "f"]
    if len(entry) != 1:
        return "no function f" if not entry else "f is defined twice"
    arguments = entry[0].args
    if len(arguments.args) != 1 or arguments.posonlyargs or arguments.kwonlyargs or arguments.vararg:
        return "f does not take exactly one argument"
    return next(filter(None, map(_forbidden, ast.walk(tree))), None)


def _forbidden(node: ast.AST) -> str | None:
    if isinstance(node, ast.Import):
        names = [alias.name.partition(".")[0] for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = [(node.module or "").partition(".")[0]]
    else:
        names = []
    strangers = [name for name in names if name not in IMPORTS]
    if strangers:
        return f"imports {strangers[0]!r}"
    if isinstance(node, ast.Name) and node.id in FORBIDDEN:
        return f"uses {node.id!r}"
    if isinstance(node, ast.Attribute) and node.attr.startswith("__"):
        return f"uses {node.attr!r}"
    return "is asynchronous" if isinstance(node, ast.AsyncFunctionDef | ast.Await) else None
