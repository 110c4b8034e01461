"""Solutions that try to pass a harness test without solving it. None may score."""

from __future__ import annotations

import pytest
from code_problems_for_tests import code_problem, fenced

from genesys.rewards import verify

HARNESS = {
    "python": (
        "def check(candidate):\n    assert candidate(2) == 3\n    assert abs(candidate(40) - 41) < 1e-6\n"
        "check(inc)\n"
    ),
    "javascript": (
        "const assert = require('node:assert');\nfunction test() {\n"
        "  console.assert(JSON.stringify([inc(2)]) === JSON.stringify([3]));\n"
        "  assert.deepEqual(inc(40), 41);\n}\ntest();"
    ),
    "cpp": "#include <assert.h>\nint main() {\n  auto candidate = inc;\n  assert(candidate(2) == 3);\n"
    "  assert(candidate(40) == 41);\n}\n",
    "rust": "fn main() {\n    let candidate = inc;\n    assert_eq!(candidate(2), 3);\n"
    "    assert_eq!(candidate(40), 41);\n}\n",
}

RIGHT = {
    "python": "def inc(n):\n    return n + 1\n\nif __name__ == '__main__':\n    raise SystemExit(1)",
    "javascript": "const inc = (n) => n + 1;",
    "cpp": "int inc(int n) { return n + 1; }",
    "rust": "fn inc(n: i32) -> i32 { n + 1 }",
}

PYTHON_EQUAL = """
class Equal:
    def __eq__(self, other): return True
    def __sub__(self, other): return 0
    def __hash__(self): return 0
def inc(n): return Equal()
"""

ATTACKS = [
    ("python", "exit at load", "import os\nos._exit(0)\ndef inc(n): return 0"),
    ("python", "exit when called", "import os\ndef inc(n): os._exit(0)"),
    ("python", "SystemExit at load", "import sys\nsys.exit(0)"),
    ("python", "exit function", "import atexit, os\natexit.register(os._exit, 0)\ndef inc(n): return 0"),
    ("python", "exit hook", "import sys, os\nsys.excepthook = lambda *a: os._exit(0)\ndef inc(n): return 0"),
    ("python", "a value equal to all", PYTHON_EQUAL),
    ("python", "an int equal to all", "class I(int):\n    def __eq__(s, o): return True\n    def __sub__(s, o): return 0\ndef inc(n): return I(0)"),
    (
        "python",
        "equality by metaclass",
        "class M(type):\n    __eq__ = lambda c, o: True\n    __sub__ = lambda c, o: 0\nclass C(metaclass=M): pass\ninc = lambda n: C",
    ),
    ("python", "patched builtins", "import builtins\nbuiltins.abs = lambda x: 0\nclass E(Exception): pass\nbuiltins.AssertionError = E\ndef inc(n): return 3"),
    ("python", "a shadowed builtin", "def abs(x): return 0\ndef inc(n): return 3"),
    ("python", "a check of its own", "def check(candidate): pass\nimport sys\nsys.modules['__main__'].check = check\ndef inc(n): return 0"),
    (
        "python",
        "tracing the tests",
        "import sys\ndef skip(*a):\n    a[0].f_trace_lines = False\n    return skip\nsys.settrace(skip)\ndef inc(n): return 0",
    ),
    ("python", "raising an exit", "def inc(n): raise SystemExit(0)"),
    ("python", "a fork that passes", "import os\ndef inc(n):\n    if os.fork() == 0: os._exit(0)\n    os._exit(0)"),
    ("python", "printed success", "print('OK')\nprint('passed')\ndef inc(n): return 0"),
    ("javascript", "exit at load", "process.exit(0);\nconst inc = 0;"),
    ("javascript", "exit when called", "const inc = () => process.exit(0);"),
    ("javascript", "reallyExit", "const inc = () => process.reallyExit(0);"),
    ("javascript", "patched console.assert", "console.assert = () => {};\nconst inc = () => 3;"),
    ("javascript", "patched assert", "const a = require('node:assert');\na.deepEqual = () => {};\na.equal = () => {};\nconst inc = (n) => n === 2 ? 3 : 0;"),
    ("javascript", "patched JSON", "JSON.stringify = () => 'x';\nconst inc = () => 41;"),
    ("javascript", "replaced JSON", "globalThis.JSON = { stringify: () => 'x' };\nconst inc = () => 41;"),
    ("javascript", "patched when called", "const inc = () => { JSON.stringify = () => 'x'; console.assert = () => {}; return 41; };"),
    ("javascript", "patched require", "const real = globalThis.require;\nglobalThis.require = (n) => n.includes('assert') ? new Proxy({}, { get: () => () => {} }) : real(n);\nconst inc = () => 3;"),
    ("javascript", "caught at the end", "process.on('uncaughtException', () => process.exit(0));\nconst inc = () => 0;"),
    ("javascript", "exit code set late", "process.on('exit', () => { process.exitCode = 0; });\nconst inc = () => 0;"),
    ("cpp", "exit when called", "#include <cstdlib>\nint inc(int) { std::exit(0); }"),
    ("cpp", "exit before main", "#include <unistd.h>\n__attribute__((constructor)) void f() { _exit(0); }\nint inc(int) { return 0; }"),
    ("cpp", "a static object", "#include <cstdlib>\nstruct S { S() { exit(0); } } s;\nint inc(int) { return 0; }"),
    ("cpp", "assert defined away", "#define NDEBUG\n#include <cassert>\n#undef assert\n#define assert(x) ((void)0)\nint inc(int) { return 0; }"),
    ("cpp", "main defined away", "#define main main() { return 0; } int other\nint inc(int) { return 0; }"),
    ("cpp", "a main that returns", "int inc(int) { return 0; }\nint main() { return 0; }\n#define main unused"),
    ("cpp", "tests in a dead branch", "int inc(int) { return 0; }\nint main() { return 0; }\n#if 0"),
    ("cpp", "its own __assert_fail", '#include <unistd.h>\nextern "C" void __assert_fail(const char*, const char*, unsigned, const char*) noexcept { _exit(0); }\nint inc(int) { return 0; }'),
    ("cpp", "a caught abort", "#include <csignal>\n#include <unistd.h>\nvoid h(int) { _exit(0); }\nstruct S { S() { signal(SIGABRT, h); } } s;\nint inc(int) { return 0; }"),
    ("cpp", "its own wrapper", 'extern "C" int __wrap_main(int, char**) { return 0; }\nint inc(int) { return 0; }'),
    ("rust", "exit when called", "fn inc(_n: i32) -> i32 { std::process::exit(0) }"),
    ("rust", "macros of its own", "macro_rules! assert_eq { ($($t:tt)*) => { () } }\nfn inc(_n: i32) -> i32 { 0 }"),
    ("rust", "a main of its own", "fn inc(_n: i32) -> i32 { 0 }\nfn main() {}"),
    ("rust", "a panic hook", "fn inc(_n: i32) -> i32 { std::panic::set_hook(Box::new(|_| std::process::exit(0))); 0 }"),
]  # fmt: skip


@pytest.mark.parametrize("language", HARNESS)
def test_a_right_solution_passes(language: str) -> None:
    problem = code_problem(language, [{"type": "harness", "code": HARNESS[language], "fn_name": "inc"}])
    verdict = verify(problem, fenced(language, RIGHT[language]))
    assert (verdict.score, verdict.info.get("trust")) == (1.0, "in_process"), verdict


@pytest.mark.parametrize(
    ("language", "attack", "solution"), ATTACKS, ids=[f"{a[0]}: {a[1]}" for a in ATTACKS]
)
def test_an_attack_does_not_pass(language: str, attack: str, solution: str) -> None:
    problem = code_problem(language, [{"type": "harness", "code": HARNESS[language], "fn_name": "inc"}])
    verdict = verify(problem, fenced(language, solution))
    assert verdict.score == 0.0, (attack, verdict)
