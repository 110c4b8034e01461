"""`genesys doctor` before servers that honour everything, and before others."""

from __future__ import annotations

import json

import pytest
from chat_server import Asked, ChatServer, Fault, Reply
from command_line import genesys

from genesys.cli.doctor_endpoint import endpoint_lines
from genesys.cli.doctor_models import model_lines, nvidia_gpus


def obliging(asked: Asked, index: int) -> Reply:
    if asked.body.get("response_format"):
        return Reply(content='{"ok": true}')
    return Reply(content=f"seven {asked.body.get('seed', '')}", reasoning="hm")


def states(url: str, model: str | None = None) -> dict[str, tuple[bool | None, str]]:
    return {line.name.strip(): (line.ok, line.found) for line in endpoint_lines(url, "NO_KEY", model)}


def test_a_server_that_honours_everything() -> None:
    with ChatServer(obliging, max_model_len=4096) as server:
        found = states(server.url)
    assert "test-model (4,096 tokens)" in found.pop(server.url)[1]
    assert "reasoning in 'reasoning'" in found.pop("test-model")[1]
    assert len(found) == 7
    assert set(found.values()) == {(True, "honoured")}


def test_a_server_that_honours_little() -> None:
    def refuse(asked: Asked) -> Fault | None:
        message = "no schemas"
        return Fault(kind="status", status=400, message=message) if "response_format" in asked.body else None

    with ChatServer(faults=refuse, honours_n=False, sends_tokens=False, tokenizes=False) as server:
        found = states(server.url)
    assert found["n in one request"] == (None, "ignored: 1 of 2 choices")
    assert found["seed"] == (None, "unknown: all seeds gave one text")
    assert found["logprobs"] == found["token ids"] == (None, "ignored")
    assert "no schemas" in found["JSON schema"][1]
    assert "404" in found["rendering (/tokenize)"][1]
    assert found["streaming"] == (True, "honoured")


def test_seeds_that_change_nothing_between_two_requests_are_found_out() -> None:
    with ChatServer(lambda asked, index: f"{asked.number}") as server:
        assert states(server.url)["seed"] == (None, "ignored: the same seed gave another text")


def test_a_model_that_the_server_does_not_have() -> None:
    with ChatServer() as server:
        ok, found = states(server.url, "another")["another"]
    assert ok is False
    assert "`another` does not exist" in found


def test_the_command_ends_with_1_where_nothing_answers_and_with_2_where_nothing_could() -> None:
    done = genesys("doctor", "--endpoint", "http://127.0.0.1:9/v1", "--json")
    assert done.returncode == 1
    assert "ConnectError" in json.loads(done.stdout)["lines"][0]["found"]
    done = genesys("doctor", "--endpoint", "localhost")
    assert done.returncode == 2
    assert "no http or https address" in done.stderr


def test_gpus_are_told_as_the_driver_lists_them(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("bin")
    tool = folder / "nvidia-smi"
    tool.write_text("#!/bin/sh\nfor i in 1 2; do echo 'NVIDIA H200, 143771, 570.1'; done\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    assert nvidia_gpus() == ["NVIDIA H200, 140 GiB, driver 570.1"] * 2
    lines = {line.name: line for line in model_lines()}
    assert lines["GPUs"].found == "2 x NVIDIA H200, 140 GiB, driver 570.1"
    assert "vLLM" in lines


def test_a_driver_that_fails_is_no_gpu(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("bin")
    (folder / "nvidia-smi").write_text("#!/bin/sh\nexit 9\n")
    (folder / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    assert nvidia_gpus() == []
