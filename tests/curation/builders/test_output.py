import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from genesys.cli.app import app
from genesys.curation.builders import Build, BuildOptions
from genesys.curation.builders.llm_step import MalformedReply
from genesys.curation.builders.output_execution import run_programs
from genesys.curation.builders.output_functions import read_function
from genesys.curation.builders.output_inputs import Texts
from genesys.envs.sources import open_problems
from genesys.errors import ConfigurationError
from genesys.rewards import Grader
from genesys.rewards.sandbox.pool import Pool
from genesys.rollouts.sampler import SamplerSettings
from genesys.schema import Sampling

REVERSE = "def f(text):\n    return text[::-1] + '!'"


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    pool = Pool()
    yield pool
    pool.close()


@pytest.fixture
def grader() -> Iterator[Grader]:
    grader = Grader()
    yield grader
    grader.close()


def fenced(code: str) -> str:
    return f"<think>hm</think>Here:\n```python\n{code}\n```"


def recorded(path: Path, replies: dict[str, dict[str, list[str]]]) -> SamplerSettings:
    """One recording for all steps: their prompts are about ids of their own."""
    lines = [
        {"problem_id": name, "text": fenced(code)}
        for step in replies.values()
        for name, codes in step.items()
        for code in codes
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return SamplerSettings(
        name="recording", model=str(path), sampling=Sampling(), options={"label": "recorded"}
    )


def test_composed_programs_become_problems_of_every_level_that_environments_serve(
    tmp_path: Path, grader: Grader
) -> None:
    options = BuildOptions(llm=False, extra={"size": 25})
    report = Build(builder="output", sources=[], options=options).run(tmp_path / "out", grader)
    assert report.problems == 25
    assert set(report.spread["complexify_iteration"]) == {"0", "1", "2", "3", "4"}
    (file,) = (tmp_path / "out" / "problems").glob("*.parquet")
    problems = list(open_problems(file))
    verdicts = grader.verify_batch(
        problems, [json.dumps({"output": one.verification_info["ground_truth"]}) for one in problems]
    )
    assert [verdict.score for verdict in verdicts] == [1.0] * 25


def test_functions_are_written_made_harder_and_run(tmp_path: Path, grader: Grader) -> None:
    harder = "def f(text):\n    return ''.join(sorted(text)) + str(len(text))"
    sampling = recorded(tmp_path / "model.jsonl", {"all": {"strings-0-0": [REVERSE, harder]}})
    # The recording's sample 0 answers every step about the id: the child is the same function again.
    options = BuildOptions(extra={"size": 1, "generations": 1, "keep": 2})
    report = Build(builder="output", sources=[], options=options, sampling=sampling).run(
        tmp_path / "out", grader
    )
    rows = pq.read_table(tmp_path / "out" / "problems").to_pylist()
    assert {json.loads(row["metadata"])["complexify_iteration"] for row in rows} == {0, 1}
    assert len(rows) == report.problems == 4
    for row in rows:
        gold = json.loads(row["verification_info"])["ground_truth"]
        assert gold.endswith("!")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def f(text):\n    return 'same'", "constant"),
        ("def f(text):\n    return text", "trivial"),
        ("def f(text):\n    return text[1000]", "crashes"),
        ("def f(text):\n    return text * 1000", "long_output"),
        ("def f(text):\n    while True:\n        pass", "crashes"),
        ("def f(text):\n    return '-'.join(set(text)) + '.'", "varies"),
        ("def f(text):\n    return '-'.join({c for c in text}) + '.'", "varies"),
    ],
)
def test_what_makes_no_problem_is_dropped_with_its_reason(
    tmp_path: Path, grader: Grader, code: str, reason: str
) -> None:
    replies = {"all": {"strings-0-0": [code], "strings-0-1": [REVERSE]}}
    sampling = recorded(tmp_path / "model.jsonl", replies)
    options = BuildOptions(extra={"size": 2, "generations": 0})
    Build(builder="output", sources=[], options=options, sampling=sampling).run(tmp_path / "out", grader)
    (row,) = pq.read_table(tmp_path / "out" / "rejected").to_pylist()
    assert row["reason"] == reason


def test_sets_that_are_sorted_vary_nothing(pool: Pool) -> None:
    (run,) = run_programs(pool, ["print(''.join(sorted(set('banana'))))"])
    assert (run.output, run.fault) == ("abn", "")


def test_steps_count_the_lines_of_loops(pool: Pool) -> None:
    short, long = run_programs(pool, ["print(1)", "n = 0\nfor i in range(50):\n    n += i\nprint(n)"])
    assert short.steps == 1
    assert long.steps > 100


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        ("no code", "0 code blocks"),
        ("```python\ndef f(text): return text\n```\n```python\nx\n```", "2 code blocks"),
        ("```python\ndef g(text): return text\n```", "no function f"),
        ("```python\ndef f(a, b): return a\n```", "exactly one argument"),
        ("```python\nimport os\ndef f(text): return text\n```", "imports 'os'"),
        ("```python\ndef f(text): return str(hash(text))\n```", "uses 'hash'"),
        ("```python\ndef f(text): return text.__class__.__name__\n```", "uses '__"),
        ("```python\ndef f(text) return\n```", "no Python"),
    ],
)
def test_replies_that_are_not_what_was_asked_for_are_malformed(reply: str, fault: str) -> None:
    with pytest.raises(MalformedReply, match=fault):
        read_function(reply)


def test_texts_come_from_the_lines_given() -> None:
    source = Texts("alpha beta gamma\n")
    rng = Random(0)
    drawn = {source.draw(rng) for _ in range(200)}
    assert "alpha beta gamma" in drawn
    assert all(1 < len(text) < 40 for text in drawn)


def test_an_unknown_option_names_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="no option 'sice'"):
        Build(builder="output", sources=[], options=BuildOptions(extra={"sice": 3})).dry_run(Grader())


def test_a_dry_run_of_the_command_shows_prompts() -> None:
    done = CliRunner().invoke(app, ["build", "output", "--dry-run", "--option", "size=3", "--json"])
    assert done.exit_code == 0, done.output
    shown = json.loads(done.stdout)["prompts_shown"]
    assert "def" not in shown["written"][0]
    assert "f(text: str) -> str" in shown["written"][0]
