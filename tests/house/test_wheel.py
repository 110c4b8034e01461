"""The package as others get it: sdist, then wheel, then a clean environment."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOMS = ["rewards", "envs", "rollouts", "curation", "training"]

CHECK = """
import genesys, gymnasium
env = gymnasium.make("genesys/math-v0")
observation, info = env.reset(seed=1)
gold = env.unwrapped.problems.by_id(info["problem_id"]).verification_info["ground_truth"]
assert env.step("\\\\boxed{%s}" % gold)[1] == 1.0
print(genesys.__file__)
"""


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(root)],
        check=True,
        capture_output=True,
    )
    return next(out.glob("*.whl"))


def test_the_wheel_holds_genesys_and_all_its_rooms(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    code = [name for name in names if ".dist-info/" not in name]
    assert all(name.startswith("genesys/") for name in code)
    assert all(any(name.startswith(f"genesys/{room}/") for name in code) for room in ROOMS)


def test_data_files_travel_with_the_wheel(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "genesys/py.typed" in names
    assert "genesys/curation/recipes/synthetic-1.toml" in names
    assert "genesys/rewards/sandbox/drivers/harness.cjs" in names
    assert "genesys/rewards/judging/rubrics/similarity@1.toml" in names
    assert "genesys/rewards/judging/injections.toml" in names


@pytest.mark.slow
def test_the_wheel_works_in_a_clean_environment(wheel: Path, root: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    constraints = ["--constraint", str(root / "constraints.txt")]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *constraints, str(wheel)], check=True)
    done = subprocess.run([python, "-c", CHECK], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert str(tmp_path) in done.stdout
    helped = subprocess.run(
        [python.with_name("genesys"), "--help"], capture_output=True, text=True, check=True
    )
    assert "collect" in helped.stdout
