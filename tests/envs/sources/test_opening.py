"""What a person may write after `--problems`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from genesys.envs.sources import ProblemSource, open_problems
from genesys.errors import ConfigurationError, UnknownName

DEFAULTS = "arithmetic@1:level=0,seed=0,size=1000"


@pytest.mark.parametrize(
    ("spec", "params", "identity"),
    [
        ("arithmetic", {}, DEFAULTS),
        ("arithmetic:", {}, DEFAULTS),
        ("arithmetic:level=2,seed=7,size=50", {}, "arithmetic@1:level=2,seed=7,size=50"),
        ("arithmetic: level=2 , size=50", {"seed": 7}, "arithmetic@1:level=2,seed=7,size=50"),
        ("arithmetic", {"level": 2, "seed": 7, "size": None}, "arithmetic@1:level=2,seed=7,size=1000"),
        ("arithmetic:level=2", {"level": 2}, "arithmetic@1:level=2,seed=0,size=1000"),
        ("string-programs", {}, "string-programs@1:level=0,seed=0,size=1000"),
    ],
)
def test_a_generator_is_spelled_in_text_or_keywords(spec: str, params: dict[str, Any], identity: str) -> None:
    problems = open_problems(spec, **params)
    assert problems.identity == identity
    assert isinstance(problems, ProblemSource)
    assert problems.skipped == 0


def test_a_source_is_returned_as_it_is() -> None:
    problems = open_problems("algebra")
    assert open_problems(problems) is problems


@pytest.mark.parametrize(
    ("spec", "params", "fault"),
    [
        (
            "arithmetik",
            {},
            "unknown problem generator or collection 'arithmetik'\nDid you mean 'arithmetic'?",
        ),
        ("arithmetik:level=1", {}, "Did you mean 'arithmetic'?"),
        (
            "arithmetic:levle=2",
            {},
            "unknown parameter of generator 'arithmetic' 'levle'\nDid you mean 'level'?",
        ),
        ("arithmetic", {"sizes": 2}, "Did you mean 'size'?"),
    ],
)
def test_unknown_names_are_suggested(spec: str, params: dict[str, Any], fault: str) -> None:
    with pytest.raises(UnknownName, match=re.escape(fault)):
        open_problems(spec, **params)


@pytest.mark.parametrize(
    ("spec", "params", "fault"),
    [
        ("arithmetic:level=two", {}, "'level=two' is no parameter of generator 'arithmetic'"),
        ("arithmetic:level", {}, "'level' is no parameter"),
        ("arithmetic:level=²", {}, "'level=²' is no parameter"),
        ("arithmetic:level=9", {}, "level=9 does not fit 'arithmetic'"),
        ("arithmetic:size=-4", {}, "size=-4 does not fit 'arithmetic'"),
        ("arithmetic:level=1,level=2", {}, "level is given twice"),
        ("arithmetic:level=1", {"level": 2}, "level is 1 in 'arithmetic:level=1' and 2 beside it"),
        ("./arithmetic", {}, "there is no file './arithmetic'"),
        (
            "nowhere/rows.jsonl",
            {},
            "there is no file 'nowhere/rows.jsonl'\nThe folder 'nowhere' does not exist",
        ),
        (7, {}, "problems=7 is neither a path, a generator nor a problem source"),
    ],
)
def test_what_cannot_be_is_refused_with_its_value(spec: Any, params: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(fault)):
        open_problems(spec, **params)


def test_a_file_takes_no_parameters_of_generators(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"level=2 given with .*rows.jsonl', which is no generator"):
        open_problems(tmp_path / "rows.jsonl", level=2)


def test_a_path_that_exists_is_a_file_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = '{"problem_id": "a", "task_type": "verifiable_math", "prompt": "?"}\n'
    (tmp_path / "problems").write_text(row)
    (tmp_path / "arithmetic").write_text(row)
    monkeypatch.chdir(tmp_path)
    assert len(open_problems("problems")) == 1
    assert open_problems("arithmetic").identity == DEFAULTS
    assert len(open_problems("./arithmetic")) == len(open_problems(Path("arithmetic"))) == 1
