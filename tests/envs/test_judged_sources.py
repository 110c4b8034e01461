"""The built-in judged problems: files that do what their request asks for, and questions with thorough answers.

Each change has a check, a program that is put behind the file: it must fail before the change and pass after it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from genesys.envs.sources import open_problems
from genesys.envs.sources.swe_problems import CHANGES
from genesys.envs.sources.swe_problems_change import Change
from genesys.schema import Problem

CHECKS = {
    "lru-expiry": """
now = [0.0]
cache = LruCache(2, ttl=10, clock=lambda: now[0])
cache.put("a", 1); now[0] = 5; cache.put("b", 2); now[0] = 9.9
assert cache.get("a") == 1 and len(cache) == 2
now[0] = 10
assert cache.get("a", "gone") == "gone" and "a" not in cache and len(cache) == 1
cache.put("c", 3)
assert cache.get("b") == 2 and cache.get("c") == 3
now[0] = 14; cache.put("b", 4); now[0] = 23
assert cache.get("b") == 4 and "c" not in cache
now[0] = 0; stale = LruCache(2, ttl=10, clock=lambda: now[0])
stale.put("x", 1); now[0] = 1; stale.put("y", 2); stale.get("x"); now[0] = 10.5; stale.put("z", 3)
assert "y" in stale and "x" not in stale
forever = LruCache(1); forever.put(1, 1); assert forever.get(1) == 1
for wrong in (0, -1):
    try: LruCache(1, ttl=wrong)
    except ValueError: pass
    else: raise AssertionError(wrong)
""",
    "quoted-fields": r'''
assert parse_table('a, b\r\n"x, y" ,"say ""hi"""\n\n  \n"two\nlines","  kept "\n') == [
    ["a", "b"], ["x, y", 'say "hi"'], ["two\nlines", "  kept "]]
assert parse_table('""\n') == [[""]] and parse_table("a,,b\n,\n") == [["a", "", "b"], ["", ""]]
assert parse_table("plain , table\n1,2") == [["plain", "table"], ["1", "2"]]
assert column('name,size\n"a,b",3\n', "name") == ["a,b"]
try: parse_table('a,b\n1,"two\nthree')
except ValueError as error: assert "2" in str(error) and "3" not in str(error)
else: raise AssertionError
''',
    "debounce-leading": """
const assert = require("assert");
const seen = [];
const plain = debounce((x) => seen.push(["plain", x]), 20);
const leading = debounce(function (x) { seen.push(["leading", x, this.name]); }, 20, { leading: true });
const once = debounce((x) => seen.push(["once", x]), 20, { leading: true });
const cancelled = debounce((x) => seen.push(["cancelled", x]), 20);
const flushed = debounce((x) => seen.push(["flushed", x]), 20);
plain(1); plain(2);
const owner = { name: "me", leading };
owner.leading(1); owner.leading(2); owner.leading(3);
once(1);
cancelled(1); cancelled.cancel();
flushed.flush(); flushed(7); flushed.flush(); flushed.flush();
assert.deepStrictEqual(seen, [["leading", 1, "me"], ["once", 1], ["flushed", 7]]);
setTimeout(() => {
  assert.deepStrictEqual(seen.slice(3).sort(), [["leading", 3, "me"], ["plain", 2]]);
  once(2);
  once.cancel();
  once(3);
  assert.deepStrictEqual(seen.slice(5), [["once", 2], ["once", 3]]);
  once.cancel();
}, 120);
""",
    "router-params": """
const assert = require("assert");
const router = new Router()
  .add("get", "/users/:id", "one").add("GET", "/users/me", "me").add("put", "/users/:id", "put")
  .add("PUT", "/users/:name", "late").add("GET", "/", "root").add("GET", "/a/:x/b/:y", "two");
assert.deepStrictEqual(router.match("GET", "/users/7"), { status: 200, handler: "one", params: { id: "7" } });
assert.deepStrictEqual(router.match("get", "/users/me").handler, "one");
assert.deepStrictEqual(router.match("GET", "/users/a%20b").params, { id: "a b" });
assert.deepStrictEqual(router.match("GET", "/users/%zz"), { status: 404 });
assert.deepStrictEqual(router.match("GET", "/users/"), { status: 404 });
assert.deepStrictEqual(router.match("GET", "/users/1/2"), { status: 404 });
assert.deepStrictEqual(router.match("POST", "/users/7"), { status: 405, allow: ["GET", "PUT"] });
assert.deepStrictEqual(router.match("GET", "/"), { status: 200, handler: "root", params: {} });
assert.deepStrictEqual(router.match("GET", "/a/1/b/2").params, { x: "1", y: "2" });
""",
    "ring-overwrite": """
fn main() {
    let mut ring = RingBuffer::new(2);
    assert_eq!(ring.push(1), None);
    assert_eq!(ring.push(2), None);
    assert_eq!(ring.push(3), Some(1));
    assert_eq!(ring.iter().copied().collect::<Vec<_>>(), [2, 3]);
    assert_eq!(ring.iter().rev().copied().collect::<Vec<_>>(), [3, 2]);
    assert_eq!((ring.len(), ring.is_empty(), ring.pop(), ring.push(4)), (2, false, Some(2), None));
}
""",
    "compound-spans": """
fn main() {
    use SpanError::*;
    fn is_error<E: std::error::Error>(_: &E) {}
    for (text, seconds) in [("90s", 90), (" 5m ", 300), ("1h30m", 5400), ("2h0m5s", 7205), ("1h1s", 3601)] {
        assert_eq!(parse_span(text), Ok(seconds), "{text}");
    }
    for (text, error) in [
        ("", Empty), ("  ", Empty), ("5", Incomplete), ("h", Incomplete), ("1h5", Incomplete), ("1h m", UnknownUnit(' ')),
        ("3d", UnknownUnit('d')), ("1m1h", OutOfOrder('h')), ("1m2m", OutOfOrder('m')), ("-1s", UnknownUnit('-')),
        ("99999999999999999999s", TooLarge), ("18446744073709551615h", TooLarge),
    ] {
        let found = parse_span(text).unwrap_err();
        is_error(&found);
        assert!(!found.to_string().is_empty());
        assert_eq!(found, error, "{text}");
    }
}
""",
    "thread-safe-queue": """
#include <cassert>
#include <thread>
#include <vector>
int main() {
  using namespace std::chrono_literals;
  EventQueue<int> queue;
  int out = 0;
  assert(!queue.pop(out, 1ms));
  std::vector<std::thread> threads;
  long sum = 0;
  for (int p = 0; p < 3; ++p)
    threads.emplace_back([&queue] { for (int i = 1; i <= 500; ++i) assert(queue.push(i)); });
  for (int i = 0; i < 1500; ++i) { assert(queue.pop(out, 10s)); sum += out; }
  for (auto& thread : threads) thread.join();
  assert(sum == 3 * 125250 && queue.size() == 0);
  std::thread waiting([&queue] { int got; assert(!queue.pop(got, 60s)); });
  std::this_thread::sleep_for(5ms);
  queue.close();
  waiting.join();
  assert(!queue.push(1) && !queue.pop(out, 60s));
  EventQueue<int> rest;
  assert(rest.push(5));
  rest.close();
  assert(rest.pop(out, 1s) && out == 5 && !rest.pop(out, 60s));
}
""",
    "split-options": """
#include <cassert>
using Fields = std::vector<std::string>;
int main() {
  assert((split("a,,b", ',') == Fields{"a", "b"}));
  assert((split(std::string("a, b"), ", ") == Fields{"a", "b"}));
  assert((split(",a,,", ',', Empty::keep) == Fields{"", "a", "", ""}));
  assert((split("", ',', Empty::keep) == Fields{""}) && split("", ',').empty());
  assert((split("a::b::c", "::", Empty::skip, 2) == Fields{"a", "b::c"}));
  assert((split("a,b,c", ',', Empty::keep, 1) == Fields{"a,b,c"}));
  try { split("a", ""); } catch (const std::invalid_argument&) { return 0; }
  return 1;
}
""",
}
"""Change -> a program behind its file that fails unless the request is met."""


def works(change: Change, code: str, folder: Path) -> bool:
    """Whether a file with the check behind it builds and runs."""
    ending = {"python": "py", "javascript": "cjs", "rust": "rs", "cpp": "cpp"}[change.language]
    file, program = folder / f"file.{ending}", folder / "program"
    file.write_text(f"{code.strip()}\n{CHECKS[change.name]}")
    builders = {
        "rust": ["rustc", "--edition=2021", "-Adead_code", "-o", str(program), str(file)],
        "cpp": ["g++", "-std=c++17", "-pthread", "-w", "-o", str(program), str(file)],
    }
    runners = {"python": [sys.executable, str(file)], "javascript": ["node", str(file)]}
    build = builders.get(change.language)
    if build is not None and subprocess.run(build, capture_output=True, check=False).returncode:
        return False
    command = runners.get(change.language, [str(program)])
    return subprocess.run(command, capture_output=True, check=False, timeout=120).returncode == 0


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_a_change_does_what_is_asked_and_the_file_before_it_does_not(change: Change, tmp_path: Path) -> None:
    tool = {"python": sys.executable, "javascript": "node", "rust": "rustc", "cpp": "g++"}[change.language]
    if shutil.which(tool) is None:
        pytest.skip(f"there is no {tool} here")
    assert works(change, change.after, tmp_path)
    assert not works(change, change.before, tmp_path)


def test_a_handful_in_each_of_four_languages() -> None:
    assert len(CHANGES) >= 6
    assert {change.language for change in CHANGES} == {"python", "javascript", "rust", "cpp"}


@pytest.mark.parametrize("name", ["swe-problems", "stem-problems"])
def test_every_problem_is_judged_and_has_a_gold_and_a_wrong_answer(name: str) -> None:
    problems = list(open_problems(name))
    assert len(problems) == len({problem.problem_id for problem in problems}) >= 8
    for problem in problems:
        assert problem.task_type == "llm_judgeable_groundtruth_similarity"
        assert problem.verification_info["judging_instructions"]
        assert problem.metadata["incorrect_solution"] != problem.gold_standard_solution
        assert Problem.from_row(problem.to_row()) == problem


def test_answers_to_open_questions_are_thorough() -> None:
    for problem in open_problems("stem-problems"):
        assert len((problem.gold_standard_solution or "").split()) > 150, problem.problem_id
