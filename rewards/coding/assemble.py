"""A solution and the tests of a harness problem as one program."""

from __future__ import annotations

import re

from genesys.rewards.sandbox import drivers
from genesys.rewards.sandbox.build import Executable, Source
from genesys.rewards.sandbox.languages import NODE_DEEP_STACK
from genesys.rewards.sandbox.toolchains import toolchain

_CPP_KEYWORDS = (
    "assert", "auto", "bool", "break", "case", "char", "class", "const", "continue", "do", "double",
    "else", "false", "float", "for", "if", "int", "long", "main", "namespace", "nullptr", "operator",
    "return", "short", "signed", "sizeof", "static", "struct", "switch", "template", "this", "throw",
    "true", "typedef", "typename", "unsigned", "using", "void", "while", "candidate", "std",
)  # fmt: skip
"""Words that harness tests are written with; a macro of the solution may not change them."""

_CPP_SHIELD = (
    "\n" + "".join(f"#undef {word}\n" for word in _CPP_KEYWORDS) + "#undef NDEBUG\n#include <assert.h>\n"
)
_RUST_SHIELD = "\n" + "".join(
    f"#[allow(unused_macros)] macro_rules! {name} {{ ($($t:tt)*) => {{ ::std::{name}!($($t)*) }} }}\n"
    for name in ("assert", "assert_eq", "assert_ne", "panic")
)


def compiled_harness(language: str, solution: str, tests: str) -> Source:
    """A C++ or Rust solution with the tests behind it, as one source.

    MultiPL-E's tests begin with the brace that ends an unfinished function; where the solution is
    complete, the brace is left out. Between the two stand lines that take the solution's macros away from
    what the tests are written with.
    """
    rest = tests.lstrip()
    rest = rest.removeprefix("}")
    if open_braces(solution, language) == 1:  # a completion that stopped before its last brace
        solution += "\n}"
    shield = _CPP_SHIELD if language == "cpp" else _RUST_SHIELD
    if language == "cpp" and "#include" not in solution.replace(" ", ""):
        solution = f"#include <bits/stdc++.h>\nusing namespace std;\n{solution}"
    return Source(language=language, text=f"{solution}\n{shield}\n{rest}", harness=True)


_TOKENS = {
    "cpp": re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])'|[{}]", re.DOTALL),
    "rust": re.compile(
        r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\[^\n]{1,10}|[^'\\\n])'|[{}]", re.DOTALL
    ),
}


def open_braces(source: str, language: str) -> int:
    """Opened braces less closed ones, outside of literals and comments."""
    tokens = _TOKENS[language].findall(source)
    return tokens.count("{") - tokens.count("}")


def python_function_call(solution: Executable) -> Executable:
    """The driver that calls one function of a compiled Python solution."""
    return Executable(
        command=(), files={"main": drivers.code("function_call.py"), "solution": solution.files["main"]}
    )


def python_harness(solution: Executable, tests: str) -> Executable:
    """The driver that runs tests on a compiled Python solution."""
    return Executable(
        command=(),
        files={
            "main": drivers.code("harness.py"),
            "solution": solution.files["main"],
            "harness": tests.encode("utf-8", "surrogatepass"),
        },
    )


def javascript_function_call(solution: str, name: str) -> Executable:
    """The driver that calls one function of a JavaScript solution."""
    return _node("function_call.cjs", {"main.js": solution}, ("{bin}/main.js", name))


def javascript_harness(solution: str, tests: str) -> Executable:
    """The driver that runs tests on a JavaScript solution."""
    return _node("harness.cjs", {"main.js": solution, "tests.js": tests}, ("{bin}/main.js", "{bin}/tests.js"))


def javascript_check(solution: str, name: str) -> Executable:
    """The command that only parses a JavaScript program."""
    node = toolchain("javascript").executable
    return Executable(
        command=(node, "--check", f"{{bin}}/{name}"),
        files={name: solution.encode("utf-8", "surrogatepass")},
    )


def with_deep_stack(program: Executable) -> Executable:
    """A JavaScript program with room for deep recursion."""
    node, *rest = program.command
    return Executable(command=(node, NODE_DEEP_STACK, *rest), files=program.files)


def _node(driver: str, files: dict[str, str], arguments: tuple[str, ...]) -> Executable:
    command = (toolchain("javascript").executable, NODE_DEEP_STACK, "{bin}/driver.cjs")
    texts = {"driver.cjs": drivers.text(driver), **files}
    contents = {name: text.encode("utf-8", "surrogatepass") for name, text in texts.items()}
    return Executable(command=(*command, *arguments), files=contents)
