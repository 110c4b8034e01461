from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from grader_children import verify_in_child
from odd_verifiers import AsyncVerifier, OddVerifier

from genesys.errors import ConfigurationError, VerifierError
from genesys.rewards import Grader, Limits, VerifierSpec, grader
from genesys.schema import Problem, Verdict

ODD = VerifierSpec.of(OddVerifier())


def problem(gold: str = "42") -> Problem:
    return Problem(
        problem_id=f"p-{gold}",
        source="test",
        task_type="odd",
        prompt="?",
        verification_info={"ground_truth": gold},
    )


@pytest.fixture(scope="module")
def tight() -> Iterator[Grader]:
    """A grader whose limits are reached soon."""
    limits = Limits(cpu_seconds=0.2, wall_seconds=1.5, memory_bytes=1 << 30)
    made = Grader({"odd": ODD}, workers=2, limits=limits)
    yield made
    made.close()


def test_the_verdict_is_stamped_with_verifier_and_cost(tight: Grader) -> None:
    verdict = tight.verify(problem(), "42")
    assert verdict.score == 1.0
    assert verdict.verifier == "odd@1"
    assert verdict.cost["seconds"] > 0


def test_parameters_that_differ_from_the_defaults_show_in_the_key() -> None:
    assert VerifierSpec.of(OddVerifier(strict=True)).key.startswith("odd@1+")


def test_an_answer_that_burns_cpu_over_a_cheap_gold_is_wrong(tight: Grader) -> None:
    verdict = tight.verify(problem(), "burn")
    assert (verdict.score, verdict.cause) == (0.0, "answer_too_complex")


def test_a_gold_that_burns_cpu_itself_is_a_bad_gold(tight: Grader) -> None:
    verdict = tight.verify(problem("burn"), "7")
    assert (verdict.score, verdict.cause) == (None, "bad_gold")


def test_an_answer_that_fills_memory_is_wrong(tight: Grader) -> None:
    assert tight.verify(problem(), "memory").cause == "answer_too_complex"


def test_an_answer_that_crashes_its_worker_is_wrong_and_the_grader_goes_on(tight: Grader) -> None:
    assert tight.verify(problem(), "crash").cause == "answer_too_complex"
    assert tight.verify(problem(), "42").score == 1.0


def test_a_worker_that_sleeps_is_nobodys_fault(tight: Grader) -> None:
    verdict = tight.verify(problem(), "sleep")
    assert (verdict.score, verdict.cause) == (None, "verifier_failed")


def test_an_exception_in_a_verifier_is_unscorable_and_names_it(tight: Grader) -> None:
    verdict = tight.verify(problem(), "raise")
    assert verdict.cause == "verifier_failed"
    assert verdict.info["error"] == "RuntimeError: a defect"


def test_an_unknown_task_type_is_unsupported() -> None:
    stranger = Problem(problem_id="x", source="test", task_type="chess", prompt="?", verification_info={})
    assert grader().verify(stranger, "e4").cause == "unsupported"


def test_a_batch_keeps_its_order_whatever_ends_first(tight: Grader) -> None:
    texts = ["nap 0.3", "42", "raise", "41"]
    verdicts = tight.verify_batch([problem()] * 4, texts)
    assert [verdict.score for verdict in verdicts] == [1.0, 1.0, None, 0.0]


def test_a_batch_runs_on_several_workers_at_once(tight: Grader) -> None:
    pids = {verdict.info["pid"] for verdict in tight.verify_batch([problem()] * 4, ["nap 0.4"] * 4)}
    assert len(pids) == 2


def test_a_batch_of_unequal_lengths_is_refused(tight: Grader) -> None:
    with pytest.raises(ConfigurationError, match="1 problems but 2 texts"):
        tight.verify_batch([problem()], ["a", "b"])


def test_remote_verifiers_wait_together(tight: Grader) -> None:
    spec = VerifierSpec.of(AsyncVerifier())
    verdicts = tight.verify_batch([problem()] * 3, ["a", "down", "c"], verifier=spec)
    assert [verdict.cause for verdict in verdicts] == [None, "judge_unreachable", None]


def test_a_running_loop_is_served_by_both_doors(tight: Grader) -> None:
    async def both() -> tuple[Verdict, Verdict]:
        return await tight.averify(problem(), "42"), tight.verify(problem(), "42")

    first, second = asyncio.run(both())
    assert first.content() == second.content()


def test_a_cancelled_caller_leaves_the_grader_in_order(tight: Grader) -> None:
    async def give_up() -> Verdict:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(tight.averify(problem(), "sleep"), 0.1)
        return await tight.averify(problem(), "42")

    assert asyncio.run(give_up()).score == 1.0


def test_the_process_that_forks_workers_may_die() -> None:
    ours = Grader({"odd": ODD}, workers=1)
    assert ours.verify(problem(), "42").score == 1.0
    backend: Any = ours._engine._backends["worker"]  # type: ignore[union-attr]  # reached on purpose
    os.kill(backend._nursery._process.pid, signal.SIGKILL)
    time.sleep(0.1)
    assert ours.verify(problem(), "42").score == 1.0
    ours.close()


def test_a_worker_that_somebody_else_kills_is_nobodys_fault(tight: Grader) -> None:
    verdict = tight.verify(problem(), "kill me")
    assert (verdict.score, verdict.cause) == (None, "verifier_failed")


@pytest.mark.parametrize("text", ["nan", "set"])
def test_an_info_that_json_cannot_hold_is_the_verifiers_fault(tight: Grader, text: str) -> None:
    verdict = tight.verify(problem(), text)
    assert (verdict.score, verdict.cause) == (None, "verifier_failed")


def test_a_gold_that_could_not_be_checked_is_not_called_bad(tight: Grader) -> None:
    with pytest.raises(VerifierError, match="kill"):
        tight.check_gold(problem("kill me"))


def test_closing_with_work_under_way_leaves_nothing_behind() -> None:
    ours = Grader({"odd": ODD}, workers=1)
    futures = [ours.submit(problem(), "nap 5") for _ in range(3)]
    ours.close()
    assert all(future.cancelled() for future in futures)
    assert [ours.verify(problem(), "42").score for _ in range(3)] == [1.0, 1.0, 1.0]
    ours.close()


def test_waiting_on_the_graders_own_thread_is_refused(tight: Grader) -> None:
    caught: list[BaseException] = []

    def again(_: object) -> None:
        try:
            tight.verify(problem(), "nap 0")
        except ConfigurationError as error:
            caught.append(error)

    future = tight.submit(problem(), "nap 0.1")
    future.add_done_callback(again)
    future.result()
    for _ in range(200):
        if caught:
            break
        time.sleep(0.01)
    assert "averify" in str(caught[0])


def test_a_process_with_thousands_of_open_files_is_served() -> None:
    code = (
        "import os, resource; resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096)); "
        "held = [os.open('/dev/null', os.O_RDONLY) for _ in range(1500)]; "
        "from genesys.rewards import verify; from genesys.schema import Problem; "
        "p = Problem(problem_id='p', source='s', task_type='verifiable_math', prompt='?', "
        "verification_info={'ground_truth': 'x^2-1'}); "
        "print(verify(p, '\\\\boxed{(x-1)(x+1)}', verifier='math-verify').score)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "1.0", done.stderr


def test_a_grader_of_ones_own_works_in_a_forked_child(tight: Grader) -> None:
    tight.verify(problem(), "nap 0")
    pid = os.fork()
    if pid == 0:
        os._exit(0 if tight.verify(problem(), "nap 0").score == 1.0 else 1)
    assert os.waitpid(pid, 0)[1] == 0


def test_no_worker_outlives_a_closed_grader() -> None:
    ours = Grader({"odd": ODD}, workers=1)
    pid = ours.verify(problem(), "nap 0").info["pid"]
    ours.close()
    with pytest.raises(ProcessLookupError):
        for _ in range(100):
            os.kill(pid, 0)
            time.sleep(0.05)


def test_a_closed_grader_can_be_used_again() -> None:
    ours = Grader({"odd": ODD}, workers=1)
    for _ in range(2):
        assert ours.verify(problem(), "42").score == 1.0
        ours.close()
        ours.close()


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # forking with threads is what is tested
def test_forked_and_spawned_children_get_a_grader_of_their_own(method: str) -> None:
    expected = grader().verify(problem(), "42", verifier=ODD).content()
    context: Any = multiprocessing.get_context(method)  # typeshed leaves Process off the base context
    queue: multiprocessing.Queue[bytes] = context.Queue()
    child = context.Process(target=verify_in_child, args=(queue, problem(), "42", ODD))
    child.start()
    assert queue.get(timeout=60) == expected
    child.join()
