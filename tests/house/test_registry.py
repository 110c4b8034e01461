"""Names that other packages add, and what happens to names that nobody has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from genesys.errors import ConfigurationError, UnknownName
from genesys.registry import Registry, load_target

ENTRY_POINTS = """
[genesys.verifiers]
chess = chess_reward:ChessVerifier

[genesys.environments]
chess = chess_reward
"""

PACKAGE = """
import gymnasium
from dataclasses import dataclass
from typing import ClassVar
from genesys.schema import Verdict

@dataclass(frozen=True, kw_only=True)
class ChessVerifier:
    name: ClassVar[str] = "chess"
    version: ClassVar[str] = "1"
    kind: ClassVar[str] = "worker"

    def verify(self, problem, text):
        return Verdict.right() if text == problem.verification_info["ground_truth"] else Verdict.wrong("wrong_answer")

    def check_gold(self, problem):
        return None

gymnasium.register(id="chess/mate-v0", entry_point="genesys.envs.math_env:MathEnv")
"""

USE = """
import gymnasium
from genesys.environments import load_installed_environments
from genesys.rewards import verify, VERIFIERS
from genesys.schema import Problem

problem = Problem(problem_id="p", source="s", task_type="chess", prompt="?", verification_info={"ground_truth": "Qh5"})
load_installed_environments()
print("chess" in VERIFIERS, verify(problem, "Qh5", verifier="chess").score, "chess/mate-v0" in gymnasium.registry)
"""


def test_installing_a_package_is_enough_to_add_a_verifier_and_an_environment(tmp_path: Path) -> None:
    info = tmp_path / "chess_reward-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: chess-reward\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    (tmp_path / "chess_reward.py").write_text(PACKAGE)
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{USE}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["True", "1.0", "True"], done.stderr


def test_an_unknown_name_suggests() -> None:
    registry = Registry("thing", "genesys.nothing", {"alpha": "os:getcwd"})
    with pytest.raises(UnknownName, match="Did you mean 'alpha'"):
        registry["alfa"]
    assert registry.load("alpha")() == str(Path.cwd())


def test_a_name_is_not_taken_twice() -> None:
    registry = Registry("thing", "genesys.nothing", {})
    registry.register("one", "os:getcwd")
    registry.register("one", "os:getcwd")
    with pytest.raises(ConfigurationError, match="registered as 'os:getcwd'"):
        registry.register("one", "os:getpid")


@pytest.mark.parametrize("target", ["os", "os:", ":getcwd", "os:no_such"])
def test_a_target_that_names_no_object_is_refused(target: str) -> None:
    with pytest.raises(ConfigurationError, match=r"names no object|has no attribute"):
        load_target(target)
