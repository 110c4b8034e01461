from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from harvest_child import harvest_of
from recordings import write_recording
from runs import content, make_identity, make_problem

from genesys.errors import ConfigurationError, DataError, RunMismatch, SamplerError, UnknownName
from genesys.rewards import Grader, verify
from genesys.rollouts.collector import CollectSettings
from genesys.rollouts.identity import response_ids, sample_seed
from genesys.rollouts.progress import Progress
from genesys.rollouts.run_reader import RunReader
from genesys.rollouts.scoring import unscored

PROBLEMS = "arithmetic:level=1,seed=0,size=40"


def settings(tmp_path: Path, **changes: Any) -> dict[str, Any]:
    recording = write_recording(tmp_path / "recording.jsonl", PROBLEMS, 4)
    base = {
        "env_id": "genesys/math-v0",
        "problems": PROBLEMS,
        "sampler": "recording",
        "model": str(recording),
        "n": 4,
    }
    return base | changes


def harvest(wanted: dict[str, Any], out: Path) -> Progress:
    return asyncio.run(harvest_of(wanted).run(out))


def test_a_harvest_holds_every_sample_once_with_its_verdict(tmp_path: Path) -> None:
    progress = harvest(settings(tmp_path), tmp_path / "run")
    assert (progress.planned, progress.before, progress.completions, progress.verified) == (160, 0, 160, 160)
    run = RunReader(tmp_path / "run")
    rows = run.table("completions").to_pylist()
    assert len({row["response_id"] for row in rows}) == 160
    assert {(row["problem_id"], row["sample_index"]) for row in rows} == {
        (problem_id, index) for problem_id in run.problems() for index in range(4)
    }
    scores = {row["response_id"]: row for row in run.table("scores", verifier="math@1").to_pylist()}
    problems = run.problems()
    for row in rows:
        assert scores[row["response_id"]]["score"] == verify(problems[row["problem_id"]], row["text"]).score


def test_the_same_command_again_does_nothing(tmp_path: Path) -> None:
    wanted = settings(tmp_path)
    harvest(wanted, tmp_path / "run")
    progress = harvest(wanted, tmp_path / "run")
    assert (progress.before, progress.completions, progress.verified) == (160, 0, 0)


def test_n_may_grow(tmp_path: Path) -> None:
    wanted = settings(tmp_path)
    harvest(wanted | {"n": 1}, tmp_path / "grown")
    progress = harvest(wanted | {"n": 4}, tmp_path / "grown")
    assert (progress.before, progress.completions) == (40, 120)
    harvest(wanted, tmp_path / "at-once")
    for kind, verifier in (("problems", None), ("completions", None), ("scores", "math@1")):
        assert content(tmp_path / "grown", kind, verifier) == content(tmp_path / "at-once", kind, verifier)


def test_another_seed_is_another_run(tmp_path: Path) -> None:
    wanted = settings(tmp_path)
    harvest(wanted, tmp_path / "run")
    with pytest.raises(RunMismatch, match="source"):
        harvest(wanted | {"problems": "arithmetic:level=1,seed=1,size=40"}, tmp_path / "run")


def test_what_the_sampler_cannot_give_is_one_error_and_the_rest_is_kept(tmp_path: Path) -> None:
    wanted = settings(tmp_path)
    with pytest.raises(SamplerError, match="holds 4 responses"):
        harvest(wanted | {"n": 5}, tmp_path / "run")
    progress = harvest(wanted, tmp_path / "run")
    assert progress.before + progress.completions == 160


def test_failed_samples_are_counted_and_asked_again(tmp_path: Path) -> None:
    wanted = settings(tmp_path, options={"missing": "mark"})
    lines = Path(wanted["model"]).read_text().splitlines(keepends=True)
    Path(wanted["model"]).write_text("".join(lines[:-3]))
    progress = harvest(wanted, tmp_path / "run")
    assert (progress.completions, progress.failed) == (157, 3)
    assert harvest(wanted, tmp_path / "run").failed == 3


@pytest.mark.parametrize("on_bad_gold", ["skip", "fail"])
def test_bad_golds_are_left_out_or_stop(tmp_path: Path, on_bad_gold: str) -> None:
    rows = [
        {
            "problem_id": f"p{gold}",
            "task_type": "verifiable_math",
            "prompt": "?",
            "verification_info": {"ground_truth": gold},
        }
        for gold in ("1", "")
    ]
    (tmp_path / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "one.jsonl").write_text('{"problem_id": "p1", "llm_response": "\\\\boxed{1}"}\n')
    wanted = settings(tmp_path) | {
        "problems": str(tmp_path / "problems.jsonl"),
        "model": str(tmp_path / "one.jsonl"),
    }
    made = harvest_of(wanted | {"n": 1})
    object.__setattr__(made, "settings", CollectSettings(n=1, on_bad_gold=on_bad_gold))
    if on_bad_gold == "fail":
        with pytest.raises(DataError, match="bad gold"):
            asyncio.run(made.run(tmp_path / "run"))
    else:
        progress = asyncio.run(made.run(tmp_path / "run"))
        assert (progress.completions, progress.bad_golds) == (1, 1)


def test_what_was_committed_but_not_verified_is_verified_by_the_next_call(tmp_path: Path) -> None:
    wanted = settings(tmp_path)
    unverified = harvest_of(wanted)
    object.__setattr__(unverified, "settings", CollectSettings(n=4, verify=False))
    assert asyncio.run(unverified.run(tmp_path / "run")).verified == 0
    progress = harvest(wanted, tmp_path / "run")
    assert (progress.completions, progress.verified) == (0, 160)


def test_another_verifier_adds_its_own_scores(tmp_path: Path) -> None:
    from genesys.rewards.registry import verifier_table
    from genesys.rollouts.run_folder import RunFolder
    from genesys.rollouts.scoring import score_completions

    harvest(settings(tmp_path), tmp_path / "run")
    grader = Grader(verifier_table("math-verify"))
    with RunFolder.reopen(tmp_path / "run") as run:
        total, missing = unscored(run, grader)
        score_completions(run, grader, missing, Progress())
        assert (total, len(missing)) == (160, 160)
        assert unscored(run, grader)[1] == set()
    grader.close()
    keys = RunReader(tmp_path / "run").verifier_keys()
    assert len(keys) == 2
    assert keys[0].startswith("math-verify@")


def test_a_cancelled_harvest_keeps_what_has_arrived(tmp_path: Path) -> None:
    wanted = settings(tmp_path, problems="arithmetic:level=1,seed=0,size=3000")
    write_recording(Path(wanted["model"]), wanted["problems"], 1)
    made = harvest_of(wanted | {"n": 1})

    async def stopped() -> None:
        task = asyncio.create_task(made.run(tmp_path / "run"))
        while made.progress.completions < 100:
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(stopped())
    kept = RunReader(tmp_path / "run").table("completions").num_rows
    assert 100 <= kept == made.progress.completions
    assert harvest(wanted | {"n": 1}, tmp_path / "run").before == kept


def test_unknown_names_suggest(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="genesys/math-v0"):
        harvest(settings(tmp_path, env_id="genesys/maths-v0"), tmp_path / "run")
    with pytest.raises(UnknownName, match="recording"):
        harvest(settings(tmp_path, sampler="recordings"), tmp_path / "run")


@pytest.mark.parametrize("change", [{"n": 0}, {"concurrency": 0}, {"on_bad_gold": "ignore"}])
def test_settings_that_cannot_be_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=str(next(iter(change.values())))):
        CollectSettings(**change)


def test_an_environment_without_problems_cannot_be_harvested(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="serves no problems"):
        harvest(settings(tmp_path, env_id="CartPole-v1", problems=None), tmp_path / "run")


def test_seeds_of_a_group_are_consecutive() -> None:
    first = sample_seed(0, "p", 0)
    assert [sample_seed(0, "p", index) for index in range(3)] == [
        (first + index) % 2**31 for index in range(3)
    ]
    assert sample_seed(1, "p", 0) != first != sample_seed(0, "q", 0)


def test_a_response_id_follows_from_all_it_depends_on() -> None:
    messages = [{"role": "user", "content": "?"}]
    base = response_ids(make_identity(), make_problem(1), messages, [0, 1])
    others = [
        response_ids(make_identity(seed=1), make_problem(1), messages, [0]),
        response_ids(make_identity(model_revision="sha256:2"), make_problem(1), messages, [0]),
        response_ids(make_identity(), make_problem(1, gold="43"), messages, [0]),
        response_ids(make_identity(), make_problem(1), [{"role": "user", "content": "!"}], [0]),
        response_ids(make_identity(), make_problem(1), messages, [0], parent_id="x"),
    ]
    assert len({*base, *(ids[0] for ids in others)}) == 7
    assert all(len(name) == 32 for name in base)


def test_a_verifier_that_cannot_run_here_stops_the_harvest_and_loses_nothing(tmp_path: Path) -> None:
    from odd_verifiers import RefusingVerifier

    from genesys.rewards import VerifierSpec

    wanted = settings(tmp_path)
    grader = Grader({"verifiable_math": VerifierSpec.of(RefusingVerifier())})
    with pytest.raises(ConfigurationError, match="no sandbox"):
        asyncio.run(harvest_of(wanted).run(tmp_path / "run", grader))
    grader.close()
    kept = RunReader(tmp_path / "run").table("completions").num_rows
    assert kept > 0
    assert harvest(wanted, tmp_path / "run").before == kept


def test_runs_of_one_name_do_not_share_a_spool(tmp_path: Path) -> None:
    made = harvest_of(settings(tmp_path))
    object.__setattr__(made, "spool", tmp_path / "spools")
    assert made._spool_path(tmp_path / "a" / "first") != made._spool_path(tmp_path / "b" / "first")
    asyncio.run(made.run(tmp_path / "a" / "first"))
    assert RunReader(tmp_path / "a" / "first").table("completions").num_rows == 160


def test_a_harvest_cancelled_twice_still_commits_what_has_arrived(tmp_path: Path) -> None:
    from odd_verifiers import SlowVerifier

    from genesys.rewards import VerifierSpec

    wanted = settings(tmp_path, problems="arithmetic:level=1,seed=0,size=300")
    write_recording(Path(wanted["model"]), wanted["problems"], 1)
    made = harvest_of(wanted | {"n": 1})
    grader = Grader({"verifiable_math": VerifierSpec.of(SlowVerifier())}, workers=1)

    async def stopped() -> None:
        task = asyncio.create_task(made.run(tmp_path / "run", grader))
        while made.progress.completions < 100:
            await asyncio.sleep(0.005)
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0.01)
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(stopped())
    grader.close()
    assert RunReader(tmp_path / "run").table("completions").num_rows == made.progress.completions >= 100


def test_no_verifier_is_said_and_is_no_bad_gold(tmp_path: Path) -> None:
    row = {"problem_id": "p", "task_type": "chess", "prompt": "?", "verification_info": {"ground_truth": "1"}}

    class Environment:
        template = "plain@1"

        @property
        def problems(self) -> Any:
            from genesys.schema import Problem

            class Source(list[Problem]):
                identity, skipped = "x", 0

                def by_id(self, problem_id: str) -> Problem:
                    return self[0]

            return Source([Problem.from_row(row)])

        def messages(self, problem: Any) -> list[dict[str, str]]:
            return [{"role": "user", "content": problem.prompt}]

    from runs import make_identity

    from genesys.rollouts.collector import Collector
    from genesys.rollouts.run_folder import RunFolder
    from genesys.rollouts.samplers.recording import RecordingSampler
    from genesys.schema import Sampling

    sampler = RecordingSampler(settings(tmp_path)["model"], Sampling())
    with (
        RunFolder(tmp_path / "run", make_identity()) as run,
        pytest.raises(ConfigurationError, match="no verifier serves the task type 'chess'"),
    ):
        asyncio.run(Collector(Environment(), sampler, run, CollectSettings()).collect())
