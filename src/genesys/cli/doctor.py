"""`genesys doctor`: what this machine has, what is missing, and how to get it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from genesys.cli.console import cell, print_json, stdout, table
from genesys.cli.doctor_line import Line
from genesys.cli.options import Json

EXTRAS = {
    "curate": ("duckdb",),
    "train": ("torch", "transformers", "trl", "datasets", "wandb"),
    "hub": ("datasets", "huggingface-hub"),
    "server": ("httpx",),
}
_FREE_GB = 5


def doctor(
    endpoint: Annotated[
        list[str] | None,
        typer.Option(
            "--endpoint",
            help="Look at this server of OpenAI's protocol instead, such as http://127.0.0.1:8000/v1: its models, "
            "its speed, and what it honours, with requests of a few tokens. Repeatable.",
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", help="The model to try there. Default: the first it lists.")
    ] = None,
    key_env: Annotated[
        str, typer.Option("--key-env", help="The environment variable that holds the server's key.")
    ] = "OPENAI_API_KEY",
    json: Json = False,
) -> None:
    """Check Python, packages, extras, the grader, toolchains, isolation, GPUs and the disk, with remedies.

    Exit status 1 where something that every user needs is wrong, or a server does not answer.

        genesys doctor --endpoint http://127.0.0.1:8000/v1
    """
    lines = list(examine()) if not endpoint else list(_servers(endpoint, key_env, model))
    if json:
        print_json({"lines": [vars(line) for line in lines]})
    else:
        marks = {True: "[green]ok[/]", False: "[red]wrong[/]", None: "[yellow]absent[/]"}
        made = table("", ("check", "state", "found", "remedy"), [])
        for line in lines:
            made.add_row(cell(line.name), marks[line.ok], cell(line.found), cell(line.remedy))
        stdout.print(made)
    if any(line.ok is False for line in lines):
        raise typer.Exit(1)


def _servers(endpoints: list[str], key_env: str, model: str | None) -> Iterator[Line]:
    from genesys.cli.doctor_endpoint import endpoint_lines

    for url in endpoints:
        yield from endpoint_lines(url, key_env, model)


def examine() -> Iterator[Line]:
    """Looks at everything, one line each."""
    from genesys.cli.doctor_models import model_lines
    from genesys.rewards.sandbox.doctor import doctor_lines

    yield Line("Python", sys.version_info >= (3, 11), platform.python_version(), "")
    for package in ("genesys-rl", "gymnasium", "math-verify", "pyarrow"):
        yield _package(package)
    for extra, packages in EXTRAS.items():
        yield _extra(extra, packages)
    yield _grader()
    for line in doctor_lines():
        yield Line(*line)
    yield from model_lines()
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
