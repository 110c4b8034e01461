"""The server sampler against a real server on loopback, with its habits and its moods."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from chat_server import Asked, ChatServer, Fault, FaultMix, Reply

from genesys.errors import ConfigurationError, SamplerError, UnknownName
from genesys.rollouts.sampler import SAMPLERS, Prefix, Sample, SampleRequest, SamplerSettings
from genesys.rollouts.samplers.server_sampler import ServerSampler
from genesys.schema import Sampling
from genesys.testing import check_sampler

OPENED = "<think>\n"


def sampler(server: ChatServer, max_tokens: int = 64, **options: Any) -> ServerSampler:
    return ServerSampler("test-model", Sampling(max_tokens=max_tokens), endpoints=server.url, **options)


def request_for(question: str, count: int = 1, first: int = 0, **fields: Any) -> SampleRequest:
    return SampleRequest(
        problem_id=question,
        messages=({"role": "user", "content": question},),
        sample_indices=tuple(range(first, first + count)),
        seeds=tuple(range(1000 + first, 1000 + first + count)),
        **fields,
    )


def ask(made: ServerSampler, *requests: SampleRequest) -> list[Sample]:
    async def one(request: SampleRequest) -> list[Sample]:
        return [sample async for sample in made.sample(request)]

    async def all_of() -> list[Sample]:
        try:
            answers = await asyncio.gather(*map(one, requests))
            return [sample for samples in answers for sample in samples]
        finally:
            await made.aclose()

    return sorted(asyncio.run(all_of()), key=lambda sample: (sample.problem_id, sample.sample_index))


def texts(samples: Sequence[Sample]) -> list[str]:
    return [sample.text for sample in samples]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"stream": True},
        {"keep_tokens": True},
        {"keep_tokens": True, "stream": True},
        {"repetition": True},
    ],
)
def test_it_keeps_the_contract_of_samplers(options: dict[str, Any]) -> None:
    with ChatServer(lambda asked, index: f"{asked.content} has {index} words more than one") as server:
        check_sampler(sampler(server, **options), [request_for("one", 3), request_for("two", 2, first=4)])


def test_it_is_registered_and_takes_a_list_of_endpoints() -> None:
    assert "server" in SAMPLERS
    with ChatServer() as one, ChatServer() as two:
        options = {"endpoints": [one.url, {"url": two.url, "weight": 2.0}]}
        settings = SamplerSettings(name="server", model="auto", sampling=Sampling(), options=options)
        made = settings.build()
        assert isinstance(made, ServerSampler)
        ask(made, *(request_for(f"q{number}") for number in range(12)))
        assert made.model == "test-model"
        assert len(two.asked) > len(one.asked) > 0


def test_the_samples_of_a_problem_are_one_request_with_one_seed() -> None:
    with ChatServer(lambda asked, index: f"{asked.body['seed'] + index}") as server:
        made = ask(sampler(server), request_for("q", 3, first=2))
        assert texts(made) == ["1002", "1003", "1004"]
        assert [(asked.body["n"], asked.body["seed"]) for asked in server.asked] == [(3, 1002)]


def test_samples_with_a_gap_between_them_are_asked_with_their_own_seeds() -> None:
    request = SampleRequest(
        problem_id="q",
        messages=({"role": "user", "content": "q"},),
        sample_indices=(0, 1, 5),
        seeds=(7, 8, 12),
    )
    with ChatServer(lambda asked, index: f"{asked.body['seed'] + index}") as server:
        assert texts(ask(sampler(server), request)) == ["7", "8", "12"]
        assert len(server.asked) == 2


@pytest.mark.parametrize("stream", [False, True])
def test_a_server_that_ignores_n_is_asked_one_by_one(stream: bool) -> None:
    with ChatServer(lambda asked, index: str(asked.body["seed"]), honours_n=False) as server:
        made = sampler(server, stream=stream)
        samples = ask(made, request_for("q", 4))
        assert texts(samples) == ["1000", "1001", "1002", "1003"]
        assert len(server.asked) == 4


def test_a_server_that_refuses_n_is_asked_one_by_one() -> None:
    def only_one(asked: Asked) -> Fault | None:
        return Fault(kind="status", status=400, message="n must be 1") if asked.body.get("n") else None

    with ChatServer(lambda asked, index: str(asked.body["seed"]), faults=only_one) as server:
        assert texts(ask(sampler(server), request_for("q", 2))) == ["1000", "1001"]


CASES = {
    "all in the text": (Reply(content="<think>six</think>42"), "", "<think>six</think>42"),
    "no reasoning": (Reply(content="42"), "", "42"),
    "opened by the template": (Reply(content="six</think>42"), OPENED, f"{OPENED}six</think>42"),
    "a field of its own": (Reply(content="42", reasoning="six"), "", "<think>six</think>42"),
    "a field, opened by the template": (Reply(content="42", reasoning="six"), OPENED, "<think>six</think>42"),
    "an empty field": (Reply(content="42", reasoning=""), OPENED, "42"),
    "cut off in its field": (
        Reply(content=None, reasoning="six", finish_reason="length"),
        OPENED,
        "<think>six",
    ),
    "cut off in the text": (Reply(content="six", finish_reason="length"), OPENED, f"{OPENED}six"),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
@pytest.mark.parametrize("case", CASES)
def test_samples_are_canonical_wherever_the_reasoning_is(case: str, field: str, stream: bool) -> None:
    reply, opens, text = CASES[case]
    with ChatServer(lambda asked, index: reply, opens=opens, reasoning_field=field) as server:
        assert texts(ask(sampler(server, stream=stream), request_for("q"))) == [text]


def test_an_answer_without_reasoning_from_a_server_that_separates_it_is_no_truncated_think() -> None:
    def answer(asked: Asked, index: int) -> Reply:
        return Reply(content="42", reasoning="six" if asked.content == "hard" else None)

    with ChatServer(answer, opens=OPENED) as server:
        made = sampler(server, concurrency=1)
        hard, easy = ask(made, request_for("hard"), request_for("easy"))[::-1]
        assert hard.text == "<think>six</think>42"
        assert easy.text == "42"


def test_where_the_server_cannot_say_what_its_template_opens_the_text_does() -> None:
    with ChatServer(lambda asked, index: "six</think>42", tokenizes=False) as server:
        assert texts(ask(sampler(server), request_for("q"))) == [f"{OPENED}six</think>42"]
    with ChatServer(
        lambda asked, index: Reply(content="six", finish_reason="length"), tokenizes=False
    ) as server:
        assert texts(ask(sampler(server, template_opens=OPENED), request_for("q"))) == [f"{OPENED}six"]


def test_an_opening_is_given_to_a_template_that_has_none() -> None:
    with ChatServer(lambda asked, index: f"said {asked.body['prompt'][-8:]}") as server:
        (sample,) = ask(sampler(server), request_for("q", opening=OPENED))
        asked = server.asked[-1]
        assert asked.content == f"user: q\nassistant: {OPENED}"
        assert sample.text.startswith(OPENED)
        assert sample.prompt_tokens == len(asked.content)


def test_an_opening_is_left_to_a_template_that_writes_it() -> None:
    with ChatServer(lambda asked, index: "six</think>42", opens=OPENED) as server:
        (sample,) = ask(sampler(server), request_for("q", opening=OPENED))
        assert server.asked[-1].chat
        assert sample.text == f"{OPENED}six</think>42"


def test_a_server_that_cannot_say_how_it_renders_is_left_to_its_template(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with ChatServer(lambda asked, index: Reply(content="42", reasoning="six"), tokenizes=False) as server:
        samples = ask(sampler(server), request_for("q", 2, opening=OPENED), request_for("r", opening=OPENED))
    assert set(texts(samples)) == {"<think>six</think>42"}
    assert [record.message.count("how it renders") for record in caplog.records] == [1]


def test_a_server_that_cannot_say_how_it_renders_continues_nothing() -> None:
    with ChatServer(tokenizes=False) as server, pytest.raises(SamplerError, match="how it renders"):
        ask(sampler(server), request_for("q", prefix=(Prefix(text=OPENED),)))


@pytest.mark.parametrize("kept", [True, False])
def test_a_truncated_sample_goes_on_where_it_stopped(kept: bool) -> None:
    said = "let us see"
    ids = tuple(map(ord, said))
    prefix = Prefix(
        text=OPENED + said,
        token_ids=ids if kept else None,
        logprobs=tuple(-0.25 for _ in ids) if kept else None,
        tokens=len(ids),
    )
    with ChatServer(lambda asked, index: " more</think>42", opens=OPENED) as server:
        made = sampler(server, max_tokens=32, keep_tokens=kept)
        (sample,) = ask(made, request_for("q", prefix=(prefix,)))
        asked = server.asked[-1]
    assert asked.content == f"user: q\nassistant: {OPENED}{said}"
    assert asked.body["max_tokens"] == 32 - len(said)
    assert sample.text == f"{OPENED}{said} more</think>42"
    assert sample.completion_tokens == len(said) + 1
    assert (sample.token_ids or ())[: len(ids)] == (ids if kept else ())
    assert len(sample.logprobs or ()) == (len(said) + 1 if kept else 0)


def test_each_sample_has_its_tokens_of_the_sum() -> None:
    def answer(asked: Asked, index: int) -> Reply:
        return Reply(content="word " * (10 * (index + 1)), tokens=10 * (index + 1))

    with ChatServer(answer) as server:
        counts = [sample.completion_tokens for sample in ask(sampler(server), request_for("q", 3))]
    assert counts == [10, 20, 30]


def test_a_loop_is_not_waited_for() -> None:
    loop = "and so on, as we said before, " * 2000

    def answer(asked: Asked, index: int) -> str:
        return loop if asked.content == "loop" else "42"

    with ChatServer(answer) as server:
        made = sampler(server, max_tokens=20_000, repetition=True)
        plain, looped = ask(made, request_for("fine", 2), request_for("loop"))[1:]
        assert plain.finish_reason == "stop"
        assert looped.finish_reason == "repetition"
        assert len(looped.text) < len(loop) / 4
        assert made.settings["repetition"]["window"] > 0
        server.wait_for(lambda: server.broken_off == 1)


def test_samples_arrive_as_they_end() -> None:
    def answer(asked: Asked, index: int) -> str:
        return "word " * (1 if index == 0 else 200)

    async def first_one(made: ServerSampler) -> int:
        samples = made.sample(request_for("q", 2))
        first = await anext(samples)
        await samples.aclose()
        await made.aclose()
        return first.sample_index

    with ChatServer(answer, word_seconds=0.01, owner="vllm", counts_each=True) as server:
        assert asyncio.run(first_one(sampler(server, stream=True, max_tokens=400))) == 0
        server.wait_for(lambda: server.broken_off == 1)


@pytest.mark.parametrize("stream", [False, True])
def test_every_request_ends_through_all_faults(stream: bool) -> None:
    mix = FaultMix(3, {"429_retry_after": 0.1, "500": 0.1, "reset": 0.1, "reset_body": 0.1, "truncated": 0.1})
    with ChatServer(faults=mix) as server:
        made = sampler(server, stream=stream, attempts=12)
        samples = ask(made, *(request_for(f"q{number}", 2) for number in range(40)))
        assert texts(samples) == [f"echo {sample.problem_id}" for sample in samples]
        assert len(samples) == 80


def test_what_fails_after_all_attempts_is_a_failed_sample_and_the_rest_goes_on() -> None:
    def broken(asked: Asked) -> Fault | None:
        return Fault(kind="status") if asked.content == "bad" else None

    with ChatServer(faults=broken) as server:
        samples = ask(sampler(server, attempts=2), request_for("bad", 2), request_for("good", 2))
    assert [sample.finish_reason for sample in samples] == ["error", "error", "stop", "stop"]


def test_a_prompt_that_the_server_refuses_is_a_failed_sample() -> None:
    def too_long(asked: Asked) -> Fault | None:
        return Fault(kind="status", status=400) if asked.content == "long" else None

    with ChatServer(faults=too_long) as server:
        samples = ask(sampler(server), request_for("long"), request_for("short"))
    assert [sample.finish_reason for sample in samples] == ["error", "stop"]


def test_a_prompt_that_leaves_less_room_than_asked_gets_what_there_is() -> None:
    def too_much(asked: Asked) -> Fault | None:
        room = 100 - len(f"user: {asked.content}\nassistant: ")
        return Fault(kind="status", status=400) if asked.body["max_tokens"] > room else None

    with ChatServer(faults=too_much, max_model_len=100) as server:
        (sample,) = ask(sampler(server, max_tokens=90), request_for("question"))
        assert sample.finish_reason == "stop"
        assert server.asked[-1].body["max_tokens"] == 100 - len("user: question\nassistant: ")


def test_settings_that_the_server_refuses_stop_with_its_words() -> None:
    def refuse(asked: Asked) -> Fault:
        return Fault(kind="status", status=400, message="min_p must be at most 1")

    with ChatServer(faults=refuse) as server, pytest.raises(SamplerError, match="min_p must be at most 1"):
        ask(sampler(server, extra_body={"min_p": 3}), request_for("q", 2))


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"model": "tset-model"}, UnknownName, "Did you mean 'test-model'"),
        ({"max_tokens": 4096}, ConfigurationError, "context of 4096 tokens leaves no room"),
        ({"extra_body": {"temperature": 1}}, ConfigurationError, "option of its own"),
        ({"endpoints": "http://127.0.0.1:9/v1"}, SamplerError, "ConnectError"),
        ({"endpoints": [3]}, ConfigurationError, "cannot be read"),
    ],
)
def test_what_cannot_work_is_said_before_the_first_sample(
    options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with ChatServer(max_model_len=4096) as server:
        given = {"model": "test-model", "endpoints": server.url, "max_tokens": 8, **options}
        sampling = Sampling(max_tokens=given.pop("max_tokens"))
        with pytest.raises(error, match=words):
            ServerSampler(sampling=sampling, **given)


def test_a_missing_key_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THE_KEY", raising=False)
    with ChatServer(key="secret-of-tests") as server:
        with pytest.raises(SamplerError, match="environment variable THE_KEY"):
            sampler(server, key_env="THE_KEY")
        monkeypatch.setenv("THE_KEY", "secret-of-tests")
        assert texts(ask(sampler(server, key_env="THE_KEY"), request_for("q"))) == ["echo q"]


def test_tokens_that_the_server_does_not_send_are_said_at_once() -> None:
    with ChatServer(sends_tokens=False) as server, pytest.raises(SamplerError, match="sends no token ids"):
        ask(sampler(server, keep_tokens=True), request_for("q"))


def test_a_server_that_is_still_loading_is_waited_for() -> None:
    with ChatServer() as server:
        server.stop()
        loading = threading.Timer(0.5, server.start)
        loading.start()
        made = sampler(server, wait=30)
        loading.join()
        assert texts(ask(made, request_for("q"))) == ["echo q"]


def test_a_server_that_comes_back_is_waited_for() -> None:
    async def outage(made: ServerSampler, server: ChatServer) -> list[Sample]:
        async def one(number: int) -> Sample:
            return await anext(made.sample(request_for(f"q{number}")))

        asked = [asyncio.create_task(one(number)) for number in range(40)]
        while not server.answered:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(server.stop)
        await asyncio.sleep(1.5)
        await asyncio.to_thread(server.start)
        samples = await asyncio.gather(*asked)
        await made.aclose()
        return samples

    with ChatServer(seconds=0.2) as server:
        made = sampler(server, concurrency=4, attempts=8)
        samples = asyncio.run(outage(made, server))
        assert texts(samples) == [f"echo q{number}" for number in range(40)]


def test_a_server_that_stays_away_ends_the_harvest() -> None:
    with ChatServer() as server:
        made = sampler(server, attempts=3, patience=0.5)
        server.stop()
        with pytest.raises(SamplerError, match="nothing has come from"):
            ask(made, *(request_for(f"q{number}") for number in range(40)))
