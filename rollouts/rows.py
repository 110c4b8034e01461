"""Records as rows to commit to a run folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from genesys.rollouts.run_reader import key_of
from genesys.rollouts.spool import SpoolRow
from genesys.schema import Completion, Problem, Verdict


def problem_row(problem: Problem, messages: Iterable[Mapping[str, str]]) -> SpoolRow:
    """A problem with the messages it was put as, as a row to commit."""
    rendered = [{"content": message["content"], "role": message["role"]} for message in messages]
    row = {**problem.to_row(), "problem_digest": problem.digest, "messages": rendered}
    return SpoolRow("problems", problem.problem_id, row)


def completion_row(problem: Problem, completion: Completion) -> SpoolRow:
    """A completion as a row to commit."""
    digests = {"problem_digest": problem.digest, "text_digest": completion.text_digest}
    return SpoolRow("completions", completion.response_id, {**completion.to_row(), **digests})


def score_row(problem: Problem, response_id: str, text_digest: str, verdict: Verdict) -> SpoolRow:
    """A verdict on a response as a row to commit."""
    row = {
        "response_id": response_id,
        "problem_id": problem.problem_id,
        "text_digest": text_digest,
        "problem_digest": problem.digest,
        **verdict.to_row(),
    }
    return SpoolRow("scores", key_of("scores", row), row)
