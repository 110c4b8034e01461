"""The map of the house, held by its imports."""

from __future__ import annotations

import subprocess
import sys

import grimp
import pytest

ROOMS = ["rewards", "envs", "rollouts", "curation", "training", "cli"]
FACE = {"schema", "causes", "errors", "registry", "optional", "version"}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("genesys", cache_dir=None)


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else "genesys"


def test_imports_go_one_way(graph: grimp.ImportGraph) -> None:
    order = {name: place for place, name in enumerate(ROOMS)}
    wrong = [
        f"{importer} imports {imported}"
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
        if room_of(importer) in order and order.get(room_of(imported), -1) > order[room_of(importer)]
    ]
    assert not wrong


def test_the_records_know_nothing_of_the_rooms(graph: grimp.ImportGraph) -> None:
    wrong = [
        f"{importer} imports {imported}"
        for importer in graph.modules
        if room_of(importer) in FACE
        for imported in graph.find_modules_directly_imported_by(importer)
        if room_of(imported) in ROOMS
    ]
    assert not wrong


def test_every_room_is_in_the_graph(graph: grimp.ImportGraph) -> None:
    assert {room_of(module) for module in graph.modules} >= {*ROOMS, *FACE}


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; before = set(sys.modules); {statement}; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_genesys_loads_what_gymnasium_loads_and_itself() -> None:
    more = loaded_by("import genesys") - loaded_by("import gymnasium")
    foreign = {name.split(".")[0] for name in more} - {"genesys"} - set(sys.stdlib_module_names)
    assert not foreign


@pytest.mark.parametrize(
    "module", ["genesys.rewards", "genesys.envs", "genesys.rollouts.collecting", "genesys.training"]
)
def test_heavy_packages_load_where_they_are_used(module: str) -> None:
    heavy = {
        "torch",
        "transformers",
        "trl",
        "datasets",
        "duckdb",
        "vllm",
        "ray",
        "wandb",
        "sympy",
        "math_verify",
    }
    assert not heavy & loaded_by(f"import {module}")
