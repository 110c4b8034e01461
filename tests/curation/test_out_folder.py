"""The output folder: never half a dataset, and never somebody's files."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from curation_runs import Row, make_run, problem, verdict

from genesys.curation import curate
from genesys.curation.out_folder import _swap, replacing
from genesys.errors import ConfigurationError, StorageError

KILLED = """
import os, signal, sys
from genesys.curation import curate

def stage(name):
    if name == "describing":  # all outputs are written
        os.kill(os.getpid(), signal.{signal})

curate([sys.argv[1]], "synthetic-1", sys.argv[2], on_stage=stage)
"""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    rows = [Row(problem=problem("a"), index=i, verdicts=[verdict(s)]) for i, s in enumerate((1.0, 0.0))]
    return make_run(tmp_path / "runs" / "run", rows)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def interrupted(run: Path, out: Path, name: str) -> int:
    code = KILLED.format(signal=name)
    return subprocess.run(
        [sys.executable, "-c", code, str(run), str(out)], stderr=subprocess.DEVNULL, check=False
    ).returncode


def test_a_killed_curation_leaves_no_dataset_and_the_next_one_clears_up(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "data" / "out"
    assert interrupted(run, out, "SIGKILL") == -signal.SIGKILL
    assert not out.exists()
    (left,) = out.parent.iterdir()
    assert left.name.endswith(".writing")
    curate([run], "synthetic-1", out)
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_an_interrupted_curation_leaves_the_dataset_before_it(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "data" / "out"
    curate([run], "synthetic-1", out)
    before = files(out)
    for name in ("SIGINT", "SIGKILL"):
        assert interrupted(run, out, name) != 0
        assert files(out) == before
    curate([run], "synthetic-1", out)
    assert files(out) == before
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_what_another_process_is_writing_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with replacing(out) as first:
        (first.dataset / "file").write_text("first")
        with pytest.raises(StorageError), replacing(out):
            pass
        assert (first.dataset / "file").exists()
    assert (out / "file").read_text() == "first"


def test_a_dataset_of_ours_is_replaced(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    curate([run], "synthetic-1", out)
    (out / "sft" / "train-00000-of-00001.parquet").unlink()
    curate([run], "synthetic-1", out)
    assert (out / "sft" / "train-00000-of-00001.parquet").is_file()


def test_an_empty_folder_is_used(run: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert curate([run], "synthetic-1", tmp_path / "out").output("sft").rows == 1


@pytest.mark.parametrize("ours", [False, True])
def test_other_files_are_kept_unless_overwriting_is_asked_for(run: Path, tmp_path: Path, ours: bool) -> None:
    out = tmp_path / "out"
    if ours:
        curate([run], "synthetic-1", out)
    (out / "sft").mkdir(parents=True, exist_ok=True)
    (out / "sft" / "notes.txt").write_text("mine")
    before = files(out)
    with pytest.raises(
        ConfigurationError, match=r"(notes\.txt|'sft').*not part of a dataset(.|\n)*--overwrite"
    ):
        curate([run], "synthetic-1", out)
    assert files(out) == before
    curate([run], "synthetic-1", out, overwrite=True)
    assert "sft/notes.txt" not in files(out)


def test_a_run_is_never_replaced(run: Path, tmp_path: Path) -> None:
    for out in (run, run / "data", run.parent, tmp_path):
        with pytest.raises(ConfigurationError, match="lie in one another"):
            curate([run], "synthetic-1", out, overwrite=True)
    assert (run / "run.json").is_file()


def test_the_working_folder_and_files_are_never_replaced(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    (work / "inner").mkdir(parents=True)
    monkeypatch.chdir(work / "inner")
    for out in ("..", work):
        with pytest.raises(ConfigurationError, match="no dataset folder"):
            curate([run], "synthetic-1", out, overwrite=True)
    (work / "file").write_text("")
    with pytest.raises(ConfigurationError, match="is a file"):
        curate([run], "synthetic-1", work / "file", overwrite=True)


def test_an_unwritable_place_is_one_clear_error(run: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot write beside"):
        curate([run], "synthetic-1", tmp_path / "file" / "out")


def test_a_full_disk_is_one_clear_error(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from genesys.curation import curate\n"
        "limit = lambda stage: 'writing' in stage and resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "curate([sys.argv[1]], 'synthetic-1', sys.argv[2], on_stage=limit)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(run), str(out)], capture_output=True, text=True, check=False
    )
    assert "StorageError: cannot write" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_folders_swap_where_the_system_cannot_exchange_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genesys.curation.out_folder._exchanged", lambda one, other: False)
    for name in ("new", "out"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    _swap(tmp_path / "new", tmp_path / "out", aside=tmp_path / "aside")
    assert (tmp_path / "out" / "file").read_text() == "new"
    assert (tmp_path / "aside" / "file").read_text() == "out"
