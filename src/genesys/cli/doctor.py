"""`genesys doctor`: what this machine has, what is missing, and how to get it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import typer

from genesys.cli.console import print_json, stdout, table
from genesys.cli.options import Json

EXTRAS = {
    "curate": ("duckdb",),
    "train": ("torch", "transformers", "trl", "datasets", "wandb"),
    "hub": ("huggingface-hub",),
}
_FREE_GB = 5


@dataclass(frozen=True)
class Line:
    """One finding.

    Attributes:
        name: What was looked at.
        ok: Whether it is as it should be; None where it is optional and absent.
        found: What was found.
        remedy: What to do, or "".
    """

    name: str
    ok: bool | None
    found: str
    remedy: str = ""


def doctor(json: Json = False) -> None:
    """Check Python, packages, extras, the grader, toolchains, isolation and the disk, with remedies.

    Exit status 1 where something that every user needs is wrong.
    """
    lines = list(examine())
    if json:
        print_json({"lines": [vars(line) for line in lines]})
    else:
        marks = {True: "[green]ok[/]", False: "[red]wrong[/]", None: "[yellow]absent[/]"}
        made = table("", ("check", "state", "found", "remedy"), [])
        for line in lines:
            made.add_row(line.name, marks[line.ok], line.found, line.remedy.replace("[", "\\["))
        stdout.print(made)
    if any(line.ok is False for line in lines):
        raise typer.Exit(1)


def examine() -> Iterator[Line]:
    """Looks at everything, one line each."""
    from genesys.rewards.sandbox.doctor import doctor_lines

    yield Line("Python", sys.version_info >= (3, 11), platform.python_version(), "")
    for package in ("genesys-rl", "gymnasium", "math-verify", "pyarrow"):
        yield _package(package)
    for extra, packages in EXTRAS.items():
        yield _extra(extra, packages)
    yield _grader()
    for line in doctor_lines():
        yield Line(*line)
    yield _disk(Path.cwd())


def _package(name: str) -> Line:
    try:
        return Line(name, True, version(name))
    except PackageNotFoundError:
        return Line(name, False, "not installed", "pip install genesys-rl")


def _extra(extra: str, packages: tuple[str, ...]) -> Line:
    found, missing = [], []
    for package in packages:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    remedy = f'pip install "genesys-rl[{extra}]"' if missing else ""
    return Line(f"extra {extra}", None if missing else True, ", ".join(found) or "nothing", remedy)


def _grader() -> Line:
    """Verifies something that needs a worker process."""
    from genesys.rewards import Grader, verifier_spec
    from genesys.schema import Problem

    problem = Problem(
        problem_id="doctor",
        source="doctor",
        task_type="verifiable_math",
        prompt="What is a half?",
        verification_info={"ground_truth": "\\frac{1}{2}"},
    )
    grader = Grader(workers=1)
    try:
        verdict = grader.verify(problem, "\\boxed{0.5}", verifier=verifier_spec("math-verify"))
    finally:
        grader.close()
    if verdict.score == 1.0:
        return Line("grader", True, f"worker processes verify; {os.cpu_count()} cores")
    return Line("grader", False, f"{verdict.cause}: {dict(verdict.info)}", "Report it with this line.")


def _disk(folder: Path) -> Line:
    free = shutil.disk_usage(folder).free / 1e9
    remedy = "" if free >= _FREE_GB else "Traces of long reasoning are large: free some space."
    return Line("disk here", free >= _FREE_GB, f"{free:.0f} GB free", remedy)
