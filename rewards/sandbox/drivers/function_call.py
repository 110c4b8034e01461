"""Calls one function of a Python solution and writes what it returned, as data. Runs inside the sandbox.

    SETTINGS  {"fn_name": ...}
    FILES     "solution": the marshalled solution
    stdin     the arguments, a JSON list
    stdout    {"value": encoded} | {"missing": true}

The expected result is never here. A solution that forges this output can only write a result, which it
may as well return: the result is compared outside.
"""

from __future__ import annotations

import json
import marshal
import os
import sys
import types
from typing import Any


def encode(value: Any, depth: int = 0) -> Any:
    """A value as JSON, every type that JSON lacks as an object with one key.

    Lists and tuples are one kind, as datasets cannot tell them apart; `1` and `True` are two.
    """
    if depth > 500:
        return {"other": "too deep"}
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, (list, tuple)):
        return [encode(item, depth + 1) for item in value]
    if isinstance(value, dict):
        pairs = dict.items(value)
        return {"dict": [[encode(key, depth + 1), encode(item, depth + 1)] for key, item in pairs]}
    if isinstance(value, (set, frozenset)):
        return {"set": [encode(item, depth + 1) for item in value]}
    if isinstance(value, complex):
        return {"complex": [value.real, value.imag]}
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": value.decode("latin-1")}
    return encode_iterable(value, depth)


def encode_iterable(value: Any, depth: int) -> Any:
    """What a caller would list: ranges, deques, maps, generators; else the name of the type."""
    if hasattr(value, "__iter__"):
        return [encode(item, depth + 1) for item in value]
    return {"other": type(value).__name__}


def starter_names() -> dict[str, Any]:
    """What judges of function problems (LeetCode, and APPS after it) have imported for a solution."""
    names: dict[str, Any] = {}
    for line in (
        "import bisect, collections, copy, functools, heapq, itertools, math, operator, random, re, string",
        "from typing import *",
        "from collections import *",
        "from functools import cache, cmp_to_key, lru_cache, reduce",
        "from heapq import *",
        "from bisect import *",
        "from itertools import *",
    ):
        exec(line, names)  # noqa: S102  (lines of our own)
    return names


def find(names: dict[str, Any], name: str) -> Any:
    """The function by its name, or as a method of the class `Solution`, or None."""
    if callable(names.get(name)):
        return names[name]
    solution = names.get("Solution")
    return getattr(solution(), name, None) if isinstance(solution, type) else None


def main(settings: dict[str, Any], files: dict[str, bytes]) -> None:
    """Loads the solution, calls it, writes the result where its prints do not go."""
    write, dumps = os.write, json.dumps
    arguments = json.loads(sys.stdin.buffer.read())
    result = os.dup(1)
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    sys.set_int_max_str_digits(0)
    module = types.ModuleType("solution")
    module.__dict__.update(starter_names(), __name__="solution")
    sys.modules["solution"] = module
    exec(marshal.loads(files["solution"]), module.__dict__)  # noqa: S102  (inside the sandbox)
    function = find(module.__dict__, settings["fn_name"])
    answer = {"missing": True} if function is None else {"value": encode(function(*arguments))}
    view = memoryview(dumps(answer).encode())
    while view:
        view = view[write(result, view) :]


if "SETTINGS" in globals():  # set by the sandbox; absent where a test imports this file
    main(globals()["SETTINGS"], globals()["FILES"])
