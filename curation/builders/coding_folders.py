"""Programming problems that come as folders: APPS as published, and packages of Kattis and ICPC."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from genesys.curation.builders.candidate import Candidate, Outcome
from genesys.curation.builders.coding_problem import STDIN, coding_candidate, language_of, parsed
from genesys.curation.builders.coding_rows import apps_tests
from genesys.curation.builders.stage import drop
from genesys.errors import MalformedRow

_STATEMENTS = ("problem_statement/problem.en.tex", "statement/problem.en.tex", "problem_statement/problem.tex",
               "statement/problem.en.md", "problem_statement/problem.en.md")  # fmt: skip
_PYTHON_2 = "_py2"


def problem_folders(folder: Path) -> list[Path]:
    """The folders under one that hold a problem each, in order of their names."""
    found = {path.parent for name in ("question.txt", "problem.yaml") for path in folder.rglob(name)}
    return sorted(found)


def candidates_of_folders(folders: list[Path]) -> Iterator[Outcome]:
    """A candidate of each; one that cannot be read is dropped as `malformed`."""
    for folder in folders:
        read = _apps if (folder / "question.txt").is_file() else _package
        try:
            yield read(folder)
        except (MalformedRow, OSError, UnicodeDecodeError) as error:
            fault = error.fault if isinstance(error, MalformedRow) else type(error).__name__
            yield drop(Candidate(candidate_id=f"folder-{folder.name}", source="folders"), "malformed", fault)


def _apps(folder: Path) -> Candidate:
    metadata = parsed(_text(folder / "metadata.json"), "metadata.json") or {}
    solutions = parsed(_text(folder / "solutions.json"), "solutions.json") or []
    return coding_candidate(
        "apps",
        folder.name,
        _text(folder / "question.txt"),
        apps_tests(parsed(_text(folder / "input_output.json"), "input_output.json") or {}),
        [{"language": "python", "code": code} for code in solutions],
        starter=_text(folder / "starter_code.py"),
        difficulty=metadata.get("difficulty"),
        url=metadata.get("url"),
    )


def _package(folder: Path) -> Candidate:
    """A package in the format of Kattis and ICPC (icpc.io/problem-package-format)."""
    statement = next((_text(folder / name) for name in _STATEMENTS if (folder / name).is_file()), "")
    tests = [
        {"type": STDIN, "input": _text(path), "output": _text(path.with_suffix(".ans"))}
        for path in sorted((folder / "data").rglob("*.in"))
        if path.with_suffix(".ans").is_file()
    ]
    settings = _text(folder / "problem.yaml")
    validators = any((folder / name).is_dir() for name in ("output_validators", "output_validator"))
    return coding_candidate(
        "kattis",
        folder.name,
        statement,
        tests,
        _submissions(folder / "submissions" / "accepted"),
        wrong=_submissions(folder / "submissions" / "wrong_answer"),
        licence=_setting(settings, "license"),
        interactive="interactive" in _setting(settings, "validation")
        or "interactive" in _setting(settings, "type"),
        custom_validator=validators,
    )


def _submissions(folder: Path) -> list[dict[str, str]]:
    """The programs of one file in a language of ours; Python 2 by its name is none."""
    found: list[dict[str, str]] = []
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        language = language_of(path.suffix.lstrip("."))
        if path.is_file() and language and _PYTHON_2 not in path.stem:
            found.append({"language": language, "code": _text(path)})
    return found


def _setting(yaml: str, name: str) -> str:
    """A top-level scalar of problem.yaml, which is all that is needed of it."""
    for line in yaml.splitlines():
        if line.startswith(f"{name}:"):
            return line.partition(":")[2].split("#")[0].strip()
    return ""


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""
