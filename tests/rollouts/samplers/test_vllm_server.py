"""vLLM's own server behind the server sampler and behind a judge."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from judge_stub import question
from transformers import AutoTokenizer
from vllm_server import VllmServer

if importlib.util.find_spec("vllm") is None:
    pytest.skip("vLLM is not installed: make vllm", allow_module_level=True)

from genesys.openai_client import ClientSettings, Endpoint, OpenAIClient
from genesys.rewards import Grader
from genesys.rewards.judging import VARIABLE
from genesys.rollouts.collecting import Harvest
from genesys.rollouts.collector import CollectSettings
from genesys.rollouts.run_reader import RunReader
from genesys.rollouts.sampler import Sample, Sampler, SampleRequest, SamplerSettings
from genesys.rollouts.samplers.server_sampler import ServerSampler
from genesys.schema import Sampling
from genesys.testing import check_sampler

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("vllm-server")]

Ask = Callable[..., SampleRequest]
SampleAll = Callable[[Sampler, Sequence[SampleRequest]], dict[tuple[str, int], Sample]]


def sampler(server: VllmServer, tokens: int = 24, **options: Any) -> ServerSampler:
    return ServerSampler(server.model, Sampling(max_tokens=tokens), endpoints=server.url, **options)


@pytest.mark.parametrize("stream", [False, True])
def test_the_server_sampler_keeps_the_contract(vllm_server: VllmServer, ask: Ask, stream: bool) -> None:
    requests = [ask("one", 1, 2, 3), ask("two", 4), ask("three " * 20, 5, 6)]
    check_sampler(sampler(vllm_server, keep_tokens=True, stream=stream), requests)


def test_a_sample_asked_alone_has_the_seed_it_has_in_its_group(
    vllm_server: VllmServer, ask: Ask, sample_all: SampleAll
) -> None:
    group = sample_all(sampler(vllm_server), [ask("why", 7, 8, 9)])
    alone = sample_all(sampler(vllm_server), [ask("why", 9, first=2)])
    assert alone["why", 2].text == group["why", 2].text
    assert len({sample.text for sample in group.values()}) == 3


def test_a_harvest_by_the_server_is_complete_and_verified(vllm_server: VllmServer, tmp_path: Path) -> None:
    options = {"endpoints": vllm_server.url, "keep_tokens": True}
    harvest = Harvest(
        env_id="genesys/output-prediction-v0",
        problems="string-programs:level=0,seed=0,size=20",
        sampler=SamplerSettings(
            name="server", model="auto", sampling=Sampling(max_tokens=32), options=options
        ),
        settings=CollectSettings(n=4),
    )
    progress = asyncio.run(harvest.run(tmp_path / "run"))
    assert (progress.completions, progress.verified, progress.failed) == (80, 80, 0)
    reader = RunReader(tmp_path / "run")
    rows = reader.table("completions").to_pylist()
    assert len({row["response_id"] for row in rows}) == 80
    assert all(len(row["token_ids"]) == len(row["logprobs"]) == row["completion_tokens"] for row in rows)


def test_a_schema_constrains_what_the_model_says(vllm_server: VllmServer) -> None:
    schema = {
        "type": "object",
        "properties": {"points": {"type": "integer", "minimum": 0, "maximum": 100}},
        "required": ["points"],
        "additionalProperties": False,
    }
    body = {
        "model": vllm_server.model,
        "messages": [{"role": "user", "content": "How good?"}],
        "max_tokens": 64,
        "response_format": {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}},
    }

    async def ask_it() -> str:
        client = OpenAIClient(ClientSettings(endpoints=(Endpoint(url=vllm_server.url),)))
        try:
            reply = await client.chat(body)
        finally:
            await client.aclose()
        return str(reply["choices"][0]["message"]["content"])

    points = json.loads(asyncio.run(ask_it()))["points"]
    assert 0 <= points <= 100


def test_a_judge_behind_vllm_is_held_to_the_form_of_its_replies(
    vllm_server: VllmServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that knows nothing gives a verdict all the same: the schema leaves it nothing else to say.

    It may not think in the middle of its explanation, which a random model would.
    """
    tokenizer = AutoTokenizer.from_pretrained(vllm_server.folder)
    unsaid = {str(tokenizer.convert_tokens_to_ids(tag)): -100 for tag in ("<think>", "</think>")}
    request = json.dumps({"seed": 7, "logit_bias": unsaid})
    monkeypatch.setenv("GENESYS_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "judge.toml"
    judge = f'model = "{vllm_server.model}"\nendpoints = ["{vllm_server.url}"]\n'
    path.write_text(judge + f"[verifier]\ntemperature = 1.0\nrequest = '{request}'\n")
    monkeypatch.setenv(VARIABLE, str(path))
    grader = Grader()
    try:
        verdict = grader.verify(question(), "<think>hm</think>blue light")
    finally:
        grader.close()
    assert verdict.verifier.startswith("judge@")
    assert verdict.score is not None, verdict
    assert verdict.score == verdict.info["points"] / 100
    assert verdict.info["model"] == vllm_server.model
