"""Presets, mixtures, budgets and continuing, as a person types them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from command_line import PROBLEMS, collect, genesys
from typer.testing import CliRunner

from genesys.cli.app import app
from genesys.errors import ConfigurationError

MIX = f"""
[[source]]
env = "genesys/math-v0"
problems = "{PROBLEMS}"
weight = 1
"""


def said(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_a_budget_ends_a_call_with_exit_0_and_the_same_command_goes_on(tmp_path: Path) -> None:
    first = said(collect(tmp_path, "--max-completions", 7, "--json"))
    assert (first["completions"], first["stopped_by"]) == (7, "7 completions")
    told = collect(tmp_path, "--max-completions", 7)
    assert (told.returncode, "stopped by budget: 7 completions" in told.stderr) == (0, True)


def test_a_preset_says_what_flags_change_in_it_and_what_its_sampler_cannot(tmp_path: Path) -> None:
    done = collect(tmp_path, "--preset", "deepseek-r1", "--temperature", 0.7)
    assert done.returncode == 0, done.stderr
    assert "temperature is 0.7, where the preset deepseek-r1 has 0.6" in done.stderr
    assert "does not end completions that have fallen into a loop" in done.stderr
    identity = json.loads((tmp_path / "run" / "run.json").read_text())["identity"]
    assert identity["sampling"]["max_tokens"] == 12_288
    assert identity["settings"]["opening"] == "<think>\n"


def test_a_mixture_is_harvested_and_its_yield_shown(tmp_path: Path) -> None:
    collect(tmp_path)  # makes the recording
    (tmp_path / "mix.toml").write_text(MIX)
    done = genesys(
        "collect", "--mixture", tmp_path / "mix.toml", "--sampler", "recording",
        "--model", tmp_path / "recording.jsonl", "--until-pair", "--n", 2, "--out", tmp_path / "mixed", "--json",
    )  # fmt: skip
    assert said(done)["planned"] == 40
    found = said(genesys("show", tmp_path / "mixed", "--yield", "--gpus", 8, "--json"))
    assert found["gpus"] == 8
    assert len(found["limits"]) == 4  # type: ignore[arg-type]  # a list of JSON


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--model", "m"], "either --env or --mixture"),
        (["--env", "genesys/math-v0"], "give --model"),
        (["--env", "genesys/math-v0", "--model", "m", "--preset", "deepseek"], "deepseek-r1"),
        (["--env", "genesys/math-v0", "--model", "m", "--max-cost", "5"], "needs prices"),
        (["--env", "genesys/math-v0", "--model", "m", "--until-pair", "--no-verify"], "--no-verify"),
        (["--continue-truncated"], "--max-tokens"),
        (["--continue-truncated", "--max-tokens", "9", "--env", "e"], "--env has no part"),
        (["--continue-truncated", "--max-tokens", "9"], "no run folder"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(tmp_path: Path, arguments: list[str], says: str) -> None:
    done = CliRunner().invoke(app, ["collect", *arguments, "--out", str(tmp_path / "run")])
    assert isinstance(done.exception, ConfigurationError)  # which `main` makes exit status 2 of
    assert says in str(done.exception)
    assert not (tmp_path / "run").exists()
