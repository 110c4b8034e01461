import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from genesys.curation.builders import BUILDERS, Build, BuildOptions
from genesys.curation.builders.candidate import Candidate
from genesys.curation.builders.checks import GoldAudited, Unique
from genesys.curation.builders.context import BuildContext
from genesys.errors import ConfigurationError, DataError, RunLocked, SamplerError
from genesys.rewards import Grader
from genesys.rollouts.run_lock import RunLock
from genesys.rollouts.sampler import SamplerSettings
from genesys.schema import Problem, Sampling


@pytest.fixture
def grader() -> Iterator[Grader]:
    grader = Grader()
    yield grader
    grader.close()


@pytest.fixture(autouse=True)
def toy() -> None:
    BUILDERS.register("toy", "toy_builder:ToyBuilder")


def rows(path: Path, *numbers: int) -> Path:
    path.write_text("".join(json.dumps({"number": number}) + "\n" for number in numbers))
    return path


def model(path: Path, replies: dict[str, list[str]], missing: str = "fail") -> SamplerSettings:
    """A recording of replies, by candidate and attempt."""
    lines = [{"problem_id": name, "text": text} for name, texts in replies.items() for text in texts]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    options = {"label": "recorded", "missing": missing}
    return SamplerSettings(name="recording", model=str(path), sampling=Sampling(), options=options)


def doubled(number: int) -> str:
    return f'<think>easy</think>{{"doubled": {number}}}'


def test_rows_become_audited_problems_and_each_other_row_has_its_reason(
    tmp_path: Path, grader: Grader
) -> None:
    source = rows(tmp_path / "rows.jsonl", 2, 0, 200, 7, 2, 9)
    replies = {
        "row-0": [doubled(4)],
        "row-3": ["Let me see", "no"],
        "row-4": [doubled(4)],
        "row-5": ["?", doubled(18)],
    }
    sampling = model(tmp_path / "model.jsonl", replies)
    out = tmp_path / "out"
    report = Build(builder="toy", sources=[source], sampling=sampling).run(out, grader)
    problems = pq.read_table(out / "problems").to_pylist()
    assert [row["problem_id"] for row in problems] == ["row-0", "row-1", "row-5"]
    rejected = {row["candidate_id"]: row for row in pq.read_table(out / "rejected").to_pylist()}
    assert {name: row["reason"] for name, row in rejected.items()} == {
        "row-2": "too_large",
        "row-3": "doubling:malformed_reply",
        "row-4": "duplicate",
    }
    assert rejected["row-3"]["detail"].endswith("no")
    assert report.problems + len(rejected) == 6
    assert report.spread["size"] == {"small": 3}


def test_a_gold_that_its_verifier_refuses_does_not_ship(tmp_path: Path, grader: Grader) -> None:
    source = rows(tmp_path / "rows.jsonl", 0, 3)
    sampling = model(tmp_path / "model.jsonl", {"row-1": ['{"doubled": ""}']})
    Build(builder="toy", sources=[source], sampling=sampling).run(tmp_path / "out", grader)
    (rejected,) = pq.read_table(tmp_path / "out" / "rejected").to_pylist()
    assert rejected["reason"] == "gold:bad_gold"


def test_problems_of_a_test_set_do_not_ship(tmp_path: Path, grader: Grader) -> None:
    source = rows(tmp_path / "rows.jsonl", 0)
    source.write_text(
        '{"number": 3, "more": "of all the apples in the red basket by the door"}\n{"number": 0}\n'
    )
    tests = tmp_path / "exam.jsonl"
    tests.write_text('{"id": 7, "problem": "What is TWICE 0 ?"}\n')
    sampling = model(tmp_path / "model.jsonl", {"row-0": [doubled(6)]})
    build = Build(builder="toy", sources=[source], sampling=sampling, tests=[str(tests)])
    report = build.run(tmp_path / "out", grader)
    (rejected,) = pq.read_table(tmp_path / "out" / "rejected").to_pylist()
    assert (rejected["candidate_id"], rejected["reason"]) == ("row-1", "contaminated:exam")
    assert report.problems == 1


def test_what_was_asked_is_not_asked_again(tmp_path: Path, grader: Grader) -> None:
    source = rows(tmp_path / "rows.jsonl", 2, 3)
    half = model(tmp_path / "model.jsonl", {"row-0": [doubled(4)]}, missing="mark")
    build = Build(builder="toy", sources=[source], sampling=half)
    with pytest.raises(SamplerError, match="1 of 2 prompts"):
        build.run(tmp_path / "out", grader)
    asked = next((tmp_path / "out.work" / "asked").iterdir())
    assert pq.read_table(asked / "completions").num_rows == 1
    before = pq.read_table(asked / "completions", columns=["response_id"]).to_pylist()
    with pytest.raises(SamplerError):
        build.run(tmp_path / "out", grader)
    assert pq.read_table(asked / "completions", columns=["response_id"]).to_pylist() == before


def test_the_same_build_again_runs_no_stage_twice(tmp_path: Path, grader: Grader) -> None:
    source = rows(tmp_path / "rows.jsonl", 2, 0)
    sampling = model(tmp_path / "model.jsonl", {"row-0": [doubled(4)]})
    build = Build(builder="toy", sources=[source], sampling=sampling)
    first = build.run(tmp_path / "out", grader)
    manifest = (tmp_path / "out" / "manifest.json").read_bytes()
    (tmp_path / "model.jsonl").write_text("")  # nobody could answer now
    again = Build(builder="toy", sources=[source], sampling=sampling).run(tmp_path / "out", grader)
    assert again.to_json() == first.to_json()
    assert (tmp_path / "out" / "manifest.json").read_bytes() == manifest


def test_a_dry_run_asks_nobody_and_shows_the_prompts(tmp_path: Path, grader: Grader) -> None:
    source = rows(tmp_path / "rows.jsonl", 2, 0, 200)
    report = Build(builder="toy", sources=[source]).dry_run(grader)
    assert report.shown == {"doubling": ["Double 2. Reply as JSON."]}
    assert {stage.name: dict(stage.dropped) for stage in report.stages if stage.dropped} == {
        "small": {"too_large": 1},
        "doubling": {"would_ask": 1},
    }


def test_an_llm_step_without_a_model_says_what_to_give(tmp_path: Path, grader: Grader) -> None:
    with pytest.raises(ConfigurationError, match="asks a language model"):
        Build(builder="toy", sources=[rows(tmp_path / "rows.jsonl", 2)]).run(tmp_path / "out", grader)


def test_no_problem_left_is_an_error_with_the_reasons(tmp_path: Path, grader: Grader) -> None:
    with pytest.raises(DataError, match="too_large"):
        Build(builder="toy", sources=[rows(tmp_path / "rows.jsonl", 200)]).run(tmp_path / "out", grader)


def test_another_seed_asks_anew_and_the_first_replies_stay(tmp_path: Path, grader: Grader) -> None:
    source = rows(tmp_path / "rows.jsonl", 2)
    sampling = model(tmp_path / "model.jsonl", {"row-0": [doubled(4)]})
    for seed in (0, 1, 0):
        options = BuildOptions(seed=seed)
        Build(builder="toy", sources=[source], options=options, sampling=sampling).run(
            tmp_path / "out", grader
        )
    assert len(list((tmp_path / "out.work" / "asked").iterdir())) == 2


def test_a_reply_to_a_row_that_reads_otherwise_now_is_not_used(tmp_path: Path, grader: Grader) -> None:
    source = rows(tmp_path / "rows.jsonl", 2)
    path = tmp_path / "model.jsonl"
    Build(builder="toy", sources=[source], sampling=model(path, {"row-0": [doubled(4)]})).run(
        tmp_path / "out", grader
    )
    rows(source, 3)
    with pytest.raises(SamplerError):  # asked again, and nobody answers: 4 would be wrong
        Build(builder="toy", sources=[source], sampling=model(path, {"row-9": [doubled(4)]})).run(
            tmp_path / "out", grader
        )


def test_rows_under_one_id_are_kept_apart_and_the_same_row_counts_once(
    tmp_path: Path, grader: Grader
) -> None:
    source = tmp_path / "rows.jsonl"
    lines = [("1", "What is 2 + 2?", 4), ("1", "What is 30 + 31?", 61), ("1", "What is 2 + 2?", 4)]
    source.write_text(
        "".join(json.dumps({"problem_id": a, "problem": b, "answer": c}) + "\n" for a, b, c in lines)
    )
    report = Build(builder="math", sources=[source], options=BuildOptions(llm=False)).run(
        tmp_path / "out", grader
    )
    problems = pq.read_table(tmp_path / "out" / "problems").to_pylist()
    assert [row["problem_id"].split("-")[0] for row in problems] == ["1", "1"]
    assert {stage.name: dict(stage.dropped) for stage in report.stages if stage.dropped} == {
        "read": {"same_row": 1}
    }


def test_a_broken_line_is_dropped_with_its_reason(tmp_path: Path, grader: Grader) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_text('{"problem": "What is 2 + 2?", "answer": 4}\n{broken\n')
    Build(builder="math", sources=[source], options=BuildOptions(llm=False)).run(tmp_path / "out", grader)
    (rejected,) = pq.read_table(tmp_path / "out" / "rejected").to_pylist()
    assert (rejected["candidate_id"], rejected["reason"]) == ("rows.jsonl:2", "malformed")


def test_lone_surrogates_of_replies_become_replacement_characters(tmp_path: Path, grader: Grader) -> None:
    source = rows(tmp_path / "rows.jsonl", 2, 0)
    sampling = model(tmp_path / "model.jsonl", {"row-0": ['{"doubled": "4\\ud800"}']})
    Build(builder="toy", sources=[source], sampling=sampling).run(tmp_path / "out", grader)
    first = pq.read_table(tmp_path / "out" / "problems").to_pylist()[0]
    assert json.loads(first["verification_info"]) == {"ground_truth": "4\N{REPLACEMENT CHARACTER}"}


def test_two_builds_into_one_folder_at_once_are_refused(tmp_path: Path, grader: Grader) -> None:
    source = rows(tmp_path / "rows.jsonl", 0)
    build = Build(builder="toy", sources=[source], options=BuildOptions())
    (tmp_path / "out.work").mkdir()
    lock = RunLock(tmp_path / "out.work")
    with pytest.raises(RunLocked):
        build.run(tmp_path / "out", grader)
    lock.release()
    assert build.run(tmp_path / "out", grader).problems == 1


def test_golds_are_audited_anew_under_another_verifier() -> None:
    assert GoldAudited("math@1").version != GoldAudited("math@2").version


def test_programs_that_differ_in_case_are_two_problems(tmp_path: Path, grader: Grader) -> None:
    def versions(folded: bool) -> list[str]:
        problems = [
            Problem(
                problem_id=name, source="s", task_type="t", prompt=f"print({name!r})", verification_info={}
            )
            for name in ("a", "A")
        ]
        candidates = [
            Candidate(candidate_id=one.problem_id, source="s", fields={"problem": one.to_row()})
            for one in problems
        ]
        context = BuildContext(work=tmp_path, grader=grader)
        kept = Unique(folded=folded).run(candidates, context)
        return [one.candidate_id for one in kept if isinstance(one, Candidate)]

    assert (versions(True), versions(False)) == (["a"], ["a", "A"])
