from __future__ import annotations

import pytest
from runs import make_completion, make_problem

from genesys.rollouts.progress import Progress
from genesys.schema import Verdict


def test_nothing_is_promised_before_there_is_a_pace() -> None:
    progress = Progress(planned=10)
    assert progress.seconds_left(0) is None
    assert progress.pass_rate is None
    assert Progress().seconds_left(5) is None


def test_the_time_left_follows_the_pace_of_this_call() -> None:
    progress = Progress(planned=100, before=50)
    progress.started -= 10
    assert progress.seconds_left(25) == pytest.approx(10, rel=0.1)


def test_unscorable_verdicts_do_not_lower_the_pass_rate() -> None:
    progress, problem = Progress(), make_problem(1)
    for verdict in (Verdict.right(), Verdict.wrong("no_answer"), Verdict.unscorable("needs_judge")):
        progress.verified_one(problem, verdict)
    assert (progress.verified, progress.unscorable, progress.pass_rate) == (3, 1, 0.5)


def test_truncated_completions_are_counted() -> None:
    progress, problem = Progress(), make_problem(1)
    progress.committed(make_completion(problem, finish_reason="length"))
    progress.committed(make_completion(problem, index=1, completion_tokens=None))
    assert (progress.completions, progress.truncated, progress.tokens) == (2, 1, 7)
