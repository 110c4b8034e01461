"""The key is in the header and nowhere else."""

from __future__ import annotations

import logging
import pickle

import pytest
from asking import said, using
from chat_server import Asked, ChatServer, Fault
from hypothesis import given
from hypothesis import strategies as st

from genesys.errors import ConfigurationError, EndpointError, EndpointUnreachable, RequestRefused
from genesys.openai_client import ClientSettings, Endpoint, OpenAIClient
from genesys.openai_client.redaction import LONGEST, scrubbed, words_of

KEY = "k3y/with+odd=characters"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_OF_TESTS", KEY)


def test_it_is_sent_where_there_is_one() -> None:
    with ChatServer(key=KEY) as server:
        assert using(server.url, work=lambda client: said(client, "q"), key_env="KEY_OF_TESTS")[0] == "echo q"
    with ChatServer() as server:
        using(server.url, work=lambda client: said(client, "q"), key_env="NO_SUCH_VARIABLE")
        assert "authorization" not in server.asked[0].headers


def test_it_is_read_anew_for_each_request(monkeypatch: pytest.MonkeyPatch) -> None:
    async def twice(client: OpenAIClient) -> None:
        await said(client, "one")
        monkeypatch.setenv("KEY_OF_TESTS", "another-key")
        await said(client, "two")

    with ChatServer() as server:
        using(server.url, work=twice, key_env="KEY_OF_TESTS")
        keys = [asked.headers["authorization"] for asked in server.asked]
    assert keys == [f"Bearer {KEY}", "Bearer another-key"]


@pytest.mark.parametrize("status", [400, 401, 500])
def test_a_server_that_repeats_it_does_not_get_it_into_errors_and_logs(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    def repeat(asked: Asked) -> Fault:
        return Fault(kind="status", status=status, message=f"bad: {asked.headers['authorization']}, {KEY}")

    caplog.set_level(logging.DEBUG)
    with ChatServer(faults=repeat) as server, pytest.raises(EndpointError) as caught:
        using(server.url, work=lambda client: said(client, "q"), key_env="KEY_OF_TESTS", attempts=1)
    assert "[key]" in str(caught.value)
    assert KEY not in str(caught.value) + repr(caught.value) + caplog.text
    assert KEY.encode() not in pickle.dumps(caught.value)


def test_no_object_shows_it() -> None:
    endpoint = Endpoint(url="http://a/v1", key_env="KEY_OF_TESTS")
    settings = ClientSettings(endpoints=(endpoint,))
    client = OpenAIClient(settings)
    shown = repr([endpoint, settings, client, client.ledger, vars(client), client.ledger.snapshot()])
    assert KEY not in shown


@pytest.mark.parametrize("bad", ["two words", "line\nbreak", "ümlaut"])
def test_one_that_no_header_carries_is_refused_without_showing_it(
    bad: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_OF_TESTS", bad)
    with ChatServer() as server, pytest.raises(ConfigurationError, match="KEY_OF_TESTS") as caught:
        using(server.url, work=lambda client: said(client, "q"), key_env="KEY_OF_TESTS")
    assert bad not in str(caught.value)


def test_a_redirect_does_not_take_it_along() -> None:
    with (
        ChatServer() as elsewhere,
        ChatServer(faults=lambda asked: Fault(kind="status", status=307)) as server,
    ):
        with pytest.raises(RequestRefused, match="redirects elsewhere"):
            using(server.url, work=lambda client: said(client, "q"), key_env="KEY_OF_TESTS")
        assert not elsewhere.asked


def test_what_a_server_says_is_bounded_and_on_one_line() -> None:
    fault = Fault(kind="status", status=500, message="words\n\x1b[31m " * 10_000)
    with ChatServer(faults=lambda asked: fault) as server, pytest.raises(EndpointUnreachable) as caught:
        using(server.url, work=lambda client: said(client, "q"), attempts=1)
    assert len(caught.value.fault) < LONGEST + 100
    assert caught.value.fault.isprintable()


@given(st.text(), st.text(alphabet='abcdef0123456789/+="\\', min_size=8))
def test_scrubbing_never_leaves_a_key(text: str, key: str) -> None:
    assert key not in scrubbed(f"{text}{key}{text}", key)
    assert len(scrubbed(text * 50, key)) <= LONGEST + 1


@given(st.binary())
def test_any_body_has_words(body: bytes) -> None:
    assert words_of(body, "secret-key")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": {"message": "no", "code": 3}}', "no"),
        (b'{"error": "no"}', "no"),
        (b'{"detail": [{"loc": ["n"]}]}', '[{"loc": ["n"]}]'),
        (b'{"object": "error", "message": "no"}', "no"),
        (b"<html>no</html>", "<html>no</html>"),
        (b"", "nothing"),
        (
            b'{"error": {"message": "Incorrect API key provided: sk-abc***xyz."}}',
            "Incorrect API key provided: [key]",
        ),
    ],
)
def test_the_words_of_refusals_are_found(body: bytes, words: str) -> None:
    assert words_of(body, None) == words
