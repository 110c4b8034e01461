"""Verifying responses that exist."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from odd_verifiers import OddVerifier
from runs import make_completion, make_identity, make_problem

from genesys.errors import ConfigurationError, DataError
from genesys.rewards import Grader, Limits, VerifierSpec
from genesys.rollouts.importing import Response, read_responses
from genesys.rollouts.progress import Progress
from genesys.rollouts.run_folder import RunFolder, completion_row
from genesys.rollouts.score_file import ScoreFile
from genesys.rollouts.scoring import ScoreSummary, score_responses, unscored, verified
from genesys.schema import Problem, Verdict

SPEC = VerifierSpec.of(OddVerifier())
PROBLEM = Problem(
    problem_id="p", source="test", task_type="odd", prompt="?", verification_info={"ground_truth": "42"}
)


@pytest.fixture
def grader() -> Iterator[Grader]:
    made = Grader({"odd": SPEC}, workers=2, limits=Limits(wall_seconds=60))
    yield made
    made.close()


def ask(text: str) -> tuple[Problem, str]:
    return PROBLEM, text


def test_verdicts_are_announced_before_their_turn_and_yielded_in_it(grader: Grader) -> None:
    texts = ["nap 2", "42", "7", "42"]
    announced: list[str] = []

    def on_verdict(text: str, verdict: Verdict) -> None:
        announced.append(text)

    yielded = [text for text, _ in verified(texts, ask, grader, on_verdict)]
    assert yielded == texts
    assert announced[-1] == "nap 2"
    assert sorted(announced) == sorted(texts)


def test_what_is_scored_is_kept_when_a_later_row_stops_the_scoring(tmp_path: Path, grader: Grader) -> None:
    rows = [{**PROBLEM.to_row(), "response_id": str(n), "llm_response": "42"} for n in range(5)]
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def and_then_stop() -> Iterator[Response]:
        responses = list(read_responses(path))
        yield from responses[:4]
        grader.verify(PROBLEM, "42")  # when its turn is over, so are most of theirs
        yield responses[4]
        raise ConfigurationError("stopped")

    out = ScoreFile(tmp_path / "out.jsonl", "same")
    progress = Progress()
    with pytest.raises(ConfigurationError):
        score_responses(and_then_stop(), grader, ScoreSummary(), out=out, progress=progress)
    out.close()
    again = ScoreFile(tmp_path / "out.jsonl", "same")
    assert len(again.done) == progress.verified > 0
    again.close()


def test_a_completion_whose_problem_is_lost_is_one_error_that_names_the_remedy(tmp_path: Path) -> None:
    problem = make_problem(1)
    with RunFolder(tmp_path / "run", make_identity()) as run:
        run.commit([completion_row(problem, make_completion(problem))])
    grader = Grader()
    with RunFolder.reopen(tmp_path / "run") as run, pytest.raises(DataError, match="'p1'") as caught:
        unscored(run, grader)
    assert "genesys fsck" in (caught.value.remedy or "")
