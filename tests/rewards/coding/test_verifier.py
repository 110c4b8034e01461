"""The verifier "code", end to end."""

from __future__ import annotations

from typing import Any

import pytest
from code_problems_for_tests import call_cases, code_problem, fenced, stdin_cases
from submissions import GOOD, HALF, square_problem

from genesys.rewards import Grader, verifier_spec, verify
from genesys.rewards.coding.suite import read_suite
from genesys.rewards.sandbox import toolchains
from genesys.schema import Problem
from genesys.testing import check_verifier

ADD = call_cases("add", ([1, 2], 3), ([[1], [2]], [1, 2]))


@pytest.mark.parametrize("language", GOOD)
def test_a_right_program_earns_all(language: str) -> None:
    verdict = verify(square_problem(language), fenced(language, GOOD[language]))
    assert (verdict.score, verdict.cause, verdict.verifier) == (1.0, None, "code@1")
    assert verdict.info["isolation"] in ("namespaces", "landlock")


@pytest.mark.parametrize("language", HALF)
def test_the_score_is_the_share_of_tests_passed(language: str) -> None:
    verdict = verify(square_problem(language), fenced(language, HALF[language]))
    assert (verdict.score, verdict.cause) == (0.5, "wrong_answer")
    assert verdict.info["outcomes"] == ["passed", "passed", "wrong_answer", "wrong_answer"]
    failure = verdict.info["failure"]
    assert (failure["test"], failure["input"], failure["expected"], failure["got"].strip()) == (
        2,
        "10\n",
        "100\n",
        "0",
    )


def test_all_or_nothing_stops_at_the_first_failure() -> None:
    spec = verifier_spec("code", {"stop_on_first_failure": True})
    verdict = verify(square_problem("python"), fenced("python", HALF["python"]), verifier=spec)
    assert (verdict.score, verdict.info["outcomes"]) == (0.0, ["passed", "passed", "wrong_answer"])


CAUSES: list[tuple[str, str, str, str]] = [
    ("python", "python", "def", "compile_error"),
    ("cpp", "cpp", "int main() { return x; }", "compile_error"),
    ("rust", "rust", "fn main() { let x: i32 = ''; }", "compile_error"),
    ("javascript", "js", "const x = ;", "compile_error"),
    ("javascript", "js", "JSON.parse('{');", "runtime_error"),
    ("python", "python", "raise ValueError", "runtime_error"),
    ("python", "python", "import sys; sys.exit(3)", "runtime_error"),
    ("cpp", "cpp", "int main() { int* p = nullptr; return *p; }", "runtime_error"),
    ("rust", "rust", "fn main() { panic!(); }", "runtime_error"),
    ("python", "python", "while True: pass", "time_limit"),
    ("python", "python", "import time; time.sleep(99)", "time_limit"),
    ("cpp", "cpp", "int main() { for (;;); }", "time_limit"),
    ("python", "python", "x = bytearray(1 << 30)", "memory_limit"),
    ("cpp", "cpp", "#include <vector>\nint main() { std::vector<char> v(1 << 30); return v[7]; }", "memory_limit"),
    ("python", "python", "while True: print('x' * 9999)", "output_limit"),
    ("python", "cpp", "int main() {}", "format"),
    ("python", "python", "print(1)", "wrong_answer"),
    ("python", "python", "print('4\\n9')", "wrong_answer"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "tag", "program", "cause"), CAUSES)
def test_each_failure_has_its_cause(language: str, tag: str, program: str, cause: str) -> None:
    cases = stdin_cases(("2\n", "4\n"))
    problem = code_problem(language, cases, time_limit=0.5, memory_limit=256)
    verdict = verify(problem, fenced(tag, program))
    assert (verdict.score, verdict.cause) == (0.0, cause), verdict


@pytest.mark.parametrize(
    ("text", "cause"), [("I do not know.", "no_answer"), ("<think>```python\nx\n```", "truncated")]
)
def test_a_completion_without_a_program(text: str, cause: str) -> None:
    assert verify(square_problem("python"), text).cause == cause


@pytest.mark.parametrize(
    "program",
    [
        "def add(a, b):\n    print('noise')\n    return a + b",
        "class Solution:\n    def add(self, a: List[int], b: int) -> int:\n        return a + b",
        "add = lambda a, b: tuple(a) + tuple(b) if isinstance(a, list) else a + b",
    ],
)
def test_functions_and_methods_are_called(program: str) -> None:
    verdict = verify(code_problem("python", ADD), fenced("python", program))
    assert verdict.score == 1.0, verdict


@pytest.mark.parametrize(
    "program",
    [
        "function add(a, b) { return Array.isArray(a) ? a.concat(b) : a + b; }",
        "const add = async (a, b) => Array.isArray(a) ? [...a, ...b] : a + b;",
        "class Solution { add(a, b) { return Array.isArray(a) ? a.concat(b) : a + b; } }",
        "module.exports = { add: (a, b) => Array.isArray(a) ? a.concat(b) : a + b };",
    ],
)
def test_javascript_functions_are_called(program: str) -> None:
    verdict = verify(code_problem("javascript", ADD), fenced("javascript", program))
    assert verdict.score == 1.0, verdict


FORGERIES = [
    "def add(a, b): return True",
    "class X:\n    def __eq__(s, o): return True\ndef add(a, b): return X()",
    "import json\njson.dumps = lambda *a, **k: '{\"value\": 1}'\ndef add(a, b): return 0",
    "import os\ndef add(a, b):\n    for fd in range(1, 64):\n        try: os.write(fd, b'{\"value\": 2}')\n        except OSError: pass\n    os._exit(0)",
    "import sys\ndef add(a, b):\n    f = sys._getframe()\n    while f:\n        if 'expected' in f.f_locals: return f.f_locals['expected']\n        f = f.f_back",
]  # fmt: skip


@pytest.mark.parametrize("program", FORGERIES)
def test_no_result_is_forged(program: str) -> None:
    problem = code_problem("python", call_cases("add", ([0, 1], 1), ([2, 3], 5)))
    verdict = verify(problem, fenced("python", program))
    assert verdict.score == 0.0, verdict


def test_the_verifier_keeps_the_contract() -> None:
    right = [fenced("python", GOOD["python"]), f"```\n{GOOD['python']}\n```"]
    wrong = [fenced("python", HALF["python"]), fenced("cpp", GOOD["cpp"]), "n * n"]
    spec = verifier_spec("code")
    check_verifier(spec.build(), square_problem("python"), right=right, wrong=wrong)


CHECKER = {
    "language": "python",
    "code": "import json, sys\ntest = json.load(sys.stdin)\na, b = map(int, test['output'].split())\n"
    "sys.exit(42 if a + b == int(test['input']) else 43)",
}


@pytest.mark.parametrize(
    ("program", "score"), [("print(0, input())", 1.0), ("print(int(input()) - 1, 2)", 0.0)]
)
def test_a_checker_judges_where_many_answers_are_right(program: str, score: float) -> None:
    problem = code_problem("python", stdin_cases(("7\n", "3 4\n"), ("9\n", "4 5\n")), checker=CHECKER)
    assert verify(problem, fenced("python", program)).score == score


def test_a_checker_that_fails_is_the_problem_s_fault() -> None:
    problem = code_problem("python", stdin_cases(("7\n", "3 4\n")), checker={"code": "raise ValueError"})
    verdict = verify(problem, fenced("python", "print(1)"))
    assert (verdict.score, verdict.cause) == (None, "bad_gold")


@pytest.mark.parametrize(
    ("info", "cause"),
    [
        ({"language": "cobol", "test_cases": stdin_cases(("", ""))}, "unsupported"),
        ({"language": "cpp", "test_cases": ADD}, "unsupported"),
        ({"language": "python", "test_cases": [{"type": "telepathy"}]}, "unsupported"),
        ({"language": "python", "test_cases": []}, "bad_gold"),
        (
            {"language": "python", "test_cases": [{"type": "stdin_stdout", "input": 3, "output": ""}]},
            "bad_gold",
        ),
        ({"language": "python", "test_cases": stdin_cases(("", "")), "comparison": {"x": 1}}, "bad_gold"),
    ],
)
def test_unusable_tests_are_unscorable(info: dict[str, Any], cause: str) -> None:
    problem = Problem(
        problem_id="x", source="x", task_type="verifiable_code", prompt="", verification_info=info
    )
    verdict = verify(problem, fenced("python", "print()"))
    assert (verdict.score, verdict.cause) == (None, cause)


def test_a_missing_toolchain_is_unscorable_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(toolchains._FINDERS, "rust", lambda: None)
    toolchains.find.cache_clear()
    grader = Grader(workers=1)
    try:
        verdict = grader.verify(square_problem("rust"), fenced("rust", "fn main() {} // not there"))
    finally:
        grader.close()
        toolchains.find.cache_clear()
    assert (verdict.score, verdict.cause) == (None, "toolchain_missing")
    assert "rustup" in verdict.info["remedy"]


def test_verdicts_are_the_same_again() -> None:
    problem, text = (
        square_problem("python"),
        fenced("python", "import sys\nprint(object(), file=sys.stderr)\n1 / 0"),
    )
    assert verify(problem, text).content() == verify(problem, text).content()


def test_the_problem_s_own_limits_are_taken() -> None:
    cases = stdin_cases(("", ""))
    suite = read_suite(code_problem("cpp", cases, time_limit="2.5 seconds", memory_limit=128))
    assert (suite.limits.cpu_seconds, suite.limits.memory_bytes) == (2.5, 128 << 20)
    nested = read_suite(code_problem("cpp", cases, time_limit={"seconds": 1, "nanos": 500_000_000}))
    assert nested.limits.cpu_seconds == 1.5
