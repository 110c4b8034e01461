from __future__ import annotations

import asyncio
import json
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_line import collect, genesys
from harvest_child import harvest_of
from recordings import write_recording
from runs import content
from s3_server import BUCKET, s3_server

from genesys.curation import curate
from genesys.errors import ConfigurationError, RunLocked, RunMismatch, StorageError
from genesys.rollouts import remote_run
from genesys.rollouts.collecting import Harvest
from genesys.rollouts.parts import part_files
from genesys.rollouts.remote_lease import LEASE_FILE, Lease
from genesys.rollouts.remote_place import RemotePlace, is_remote
from genesys.rollouts.remote_run import local_folder, opened_place
from genesys.rollouts.run_reader import RunReader

PROBLEMS = "arithmetic:level=1,seed=0,size=20"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A reader's own copies."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def harvest(tmp_path: Path, machine: str | None, **changes: Any) -> Harvest:
    """A harvest as a machine with a disk of its own makes it, or into a folder as it is."""
    recording = tmp_path / "recording.jsonl"
    if not recording.exists():
        write_recording(recording, PROBLEMS, 2)
    wanted = {"env_id": "genesys/math-v0", "problems": PROBLEMS, "sampler": "recording", "n": 2}
    made = harvest_of(wanted | {"model": str(recording)} | changes)
    return replace(made, spool=None if machine is None else tmp_path / machine)


def run(made: Harvest, out: str) -> Any:
    return asyncio.run(made.run(Path(out)))


def assert_same(one: Path, other: Path) -> None:
    for kind, verifier in (("problems", None), ("completions", None), ("scores", "math@1")):
        assert content(one, kind, verifier) == content(other, kind, verifier)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"file://{tmp_path}/remote/runs/first"


def remote_folder(url: str) -> Path:
    return Path(url.removeprefix("file://"))


def test_a_url_survives_what_a_path_makes_of_it() -> None:
    for url in ("s3://bucket/runs/first", "hf://datasets/me/runs", "memory://run", "file:///disk/run"):
        assert is_remote(Path(url))
        assert RemotePlace.parse(Path(url)).url == url
    assert not is_remote(Path("runs/first"))
    assert not is_remote("C:/runs")


def test_a_remote_folder_is_a_run_folder_without_a_spool(tmp_path: Path, url: str) -> None:
    run(harvest(tmp_path, "a"), url)
    run(harvest(tmp_path, "local"), str(tmp_path / "whole"))
    assert_same(remote_folder(url), tmp_path / "whole")
    names = {path.name for path in remote_folder(url).iterdir()}
    assert names == {"run.json", "log.jsonl", "problems", "completions", "scores"}


def test_another_machine_goes_on_from_the_parts(tmp_path: Path, url: str, cache: Path) -> None:
    run(harvest(tmp_path, "a", n=1), url)
    shutil.rmtree(tmp_path / "a")
    progress = run(harvest(tmp_path, "b"), url)
    assert (progress.before, progress.completions) == (20, 20)
    run(harvest(tmp_path, "local"), str(tmp_path / "whole"))
    assert_same(local_folder(url), tmp_path / "whole")
    assert [event["event"] for event in RunReader.open(url).log()].count("collect") == 2


def test_what_could_not_be_sent_is_sent_by_the_next_call(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_run, "_PAUSES", (0.01,))
    made, away = harvest(tmp_path, "a"), tmp_path / "away"

    def harvest_while_the_store_vanishes() -> None:
        with opened_place(url, tmp_path / "a") as place:
            remote_folder(url).rename(away)
            remote_folder(url).touch()  # where the folder was: nothing can be written there
            asyncio.run(harvest(tmp_path, None).run(place.folder))

    with pytest.raises(StorageError, match="are not at file://") as caught:
        harvest_while_the_store_vanishes()
    assert "run again" in str(caught.value.remedy)
    remote_folder(url).unlink()
    away.rename(remote_folder(url))
    assert run(made, url).completions == 0
    assert RunReader(remote_folder(url)).table("completions").num_rows == 40


def test_two_machines_that_came_apart_are_refused_and_both_keep_their_rows(tmp_path: Path, url: str) -> None:
    run(harvest(tmp_path, "a", n=1), url)
    (copy,) = (tmp_path / "a").iterdir()
    asyncio.run(harvest(tmp_path, None).run(copy))  # a part that never reached the URL
    run(harvest(tmp_path, "b"), url)  # the same samples, but at other times: another part of the same name
    with pytest.raises(RunMismatch, match="is one thing at"):
        run(harvest(tmp_path, "a"), url)
    assert RunReader(copy).table("completions").num_rows == 40


def test_a_living_lease_is_respected_and_a_dead_one_taken(tmp_path: Path, url: str) -> None:
    remote = RemotePlace.parse(url).open()
    first = Lease(remote, "a", seconds=0.8)
    with pytest.raises(RunLocked, match="is being written by process"):
        Lease(remote, "b", seconds=0.8)
    first._ended.set()  # its process has died: nobody renews it
    assert first._thread is not None
    first._thread.join()
    taken = Lease(remote, "b", seconds=0.8)
    assert json.loads(remote.read(LEASE_FILE) or b"{}")["owner"] == "b"
    taken.release()
    assert remote.read(LEASE_FILE) is None


def test_the_same_machine_takes_its_own_lease_back_at_once(tmp_path: Path, url: str) -> None:
    remote = RemotePlace.parse(url).open()
    remote.write(LEASE_FILE, json.dumps({"owner": "a", "seconds": 3600}).encode())
    Lease(remote, "a").release()


def test_a_lease_that_was_lost_stops_the_writer(tmp_path: Path, url: str) -> None:
    remote = RemotePlace.parse(url).open()
    lease = Lease(remote, "a", seconds=0.4)
    remote.write(LEASE_FILE, json.dumps({"owner": "b", "pid": 7, "host": "there"}).encode())
    for _ in range(200):
        try:
            lease.check()
        except RunLocked as error:
            assert "process 7 on there" in error.fault
            break
        time.sleep(0.02)
    else:
        pytest.fail("nobody noticed")
    lease.release()
    assert remote.read(LEASE_FILE) is not None


def test_no_clock_is_compared(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    remote = RemotePlace.parse(url).open()
    first = Lease(remote, "a", seconds=0.8)
    monkeypatch.setattr(time, "time", lambda: 0.0)
    with pytest.raises(RunLocked):
        Lease(remote, "b", seconds=0.8)
    first.release()


def test_what_is_not_there_or_cannot_be_reached_is_one_clear_error(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no run at"):
        local_folder(f"file://{tmp_path}/nothing")
    with pytest.raises(ConfigurationError, match="nosuch"):
        local_folder("nosuch://bucket/run")


def test_readers_take_urls(tmp_path: Path, url: str, cache: Path) -> None:
    assert collect(tmp_path, "--out", url, "--spool", tmp_path / "a").returncode == 0
    shown = genesys("show", url, "--json", "--traces", 0)
    assert json.loads(shown.stdout)["completions"] == 40
    scored = genesys("score", url, "--verifier", "math-verify", "--json")
    assert json.loads(scored.stdout)["verified"] == 40, scored.stderr
    assert part_files(next((remote_folder(url) / "scores").glob("math-verify*")))
    assert genesys("fsck", url).returncode == 0
    assert genesys("fsck", url, "--repair").returncode == 2
    merged = genesys("merge", url, "--out", tmp_path / "merged", "--json")
    assert json.loads(merged.stdout)["rows"]["completions"] == 40
    report = curate([Path(url)], "synthetic-1", tmp_path / "data", verifiers=["math@1"])
    assert report.completions == 40


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    with s3_server() as environment:
        yield environment


def test_a_run_in_a_bucket(tmp_path: Path, s3: dict[str, str], cache: Path) -> None:
    url = f"s3://{BUCKET}/runs/first"
    first = collect(tmp_path, "--out", url, "--n", 1, "--spool", tmp_path / "a")
    assert first.returncode == 0, first.stderr
    again = collect(tmp_path, "--out", url, "--spool", tmp_path / "b", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["before"] == 20
    whole = collect(tmp_path)
    assert whole.returncode == 0
    assert_same(local_folder(url), tmp_path / "run")


def test_two_machines_at_one_bucket(tmp_path: Path, s3: dict[str, str]) -> None:
    remote = RemotePlace.parse(f"s3://{BUCKET}/runs/second").open()
    lease = Lease(remote, "a", seconds=1.0)
    found: list[BaseException] = []

    def other() -> None:
        try:
            Lease(RemotePlace.parse(f"s3://{BUCKET}/runs/second").open(), "b", seconds=1.0)
        except RunLocked as error:
            found.append(error)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    lease.release()
    assert found
