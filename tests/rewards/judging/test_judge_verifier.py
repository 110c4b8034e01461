"""A judge as a verifier: what becomes of its replies, of failures, and of a second look."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from chat_server import Asked, Fault
from judge_stub import Start, judging, question, reply_json, shown_to

from genesys.rewards import Grader, VerifierSpec, verifier_spec
from genesys.rewards.judging import JudgeVerifier
from genesys.testing import check_verifier

GOLD = "blue light\nis scattered"
QUICK = "attempts = 2\npatience = 0\ntimeout = 5"


def test_points_over_a_hundred_are_the_score(judge: Start, grader: Grader) -> None:
    judge()
    verdict = grader.verify(question(), "<think>hm</think>blue light")
    assert (verdict.score, verdict.cause) == (0.5, "short_of_gold")
    assert verdict.info["points"] == 50
    assert (verdict.info["rubric"], verdict.info["model"]) == ("similarity@1", "test-judge")
    assert grader.verify(question(), GOLD).score == 1.0


def test_the_model_is_in_the_key_and_the_endpoint_is_not(judge: Start) -> None:
    judge()
    first = verifier_spec("judge")
    judge()
    assert verifier_spec("judge") == first
    assert json.loads(first.params) == {"model": "test-judge"}
    assert verifier_spec("judge", {"model": "other"}).key != first.key


def test_it_keeps_the_contract_of_verifiers(judge: Start) -> None:
    judge()
    check_verifier(
        verifier_spec("judge").build(), question(), right=[GOLD, f"<think>.</think>{GOLD}"], wrong=["", "red"]
    )


def test_without_a_judge_there_is_no_score_and_a_remedy(grader: Grader) -> None:
    verdict = grader.verify(question(), GOLD)
    assert (verdict.score, verdict.cause, verdict.verifier) == (None, "judge_unconfigured", "judge@1")


def test_a_judge_that_is_configured_later_is_asked(judge: Start, grader: Grader) -> None:
    assert grader.verify(question(), GOLD).cause == "judge_unconfigured"
    judge()
    assert grader.verify(question(), GOLD).score == 1.0


def test_a_verifier_of_another_model_than_the_configured_one_is_not_served(
    judge: Start, grader: Grader
) -> None:
    judge()
    verdict = grader.verify(question(), GOLD, verifier=verifier_spec("judge", {"model": "other"}))
    assert verdict.cause == "judge_unconfigured"
    assert verdict.info["configured"] == ["test-judge"]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "no_answer"),
        ("<think>so", "truncated"),
        ("<think>x</think> \n", "no_answer"),
        ("\u200b\u2060", "no_answer"),
    ],
)
def test_where_there_is_no_answer_nobody_is_asked(
    judge: Start, grader: Grader, text: str, cause: str
) -> None:
    server = judge()
    assert (grader.verify(question(), text).score, grader.verify(question(), text).cause) == (0.0, cause)
    assert not server.asked


def test_a_problem_without_reference_is_a_bad_gold(judge: Start, grader: Grader) -> None:
    server = judge()
    assert grader.verify(question(gold=" "), "blue").cause == "bad_gold"
    assert not server.asked


def test_the_reasoning_is_not_shown_and_the_instructions_are(judge: Start, grader: Grader) -> None:
    server = judge()
    problem = question(verification_info={"judging_instructions": "Rayleigh matters"})
    grader.verify(problem, "<think>SECRET</think>blue light")
    sent = json.dumps(server.asked[0].body)
    assert "SECRET" not in sent
    assert shown_to(server.asked[0]).blocks["NOTES"] == "Rayleigh matters"


def test_soundness_sees_the_reasoning(judge: Start, grader: Grader) -> None:
    server = judge(judging(lambda shown: "FLAWED"))
    spec = verifier_spec("judge", {"rubric": "soundness"})
    verdict = grader.verify(question(), "<think>a guess</think>blue light", verifier=spec)
    assert (verdict.score, verdict.cause) == (0.0, "unsound_reasoning")
    assert "a guess" in shown_to(server.asked[0]).candidate


def test_a_problem_names_its_rubric(judge: Start, grader: Grader) -> None:
    judge()
    problem = question(verification_info={"rubric": "similarity-code"})
    assert grader.verify(problem, "blue light").info["rubric"] == "similarity-code@1"
    unknown = question(verification_info={"rubric": "../../etc/passwd"})
    assert grader.verify(unknown, "blue light").cause == "unsupported"


def test_the_same_question_is_asked_once_ever(judge: Start) -> None:
    server = judge()
    for _ in range(2):  # the second grader finds what the first has left on disk
        grader = Grader()
        assert [one.score for one in grader.verify_batch([question()] * 20, ["blue light"] * 20)] == [
            0.5
        ] * 20
        grader.close()
    assert len(server.asked) == 1


def test_a_thread_a_task_and_a_batch_see_one_float(judge: Start, grader: Grader) -> None:
    judge()
    first = grader.verify(question(), "blue light").content()
    with ThreadPoolExecutor(4) as threads:
        assert {
            one.content() for one in threads.map(grader.verify, [question()] * 4, ["blue light"] * 4)
        } == {first}
    assert asyncio.run(grader.averify(question(), "blue light")).content() == first
    spec = verifier_spec("judge")
    assert spec.build().verify(question(), "blue light").content() == first


def test_an_unreachable_judge_is_nobodys_fault_and_asked_again(judge: Start, grader: Grader) -> None:
    server = judge(settings=QUICK)
    server.stop()
    verdict = grader.verify(question(), GOLD)
    assert (verdict.score, verdict.cause) == (None, "judge_unreachable")
    server.start()
    grader.close()
    assert grader.verify(question(), GOLD).score == 1.0


def test_a_refusal_is_told_with_the_servers_words(judge: Start, grader: Grader) -> None:
    judge(key="right", settings=QUICK + '\nkey_env = "NO_SUCH_KEY_HERE"')
    verdict = grader.verify(question(), GOLD)
    assert (verdict.cause, verdict.info["status"]) == ("judge_refused", 401)


def bad_then_good(bad: Callable[[Asked], str]) -> Callable[[Asked, int], str]:
    def answer(asked: Asked, index: int) -> str:
        if "EARLIER REPLY" in asked.content:
            return reply_json(shown_to(asked), 70)
        return bad(asked)

    return answer


BAD: dict[str, Callable[[Asked], str]] = {
    "150": lambda asked: reply_json(shown_to(asked), 150),
    "negative": lambda asked: reply_json(shown_to(asked), -1),
    "text": lambda asked: reply_json(shown_to(asked), 5).replace('"score": 5', '"score": "5"'),
    "true": lambda asked: json.dumps({"receipt": shown_to(asked).receipt, "score": True}),
    "infinite": lambda asked: reply_json(shown_to(asked), float("inf")),
    "empty": lambda asked: "",
    "prose": lambda asked: "I would say about 90 points.",
    "unsigned": lambda asked: '{"explanation": "x", "score": 100}',
    "foreign number": lambda asked: '{"receipt": "0123456789abcdef", "score": 100}',
    "broken off": lambda asked: reply_json(shown_to(asked), 100)[:-3],
    "two verdicts": lambda asked: reply_json(shown_to(asked), 100) + reply_json(shown_to(asked), 0),
    "thinking": lambda asked: "<think>" + reply_json(shown_to(asked), 100),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_asked_once_more(judge: Start, grader: Grader, name: str) -> None:
    server = judge(bad_then_good(BAD[name]))
    assert grader.verify(question(), "blue light").score == 0.7
    assert len(server.asked) == 2


@pytest.mark.parametrize("name", BAD)
def test_two_replies_that_cannot_be_read_are_no_score(judge: Start, grader: Grader, name: str) -> None:
    server = judge(lambda asked, index: BAD[name](asked))
    verdict = grader.verify(question(), GOLD)
    assert (verdict.score, verdict.cause) == (None, "judge_unparseable")
    assert len(server.asked) == 2
    grader.verify(question(), GOLD)
    assert len(server.asked) == 4  # a failure is not kept


def test_the_schema_goes_with_the_request_and_binds_the_receipt(judge: Start, grader: Grader) -> None:
    server = judge()
    grader.verify(question(), "blue light")
    schema = server.asked[0].body["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["receipt"]["enum"] == [shown_to(server.asked[0]).receipt]


def test_a_server_that_refuses_schemas_is_asked_without(judge: Start, grader: Grader) -> None:
    def no_schemas(asked: Asked) -> Fault | None:
        return (
            Fault(kind="status", status=400, message="unknown field")
            if "response_format" in asked.body
            else None
        )

    server = judge(faults=no_schemas)
    texts = ["blue light", "is scattered", GOLD]
    assert [grader.verify(question(), text).score for text in texts] == [0.5, 0.5, 1.0]
    assert sum("response_format" in asked.body for asked in server.asked) == 1


def test_samples_give_the_median(judge: Start, grader: Grader) -> None:
    points = iter([10, 90, 60])
    server = judge(judging(lambda shown: next(points)), settings="[verifier]\nsamples = 3\ntemperature = 0.7")
    verdict = grader.verify(question(), "blue light")
    assert verdict.score == 0.6
    assert sorted(verdict.info["answers"][0]) == [10, 60, 90]
    assert len({asked.body["seed"] for asked in server.asked}) == 3


def test_a_swapped_question_is_averaged(judge: Start, grader: Grader) -> None:
    def likes_the_first(asked: Asked, index: int) -> str:
        shown = shown_to(asked)
        return reply_json(
            shown, 80 if shown.order.index("CANDIDATE") < shown.order.index("REFERENCE") else 60
        )

    judge(likes_the_first, settings="[verifier]\nswap = true")
    assert grader.verify(question(), "blue light").score == 0.7


def two_judges(first: float | str, second: float | str) -> Callable[[Asked, int], str]:
    def answer(asked: Asked, index: int) -> str:
        return reply_json(shown_to(asked), first if asked.body["model"] == "test-judge" else second)

    return answer


@pytest.mark.parametrize(
    ("first", "second", "score", "cause"),
    [(80, 85, 0.8, "short_of_gold"), (95, 88, 0.88, "short_of_gold"), (20, 90, None, "judge_disagreement")],
)
def test_two_judges_must_agree_and_the_lower_counts(
    judge: Start, grader: Grader, first: float, second: float, score: float | None, cause: str, tmp_path: Path
) -> None:
    server = judge(two_judges(first, second))
    path = tmp_path / "judge-0.toml"
    path.write_text(path.read_text() + f'\n[second]\nmodel = "other-judge"\nendpoints = ["{server.url}"]')
    verdict = grader.verify(question(), "blue light")
    assert (verdict.score, verdict.cause) == (score, cause)
    assert verdict.info["second"]["points"] == second


def test_an_ambiguous_word_is_no_score(judge: Start, grader: Grader) -> None:
    judge(judging(lambda shown: "AMBIGUOUS"))
    spec = verifier_spec("judge", {"rubric": "equivalence"})
    assert grader.verify(question(), "blue", verifier=spec).cause == "judge_ambiguous"


def test_a_tie_of_words_is_a_disagreement(judge: Start, grader: Grader) -> None:
    words = iter(["EQUIVALENT", "DIFFERENT"])
    judge(judging(lambda shown: next(words)), settings="[verifier]\nsamples = 2\ntemperature = 1")
    spec = verifier_spec("judge", {"rubric": "equivalence"})
    assert grader.verify(question(), "blue", verifier=spec).cause == "judge_disagreement"


def test_one_sample_that_fails_leaves_the_verdict_open_and_the_others_are_kept(
    judge: Start, grader: Grader
) -> None:
    failing = [True]

    def faults(asked: Asked) -> Fault | None:
        return Fault(kind="status", status=500) if failing[0] and asked.body["seed"] == worst else None

    worst = sample_seed(0)
    server = judge(faults=faults, settings=QUICK + "\n[verifier]\nsamples = 3\ntemperature = 0.7")
    assert grader.verify(question(), "blue light").cause == "judge_unreachable"
    failing[0] = False
    before = {asked.body["seed"] for asked in server.asked if asked.body["seed"] != worst}
    count = len(server.asked)
    grader.close()
    assert grader.verify(question(), "blue light").score == 0.5
    assert not before & {asked.body["seed"] for asked in server.asked[count:]}


def sample_seed(number: int) -> int:
    from genesys.rewards.judging.question import Question
    from genesys.rewards.judging.rendering import render
    from genesys.rewards.judging.rubric import rubric_named

    rubric = rubric_named("similarity")
    made = Question(
        rubric=rubric,
        asked=render(rubric, question(), "blue light"),
        model="test-judge",
        settings=JudgeVerifier(model="test-judge", samples=3, temperature=0.7),
        sample=number,
    )
    seed: int = made.body("off")["seed"]
    return seed


def test_specifications_pass_through_json(judge: Start) -> None:
    judge(settings='[verifier]\nrequest = {reasoning_effort = "low"}')
    spec = verifier_spec("judge")
    assert VerifierSpec.from_json(json.loads(json.dumps(vars(spec)))).build() == spec.build()
    body: Any = spec.build()
    assert body.extra() == {"reasoning_effort": "low"}
