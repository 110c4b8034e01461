"""A dataset goes to a hub on loopback through the real client, and is loaded from there again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import genesys
from curation_runs import Row, make_run, problem, verdict
from hub_server import HubServer
from hub_uploads import Repo, UploadHub

from genesys.curation import curate
from genesys.curation.pushing import plan_push
from genesys.curation.recipe_file import load_recipe, parse_recipe
from genesys.errors import ConfigurationError, DataError

LOAD = """
import sys
from datasets import load_dataset
found = load_dataset("me/first", "sft")["train"]
print(found.num_rows, found.column_names)
"""


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    rows = [Row(problem=problem(f"p{n}"), verdicts=[verdict(1.0)]) for n in range(3)]
    rows += [Row(problem=problem("p0"), index=1, verdicts=[verdict(0.0)])]
    curate([make_run(tmp_path / "run", rows)], "synthetic-1", tmp_path / "data")
    return tmp_path / "data"


def push(
    dataset: Path, hub: UploadHub, *more: str, token: str | None = None
) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("huggingface_hub", reason="needs genesys-rl[hub]")
    environment = hub.environment(dataset.parent / "home", *([token] if token else []))
    return genesys("push", dataset, "--to", "me/first", "--licence", "cc-by-4.0", *more, **environment)


@pytest.mark.slow
def test_what_is_pushed_is_what_is_loaded(dataset: Path, tmp_path: Path) -> None:
    pytest.importorskip("datasets", reason="needs genesys-rl[hub]")
    with UploadHub() as hub:
        # of an earlier dataset with more shards; it would be loaded with ours
        hub.repos["me/first"] = Repo(files={"sft/train-00001-of-00002.parquet": b"old", "notes.txt": b"kept"})
        done = push(dataset, hub)
        assert done.returncode == 0, done.stderr
        assert f"{hub.url}/datasets/me/first/commit/" in done.stderr
        repo = hub.repos["me/first"]
    local = {path.relative_to(dataset).as_posix() for path in dataset.rglob("*") if path.is_file()}
    assert set(repo.files) == local | {"notes.txt"}
    for path in local - {"README.md"}:
        assert repo.files[path] == (dataset / path).read_bytes()
    assert repo.files["README.md"].startswith(b"---\nlicense: cc-by-4.0\nconfigs:\n")
    assert {entry.split()[1] for entry in repo.commits[-1]} == {"manifest.json", "README.md"}
    with HubServer({"me/first": repo.files}) as served:
        environment = {**os.environ, "HF_ENDPOINT": served.url, "HF_HOME": str(tmp_path / "loading")}
        loaded = subprocess.run(
            [sys.executable, "-c", LOAD], capture_output=True, text=True, env=environment, check=False
        )
    assert loaded.stdout.startswith("3 ['response_id', 'problem_id'"), loaded.stderr


@pytest.mark.slow
def test_an_interrupted_push_goes_on_and_sends_nothing_twice(dataset: Path) -> None:
    with UploadHub() as hub:
        hub.fail_at = "/commit/"
        failed = push(dataset, hub)
        assert failed.returncode == 1
        assert "Run the command again" in failed.stderr
        sent = set(hub.large)
        assert len(sent) == 3
        hub.fail_at, before = None, len(hub.requests)
        assert push(dataset, hub).returncode == 0
        assert not [one for one in hub.requests[before:] if one.startswith("PUT")]
        assert set(hub.repos["me/first"].files) >= {
            "README.md",
            "manifest.json",
            "raw/train-00000-of-00001.parquet",
        }


@pytest.mark.slow
def test_a_public_repository_never_gets_what_is_to_be_private(dataset: Path) -> None:
    with UploadHub() as hub:
        hub.repos["me/first"] = Repo(private=False)
        refused = push(dataset, hub, "--private")
        assert refused.returncode == 2
        assert "is public" in refused.stderr
        assert not hub.repos["me/first"].files
        assert not hub.large


def test_a_dry_run_asks_no_server(dataset: Path) -> None:
    nowhere = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_TOKEN": "x"}
    done = genesys(
        "push", dataset, "--to", "me/first", "--licence", "cc-by-4.0", "--dry-run", "--json", **nowhere
    )
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert plan["configs"] == {"raw": 4, "sft": 3, "preference": 1}
    assert [file["path"] for file in plan["files"]][-2:] == ["manifest.json", "README.md"]
    assert plan["size"] == sum(file["size"] for file in plan["files"])
    assert (plan["dry_run"], plan["url"]) == (True, None)


def test_a_card_that_leaves_a_licence_open_is_refused(dataset: Path) -> None:
    with pytest.raises(ConfigurationError, match="states no licence of: source-of-verifiable_math"):
        plan_push(dataset, "me/first")
    card = dataset / "README.md"
    card.write_text(card.read_text().replace("| not stated |", "| MIT |"))  # filled in by hand
    assert plan_push(dataset, "me/first").card == card.read_text()


def test_a_recipe_that_states_the_licences_is_enough(dataset: Path) -> None:
    text = load_recipe("synthetic-1").text + '\n[licences]\n"source-of-verifiable_math" = "MIT"\n'
    curate([dataset.parent / "run"], parse_recipe(text), dataset)
    plan = plan_push(dataset, "me/first")
    assert plan.licence is None
    assert "| source-of-verifiable_math | MIT |" in plan.card


def test_a_given_licence_stands_in_header_and_words(dataset: Path) -> None:
    card = plan_push(dataset, "me/first", licence="CC-BY-4.0").card
    header, _, body = card.removeprefix("---\n").partition("---\n")
    assert header.startswith("license: cc-by-4.0\n")
    assert header.count("license:") == 1
    assert "Published under the licence `CC-BY-4.0`" in body
    again = dataset / "README.md"
    again.write_text(card)
    assert plan_push(dataset, "me/first", licence="mit").card.count("license:") == 1


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_a_dataset_that_is_not_as_it_was_made_is_refused(dataset: Path, damage: str) -> None:
    file = dataset / "sft" / "train-00000-of-00001.parquet"
    if damage == "changed":
        file.write_bytes(file.read_bytes() + b"x")
    else:
        file.unlink()
    with pytest.raises(DataError, match="changed since" if damage == "changed" else "cannot read"):
        plan_push(dataset, "me/first", licence="mit")


def test_strangers_stay_and_nonsense_is_refused(dataset: Path) -> None:
    (dataset / "notes.txt").write_text("mine")
    assert plan_push(dataset, "me/first", licence="mit").left_out == ("notes.txt",)
    for repo, licence in (("first", "mit"), ("me/first/x", "mit"), ("me/first", "no such\nlicence")):
        with pytest.raises(ConfigurationError, match=r"names no repository|is no licence"):
            plan_push(dataset, repo, licence=licence)


def test_nobody_logged_in_is_said_at_once(dataset: Path) -> None:
    pytest.importorskip("huggingface_hub", reason="needs genesys-rl[hub]")
    nobody = {"HF_HOME": str(dataset.parent / "empty"), "HF_TOKEN": "", "HF_ENDPOINT": "http://127.0.0.1:9"}
    done = genesys("push", dataset, "--to", "me/first", "--licence", "mit", **nobody)
    assert done.returncode == 2
    assert "nobody is logged in" in done.stderr
