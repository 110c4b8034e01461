"""Calls that go well, and what the client keeps of them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from asking import body, said, streamed, using
from chat_server import Asked, ChatServer, Reply

import genesys.openai_client as face
from genesys.errors import ConfigurationError, EndpointUnreachable
from genesys.openai_client import ClientSettings, Endpoint, OpenAIClient


def test_the_face_is_what_is_promised() -> None:
    assert set(face.__all__) == {"ClientSettings", "Endpoint", "Ledger", "OpenAIClient"}


def test_httpx_loads_with_the_first_client() -> None:
    code = "import sys, genesys.openai_client; print('httpx' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"


def test_chat_and_stream_bring_the_same_text_and_the_usage() -> None:
    async def both(client: OpenAIClient) -> tuple[str, str]:
        return await said(client, "two words"), await streamed(client, "two words")

    with ChatServer() as server:
        texts, ledger = using(server.url, work=both, price_prompt=1.0, price_completion=2.0)
    assert texts == ("echo two words", "echo two words")
    assert ledger == {
        "calls": 2,
        "retries": 0,
        "failures": 0,
        "prompt_tokens": 4,
        "completion_tokens": 6,
        "cost": pytest.approx(16e-6),
    }


def test_without_prices_there_is_no_cost() -> None:
    with ChatServer() as server:
        assert using(server.url, work=lambda client: said(client, "q"))[1]["cost"] is None


def test_plain_completions_take_text_and_tokens() -> None:
    async def both(client: OpenAIClient) -> list[str]:
        prompts: list[Any] = ["hi", [104, 105]]
        replies = [await client.complete({"model": "test-model", "prompt": prompt}) for prompt in prompts]
        return [reply["choices"][0]["text"] for reply in replies]

    with ChatServer() as server:
        assert using(server.url, work=both)[0] == ["echo hi", "echo hi"]


def test_what_the_body_says_arrives() -> None:
    seen: list[Asked] = []

    def answer(asked: Asked, index: int) -> Reply:
        seen.append(asked)
        return Reply(content=f"choice {index}")

    async def ask(client: OpenAIClient) -> list[str]:
        reply = await client.chat(body("\ud800 ü", n=2, response_format={"type": "json_object"}))
        return [choice["message"]["content"] for choice in reply["choices"]]

    with ChatServer(answer) as server:
        assert using(server.url, work=ask)[0] == ["choice 0", "choice 1"]
    assert seen[0].content == "\ud800 ü"
    assert seen[0].body["response_format"] == {"type": "json_object"}


def test_paths_beside_the_base_are_reached() -> None:
    async def count(client: OpenAIClient) -> int:
        return int((await client.post("/tokenize", {"model": "test-model", "prompt": "four"}))["count"])

    with ChatServer() as server:
        assert using(server.url, work=count)[0] == 4


def test_models_and_health_of_all_endpoints() -> None:
    async def look(client: OpenAIClient) -> tuple[list[str], dict[str, str]]:
        return await client.models(), await client.health()

    with ChatServer(model="a") as one, ChatServer(model="b") as two:
        two_url = two.url
        (models, health), _ = using(one.url, two.url, work=look)
        assert models == ["a", "b"]
        assert health == {one.url: "ok", two.url: "ok"}
        two.stop()
        (models, health), _ = using(one.url, two_url, work=look)
        assert models == ["a"]
        assert health[one.url] == "ok"
        assert "ConnectError" in health[two_url]


def test_no_endpoint_at_all_is_an_error_that_names_them() -> None:
    with pytest.raises(EndpointUnreachable, match=r"127\.0\.0\.1:9/v1.*ConnectError"):
        using("http://127.0.0.1:9/v1", work=lambda client: client.models())


def test_a_body_that_is_no_json_is_refused_before_it_is_sent() -> None:
    with ChatServer() as server:
        with pytest.raises(ConfigurationError, match="no JSON"):
            using(server.url, work=lambda client: client.chat(body("q", temperature=float("nan"))))
        assert not server.asked


def test_a_stream_that_is_closed_closes_the_connection() -> None:
    async def one_chunk(client: OpenAIClient) -> None:
        stream = client.stream_chat(body("q"))
        await anext(stream)
        await stream.aclose()

    with ChatServer(lambda asked, index: "word " * 500, word_seconds=0.01) as server:
        using(server.url, work=one_chunk)
        server.wait_for(lambda: server.broken_off == 1)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"endpoints": ()}, "no endpoint"),
        ({"concurrency": 0}, "concurrency must be a whole number from 1"),
        ({"attempts": 1.5}, "attempts must be a whole number from 1"),
        ({"timeout": 0}, "timeout must be above 0"),
        ({"requests_per_minute": -1}, "requests_per_minute must be above 0"),
        ({"tokens_per_minute": float("inf")}, "tokens_per_minute must be above 0"),
        ({"price_prompt": -1}, "price_prompt must be at least 0"),
        ({"patience": float("nan")}, "patience must be at least 0"),
    ],
)
def test_nonsense_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        ClientSettings(**{"endpoints": (Endpoint(url="http://a/v1"),), **fields})


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("localhost:8000/v1", "no http or https address"),
        ("ftp://a/v1", "no http or https address"),
        ("http://", "no http or https address"),
        ("http://a:b/v1", "no address"),
        ("http://user:secret-word@a/v1", "carries credentials"),
        ("http://a/v1?key=secret-word", "carries credentials"),
    ],
)
def test_an_address_that_is_none_is_refused_without_showing_secrets(url: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        Endpoint(url=url)
    assert "secret-word" not in str(caught.value)


def test_an_address_is_completed() -> None:
    assert Endpoint(url="http://a:8000").url == "http://a:8000/v1"
    assert Endpoint(url="http://a/v1/").url == "http://a/v1"
    assert Endpoint(url="https://a/api/openai").url == "https://a/api/openai"


@pytest.mark.parametrize("weight", [0, -1, float("inf"), float("nan")])
def test_a_weight_is_a_positive_number(weight: float) -> None:
    with pytest.raises(ConfigurationError, match="weight"):
        Endpoint(url="http://a/v1", weight=weight)


def test_an_endpoint_is_given_once() -> None:
    with pytest.raises(ConfigurationError, match="given twice"):
        ClientSettings(endpoints=(Endpoint(url="http://a/v1"), Endpoint(url="http://a/v1/")))
