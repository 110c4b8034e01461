from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from runs import commit, make_completion, make_identity, make_problem

from genesys.errors import ConfigurationError, DataError, RunLocked, RunMismatch, StorageError
from genesys.rollouts.parts import part_files, write_part
from genesys.rollouts.run_folder import RunFolder
from genesys.rollouts.run_reader import RunReader
from genesys.rollouts.tables import COMPLETIONS, PROBLEMS, SCORES
from genesys.schema import Verdict

RIGHT = Verdict(score=1.0, verifier="math@1")
UNREACHABLE = Verdict(score=None, cause="judge_unreachable", verifier="math@1")


def ids(folder: Path) -> list[str]:
    return sorted(RunReader(folder).table("completions")["response_id"].to_pylist())


def test_a_committed_row_is_read_before_any_part_exists(tmp_path: Path) -> None:
    problem = make_problem(1)
    with RunFolder(tmp_path / "run", make_identity()) as run:
        commit(run, problem, make_completion(problem), RIGHT)
        reader = RunReader(tmp_path / "run")
        assert not part_files(tmp_path / "run" / "completions")
        assert reader.table("completions")["text"].to_pylist() == ["\\boxed{42}"]
        assert reader.problems() == {"p1": problem}
        assert reader.verifier_keys() == ["math@1"]


def test_closing_moves_rows_into_parts_of_the_published_schemas(tmp_path: Path) -> None:
    problem = make_problem(1)
    with RunFolder(tmp_path / "run", make_identity()) as run:
        commit(run, problem, make_completion(problem), RIGHT)
    for kind, schema in (("problems", PROBLEMS), ("completions", COMPLETIONS), ("scores/math@1", SCORES)):
        (part,) = part_files(tmp_path / "run" / kind)
        assert pq.read_schema(part).equals(schema)
    assert COMPLETIONS.names[-1] == "text"
    assert len(ids(tmp_path / "run")) == 1


def test_a_row_in_part_and_spool_is_read_once(tmp_path: Path) -> None:
    """A writer was killed after the part got its name and before the spool forgot its rows."""
    problem = make_problem(1)
    run = RunFolder(tmp_path / "run", make_identity())
    commit(run, problem, make_completion(problem))
    write_part(tmp_path / "run" / "completions", run.reader.table("completions"))
    assert len(ids(tmp_path / "run")) == 1
    run.close(flush=False)
    RunFolder(tmp_path / "run", make_identity()).close()
    assert len(ids(tmp_path / "run")) == 1
    assert len(part_files(tmp_path / "run" / "completions")) == 1


def test_an_unfinished_part_is_removed_and_its_rows_are_kept(tmp_path: Path) -> None:
    problem = make_problem(1)
    run = RunFolder(tmp_path / "run", make_identity())
    commit(run, problem, make_completion(problem))
    run.close(flush=False)
    aside = tmp_path / "run" / "completions" / ".part-00000.parquet.writing"
    aside.parent.mkdir()
    aside.write_bytes(b"PAR1 torn")
    RunFolder(tmp_path / "run", make_identity()).close()
    assert not aside.exists()
    assert len(ids(tmp_path / "run")) == 1


def test_a_verdict_made_again_replaces_the_unreachable_one(tmp_path: Path) -> None:
    problem, folder = make_problem(1), tmp_path / "run"
    for verdict in (UNREACHABLE, RIGHT):
        with RunFolder(folder, make_identity()) as run:
            commit(run, problem, make_completion(problem), verdict)
            assert run.reader.table("scores", verifier="math@1")["score"].to_pylist() == [verdict.score]
    assert RunReader(folder).table("scores", verifier="math@1")["score"].to_pylist() == [1.0]


def test_another_configuration_is_refused_with_the_difference(tmp_path: Path) -> None:
    RunFolder(tmp_path / "run", make_identity()).close()
    with pytest.raises(RunMismatch, match=r"model: 'model' -> 'other'"):
        RunFolder(tmp_path / "run", make_identity(model="other"))


def test_a_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(RunMismatch, match=r"thesis\.tex"):
        RunFolder(tmp_path, make_identity())


def test_two_writers_are_one_too_many(tmp_path: Path) -> None:
    with (
        RunFolder(tmp_path / "run", make_identity()),
        pytest.raises(RunLocked, match=f'"pid": {os.getpid()}'),
    ):
        RunFolder(tmp_path / "run", make_identity())


def test_a_dead_writers_lock_is_free(tmp_path: Path) -> None:
    code = (
        "import os, sys; from genesys.rollouts.run_lock import RunLock; from pathlib import Path; "
        "lock = RunLock(Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    )
    RunFolder(tmp_path / "run", make_identity()).close()
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "run")], check=False)
    RunFolder(tmp_path / "run", make_identity()).close()


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    RunFolder(tmp_path / "run", make_identity()).close()
    path = tmp_path / "run" / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema_version": 99}))
    with pytest.raises(DataError, match="99"):
        RunReader(tmp_path / "run")


def test_what_is_no_run_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"run\.json"):
        RunReader(tmp_path)


def test_an_unwritable_place_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file"):
        RunFolder(tmp_path / "file" / "run", make_identity())


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    problem = make_problem(1)
    with RunFolder(tmp_path / "run", make_identity()) as run:
        commit(run, problem, make_completion(problem))
    (part,) = part_files(tmp_path / "run" / "completions")
    part.write_bytes(part.read_bytes()[:-20])
    with pytest.raises(DataError, match=part.name):
        ids(tmp_path / "run")


FULL_DISK = """
import resource, sys
from pathlib import Path
from runs import commit, make_completion, make_identity, make_problem
from genesys.errors import StorageError
from genesys.rollouts.run_folder import RunFolder
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
run = RunFolder(Path(sys.argv[1]), make_identity())
committed = 0
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
try:
    for number in range(1000):
        problem = make_problem(number)
        commit(run, problem, make_completion(problem, text="x" * 5000))
        committed += 1
except StorageError as error:
    print(committed, str(error).replace("\\n", " "))
"""


def test_a_full_disk_loses_nothing_that_was_committed(tmp_path: Path, root: Path) -> None:
    """Files may not grow over 300 kB, which SQLite meets as a disk that is full."""
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "run")],
        env={**os.environ, "PYTHONPATH": str(root / "tests" / "support")},
        capture_output=True,
        text=True,
        check=True,
    )
    committed, message = done.stdout.split(" ", 1)
    assert "spool" in message
    assert int(committed) > 0
    with RunFolder(tmp_path / "run", make_identity()):
        assert len(ids(tmp_path / "run")) == int(committed)
    assert len(ids(tmp_path / "run")) == int(committed)


def test_a_retried_verdict_survives_a_kill_before_it_reaches_a_part(tmp_path: Path) -> None:
    problem, folder = make_problem(1), tmp_path / "run"
    with RunFolder(folder, make_identity()) as run:
        commit(run, problem, make_completion(problem), UNREACHABLE)
    run = RunFolder(folder, make_identity())
    commit(run, problem, make_completion(problem), RIGHT)
    run.close(flush=False)
    RunFolder(folder, make_identity()).close()
    assert RunReader(folder).table("scores", verifier="math@1")["score"].to_pylist() == [1.0]


def test_a_start_that_was_killed_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".run.json.writing").write_text("{")
    RunFolder(tmp_path / "run", make_identity()).close()


def test_closing_twice_is_harmless(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run", make_identity())
    run.close()
    run.close()


def test_a_run_keeps_the_spool_it_began_with(tmp_path: Path) -> None:
    RunFolder(tmp_path / "run", make_identity(), spool=tmp_path / "a.sqlite").close()
    RunFolder(tmp_path / "run", make_identity(), spool=tmp_path / "a.sqlite").close()
    with pytest.raises(RunMismatch, match=r"a\.sqlite"):
        RunFolder(tmp_path / "run", make_identity(), spool=tmp_path / "b.sqlite")


def test_verdicts_whose_completions_vanished_with_their_folder_are_made_again(tmp_path: Path) -> None:
    problem, spool = make_problem(1), tmp_path / "spool.sqlite"
    run = RunFolder(tmp_path / "run", make_identity(), spool=spool)
    commit(run, problem, make_completion(problem), RIGHT)
    run.flush("completions")
    run.close(flush=False)
    shutil.rmtree(tmp_path / "run")
    with RunFolder(tmp_path / "run", make_identity(), spool=spool) as again:
        assert again.reader.verifier_keys() == []
        commit(again, problem, make_completion(problem), RIGHT)
    assert RunReader(tmp_path / "run").table("scores", verifier="math@1").num_rows == 1


def test_a_spool_with_rows_of_another_run_is_not_poured_into_this_one(tmp_path: Path) -> None:
    problem, spool = make_problem(1), tmp_path / "spool.sqlite"
    run = RunFolder(tmp_path / "run", make_identity(), spool=spool)
    commit(run, problem, make_completion(problem))
    run.close(flush=False)
    shutil.rmtree(tmp_path / "run")
    with pytest.raises(RunMismatch, match=r"committed rows of another run:\s+model: 'model' -> 'other'"):
        RunFolder(tmp_path / "run", make_identity(model="other"), spool=spool)
