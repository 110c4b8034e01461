import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from command_line import genesys
from runs import commit, make_completion, make_identity, make_problem

from genesys.curation import curate
from genesys.errors import Conflict, DataError, MalformedRow, RunMismatch
from genesys.rewards import Grader
from genesys.rollouts.import_run import import_run
from genesys.rollouts.importing import PUBLISHED
from genesys.rollouts.progress import Progress
from genesys.rollouts.run_folder import RunFolder
from genesys.rollouts.run_reader import RunReader
from genesys.rollouts.scoring import score_completions, unscored
from genesys.schema import Sampling, Verdict

RAW: dict[str, object] = {
    "problem_id": "vfm_1",
    "source": "orca_math",
    "task_type": "verifiable_math",
    "in_source_id": None,
    "hf_dataset_name": "somebody/problems",
    "prompt": "6 times 7?",
    "gold_standard_solution": None,
    "verification_info": "{'ground_truth': '42'}",
    "metadata": "{'level': 3}",
    "llm_response": "<think>six sevens</think>\\boxed{42}",
    "response_id": "r1",
    "score": 1.0,
    "generation_config": "{'temperature': 0.6, 'max_tokens': 8192}",
    "model_name": "deepseek-ai/DeepSeek-R1",
}
OPENR1: dict[str, object] = {
    "problem": "6 times 7?",
    "solution": "It is 42.",
    "answer": "42",
    "problem_type": "Algebra",
    "question_type": "math-word-problem",
    "source": "olympiads",
    "uuid": "NaN",
    "is_reasoning_complete": [True, True],
    "generations": ["<think>6*7</think>\\boxed{42}", "<think>6+7</think>\\boxed{13}"],
    "correctness_math_verify": [True, False],
    "correctness_llama": None,
    "finish_reasons": ["stop", "length"],
    "correctness_count": 1,
    "messages": [],
}


def write(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_python_literals_of_a_published_dump_become_a_run(tmp_path: Path) -> None:
    import_run([write(tmp_path / "dump.jsonl", RAW)], tmp_path / "run")
    reader = RunReader(tmp_path / "run")
    (row,) = reader.table("completions").to_pylist()
    assert (row["response_id"], row["model"], row["text"]) == ("r1", RAW["model_name"], RAW["llm_response"])
    assert json.loads(row["sampling"]) == {"temperature": 0.6, "max_tokens": 8192}
    problem = reader.problems()["vfm_1"]
    assert problem.verification_info == {"ground_truth": "42"}
    assert problem.metadata == {"level": 3, "hf_dataset_name": "somebody/problems"}
    (score,) = reader.table("scores", verifier=PUBLISHED).to_pylist()
    assert score["score"] == 1.0


def test_generations_of_openr1_become_completions_with_both_scores(tmp_path: Path) -> None:
    row = {**OPENR1, "correctness_llama": [None, True]}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "openr1.parquet")
    import_run([tmp_path / "openr1.parquet"], tmp_path / "run")
    reader = RunReader(tmp_path / "run")
    rows = sorted(reader.table("completions").to_pylist(), key=lambda one: one["sample_index"])
    assert [one["finish_reason"] for one in rows] == ["stop", "length"]
    assert [one["text"] for one in rows] == OPENR1["generations"]
    scored = {key: reader.table("scores", verifier=key).num_rows for key in reader.verifier_keys()}
    assert scored == {"judge@published": 1, "math-verify@published": 2}
    (problem,) = reader.problems().values()
    assert problem.gold_standard_solution == "It is 42."
    assert problem.metadata["uuid"] == "NaN"


def test_our_own_raw_dataset_comes_back_with_its_provenance(tmp_path: Path) -> None:
    problem = make_problem(1)
    completion = make_completion(problem, completion_tokens=9, sampling=Sampling(temperature=0.5, seed=4))
    with RunFolder(tmp_path / "run", make_identity()) as run:
        commit(run, problem, completion, Verdict(score=1.0, verifier="math@1"))
    curate([tmp_path / "run"], "synthetic-1", tmp_path / "data")
    (raw,) = (tmp_path / "data" / "raw").glob("*.parquet")
    import_run([raw], tmp_path / "again")
    reader = RunReader(tmp_path / "again")
    (row,) = reader.table("completions").to_pylist()
    assert (row["response_id"], row["model"], row["completion_tokens"]) == (
        completion.response_id,
        "model",
        9,
    )
    assert json.loads(row["sampling"])["temperature"] == 0.5
    assert reader.problems()["p1"] == problem


def test_an_imported_run_is_scored_by_our_verifiers_beside_the_published_scores(tmp_path: Path) -> None:
    wrong_label = {**RAW, "response_id": "r2", "llm_response": "\\boxed{42}", "score": 0.0}
    import_run([write(tmp_path / "dump.jsonl", RAW, wrong_label)], tmp_path / "run")
    grader = Grader()
    with RunFolder.reopen(tmp_path / "run") as run:
        _, missing = unscored(run, grader)
        score_completions(run, grader, missing, Progress())
    grader.close()
    reader = RunReader(tmp_path / "run")
    assert reader.table("scores", ["score"], "math@1").column(0).to_pylist() == [1.0, 1.0]
    assert sorted(reader.table("scores", ["score"], PUBLISHED).column(0).to_pylist()) == [0.0, 1.0]


def test_a_second_call_finds_everything_there(tmp_path: Path) -> None:
    path = write(tmp_path / "dump.jsonl", RAW, {**RAW, "response_id": "r2"}, RAW)
    first = import_run([path], tmp_path / "run")
    assert (first.responses, first.problems, first.duplicates) == (2, 1, 1)
    progress = Progress()
    second = import_run([path], tmp_path / "run", progress=progress)
    assert (second.responses, progress.before, progress.completions) == (2, 2, 0)
    assert RunReader(tmp_path / "run").table("completions").num_rows == 2


def test_other_files_are_another_run(tmp_path: Path) -> None:
    import_run([write(tmp_path / "a.jsonl", RAW)], tmp_path / "run")
    with pytest.raises(RunMismatch):
        import_run([write(tmp_path / "b.jsonl", {**RAW, "response_id": "r2"})], tmp_path / "run")


def test_one_id_with_two_texts_is_a_conflict(tmp_path: Path) -> None:
    path = write(tmp_path / "dump.jsonl", RAW, {**RAW, "llm_response": "\\boxed{41}"})
    with pytest.raises(Conflict, match="'r1'"):
        import_run([path], tmp_path / "run")


def test_one_problem_id_with_two_golds_is_a_conflict(tmp_path: Path) -> None:
    other = {**RAW, "response_id": "r2", "verification_info": "{'ground_truth': '41'}"}
    with pytest.raises(Conflict, match="'vfm_1'"):
        import_run([write(tmp_path / "dump.jsonl", RAW, other)], tmp_path / "run")


def test_scores_that_no_verdict_can_hold_are_counted_and_left_out(tmp_path: Path) -> None:
    summary = import_run([write(tmp_path / "dump.jsonl", {**RAW, "score": 7.0})], tmp_path / "run")
    assert (summary.odd_scores, summary.published.total()) == (1, 0)


def test_lists_of_another_length_name_the_column(tmp_path: Path) -> None:
    path = write(tmp_path / "openr1.jsonl", {**OPENR1, "finish_reasons": ["stop"]})
    with pytest.raises(MalformedRow, match=r"openr1.jsonl:1: finish_reasons"):
        import_run([path], tmp_path / "run")


def test_files_without_responses_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no responses"):
        import_run([write(tmp_path / "empty.jsonl")], tmp_path / "run")


def test_the_command_counts_malformed_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "dump.jsonl", RAW, {"prompt": "no text"})
    done = genesys("import", path, "--out", tmp_path / "run", "--skip-malformed", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["responses"], report["malformed"]) == (1, 1)
