"""`genesys show`: numbers, then the traces that are asked for, a page at a time."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from command_line import genesys
from curation_runs import OUTPUT, Row, make_run, problem, verdict

from genesys.cli.paging import moved
from genesys.cli.show_options import span
from genesys.cli.trace_panel import folded
from genesys.curation.browsing import RunBook, Span, TraceFilter
from genesys.errors import ConfigurationError, UnknownName
from genesys.rollouts.run_reader import RunReader


def rows() -> list[Row]:
    one, two = (
        problem("one", prompt="How many pushups?"),
        problem("two", OUTPUT, gold="[1]", source="cruxeval"),
    )
    both = [verdict(0.0, "no_answer", verifier="math-verify@1")]
    return [
        Row(problem=one, index=0, verdicts=[verdict(1.0), *both], tokens=10),
        Row(problem=one, index=1, verdicts=[verdict(0.0), *both], tokens=500, text="The Remainder is 3"),
        Row(problem=one, index=2, verdicts=[verdict(0.0, "truncated")], tokens=900, finish_reason="length"),
        Row(problem=two, index=0, verdicts=[verdict(0.5, "wrong_answer", verifier="output@1")], tokens=None),
        Row(problem=two, index=1, verdicts=[verdict(None, "bad_gold", verifier="output@1")]),
    ]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    last = Row(problem=problem("three"), text="in the spool")
    return make_run(tmp_path_factory.mktemp("show") / "run", rows(), spooled=[last])


@pytest.fixture(scope="module")
def book(run: Path) -> RunBook:
    return RunBook(RunReader.open(run))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["one/0", "one/1", "one/2", "two/0", "two/1", "three/0"]),
        ({"cause": "right"}, ["one/0"]),
        ({"cause": "unscored"}, ["three/0"]),
        ({"cause": "bad_gold"}, ["two/1"]),
        ({"source": "cruxeval"}, ["two/0", "two/1"]),
        ({"finish": "length"}, ["one/2"]),
        ({"problem": "on"}, ["one/0", "one/1", "one/2"]),
        ({"response": "two/1"}, ["two/1"]),
        ({"score": Span(least=0.1)}, ["one/0", "two/0"]),
        ({"score": Span(most=0.5)}, ["one/1", "one/2", "two/0"]),
        ({"tokens": Span(least=500, most=899)}, ["one/1"]),
        ({"search": "remainder"}, ["one/1"]),
        ({"search": "PUSHUPS"}, ["one/0", "one/1", "one/2"]),
        ({"search": "the spool"}, ["three/0"]),
        ({"search": "[1]"}, ["two/0", "two/1"]),
        ({"search": "remainder", "source": "cruxeval"}, []),
    ],
)
def test_a_filter_finds_what_it_says(book: RunBook, wanted: dict[str, Any], found: list[str]) -> None:
    places = book.find(TraceFilter(**wanted))
    assert [trace.response_id for trace in book.read(places)] == found


def test_the_task_types_own_verifier_counts_unless_one_is_named(run: Path, book: RunBook) -> None:
    own = {
        trace.response_id: (trace.verifier, trace.score, trace.outcome)
        for trace in book.read(book.find(TraceFilter()))
    }
    assert own["one/0"] == ("math@1", 1.0, "right")
    assert own["two/0"] == ("output@1", 0.5, "wrong")
    assert own["three/0"] == (None, None, "unscored")
    named = RunBook(RunReader.open(run), "math-verify")
    assert named.table["outcome"].to_pylist() == [
        "wrong",
        "wrong",
        "unscored",
        "unscored",
        "unscored",
        "unscored",
    ]


def test_words_that_a_run_does_not_have_are_refused_with_those_it_has(book: RunBook, run: Path) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'cruxeval'"):
        book.find(TraceFilter(source="cruxevl"))
    with pytest.raises(UnknownName, match="Did you mean 'length'"):
        book.find(TraceFilter(finish="lenght"))
    with pytest.raises(UnknownName, match="math-verify@1"):
        RunBook(RunReader.open(run), "maths")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0.2..0.8", Span(least=0.2, most=0.8)),
        ("..4", Span(most=4)),
        ("0.9..", Span(least=0.9)),
        ("1", Span(least=1, most=1)),
    ],
)
def test_ranges(text: str, found: Span) -> None:
    assert span(text, "--score") == found


@pytest.mark.parametrize("text", ["", "..", "2..1", "x", "nan", "1...2"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is no range"):
        span(text, "--score")


def test_pages_in_a_pipe_and_for_programs(run: Path) -> None:
    shown = genesys("show", run, "--traces", 2, "--page", 2)
    assert shown.returncode == 0, shown.stderr
    assert "one/2" in shown.stdout
    assert "two/0" in shown.stdout
    assert "one/0" not in shown.stdout
    assert "page 2 of 3, 6 traces" in shown.stderr
    found = json.loads(genesys("show", run, "--score", "..0.5", "--search", "remainder", "--json").stdout)
    assert (found["found"], found["pages"], found["traces"][0]["response_id"]) == (1, 1, "one/1")
    assert found["traces"][0]["source"] == "source-of-verifiable_math"


def test_what_a_model_wrote_does_not_reach_the_terminal_as_control(tmp_path: Path) -> None:
    row = Row(
        problem=problem("p"),
        text="\x1b[2J\x07\x1b]0;taken\x07bell [bold]not bold[/bold]",
        verdicts=[verdict(1.0)],
    )
    shown = genesys("show", make_run(tmp_path / "run", [row]))
    assert "\x1b" not in shown.stdout
    assert "\x07" not in shown.stdout
    assert "[bold]not bold[/bold]" in shown.stdout


def test_long_reasoning_is_folded_and_the_answer_is_not() -> None:
    text = "<think>" + "\n".join(f"step {n}" for n in range(2000)) + "</think>The answer is 7"
    assert "characters of reasoning folded" in folded(text)
    assert folded(text).endswith("</think>The answer is 7")
    assert folded("<think>short</think>x") == "<think>short</think>x"


def test_keys_move_within_the_pages() -> None:
    assert [moved(2, key, 3) for key in "npgG?"] == [3, 1, 1, 3, 2]
    assert moved(3, "n", 3) == 3
    assert moved(1, "p", 3) == 1


def test_keys_page_through_in_a_terminal(run: Path) -> None:
    shown = in_terminal(["show", str(run), "--traces", "2"], ["n", "n", "p", "\x1b[6~", "q"])
    # the numbers come first, and the keys lead from page to page
    assert re.findall(r"page (\d) of 3", shown) == ["1", "1", "2", "1", "2"]
    assert shown.index("verified") < shown.index("page 1 of 3")
    assert "q quit" in shown


def in_terminal(arguments: list[str], keys: list[str]) -> str:
    """What a command shows in a terminal of its own, where keys are pressed as it asks for them."""
    process, terminal = pty.fork()
    if process == 0:
        os.environ |= {"TERM": "xterm", "COLUMNS": "100", "LINES": "40"}
        os.execv(sys.executable, [sys.executable, "-c", "from genesys.cli import main; main()", *arguments])
    shown, asked, deadline = "", 0, time.monotonic() + 120
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                shown += os.read(terminal, 65536).decode(errors="replace")
            except OSError:  # the terminal is gone when the process has ended
                break
        if keys and shown.count("page ") > asked:
            asked = shown.count("page ")
            os.write(terminal, keys.pop(0).encode())
    if time.monotonic() >= deadline:
        os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == 0, shown
    assert not keys
    return shown
