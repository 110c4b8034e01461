"""Which judge is asked: files, addresses, and what is refused with a remedy."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from chat_server import ChatServer
from judge_stub import Start

from genesys.errors import ConfigurationError
from genesys.rewards import default_spec, verifier_spec
from genesys.rewards.judging import VARIABLE, JudgeVerifier, configure_judge, judge_config, require_judge
from genesys.rewards.judging.places import cache_folder
from genesys.rewards.registry import verifier_table

SERVER = 'endpoints = ["http://127.0.0.1:1/v1"]'
TASK = "llm_judgeable_groundtruth_similarity"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "judge.toml"
    path.write_text(text)
    return path


FULL = """
model = "big-judge"
key_env = "JUDGE_KEY"
schema = "plain"
stream = true
concurrency = 7
requests_per_minute = 90
tokens_per_minute = 1000
timeout = 11
attempts = 2
price_prompt = 0.5
price_completion = 1.5

[[endpoints]]
url = "http://127.0.0.1:1/v1"
weight = 2

[[endpoints]]
url = "http://127.0.0.1:2/v1"
key_env = "OTHER_KEY"

[verifier]
samples = 3
temperature = 0.6
rubric = "similarity-code"

[second]
model = "small-judge"
endpoints = ["http://127.0.0.1:3/v1"]

[cache]
folder = "~/judgements"
"""


def test_a_file_says_everything(tmp_path: Path) -> None:
    config = configure_judge(written(tmp_path, FULL))
    server = config.servers["big-judge"]
    assert (server.schema, server.stream, config.cache) == ("plain", True, Path.home() / "judgements")
    assert [(one.weight, one.key_env) for one in server.client.endpoints] == [
        (2, "JUDGE_KEY"),
        (1, "OTHER_KEY"),
    ]
    assert (server.client.concurrency, server.client.timeout, server.client.price_completion) == (7, 11, 1.5)
    verifier = JudgeVerifier.configured()
    assert (verifier.samples, verifier.second_model, verifier.rubric) == (3, "small-judge", "similarity-code")
    assert verifier_spec("dual-math").build() == verifier_spec("dual-math").build()


def test_limits_places_and_prices_are_not_in_the_key(tmp_path: Path) -> None:
    configure_judge(written(tmp_path, f'model = "m"\n{SERVER}'))
    plain = default_spec(TASK).key
    other = tmp_path / "other"
    other.mkdir()
    configure_judge(written(other, 'model = "m"\nendpoints = ["http://127.0.0.1:9/v1"]\ntimeout = 5'))
    assert default_spec(TASK).key == plain


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (SERVER, "model must be the name"),
        ('model = "m"', "endpoints must be a list"),
        (f'model = "m"\n{SERVER}\nconcurency = 3', "concurency"),
        (f'model = "m"\n{SERVER}\nconcurrency = 0', "concurrency"),
        (f'model = "m"\n{SERVER}\nschema = "perhaps"', "perhaps"),
        (f'model = "m"\n{SERVER}\nstream = "yes"', "stream"),
        (f'model = "m"\n{SERVER}\n[verifier]\nsample = 3', "sample"),
        (f'model = "m"\n{SERVER}\n[second]\nmodel = "m"\n{SERVER}', "second judge"),
        ('model = "m"\nendpoints = ["localhost:8000"]', "localhost"),
        ('model = "m"\nendpoints = ["http://user:secret@127.0.0.1/v1"]', "credentials"),
        ('model = "m"\n[[endpoints]]\nurl = "http://127.0.0.1:1/v1"\nweight = "much"', "judge.toml"),
        ("model = ", "no TOML"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ConfigurationError, match=fault) as raised:
        configure_judge(written(tmp_path, text))
    assert "secret" not in str(raised.value)
    assert VARIABLE not in os.environ


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read") as raised:
        configure_judge(tmp_path / "nothing.toml")
    assert "endpoints" in (raised.value.remedy or "")


@pytest.mark.parametrize(
    ("params", "fault"),
    [
        ({"samples": 3}, "temperature"),
        ({"samples": 0}, "samples"),
        ({"temperature": 3}, "temperature"),
        ({"agreement": float("nan")}, "agreement"),
        ({"max_tokens": True}, "max_tokens"),
        ({"request": "[]"}, "request"),
        ({"request": '{"messages": []}'}, "messages"),
        ({"model": "a", "second_model": "a"}, "second"),
        ({"rubric": "kindness"}, "kindness"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(params: dict[str, object], fault: str) -> None:
    with pytest.raises(ConfigurationError, match=fault):
        JudgeVerifier(**params)  # type: ignore[arg-type]  # wrong on purpose


def test_an_address_alone_takes_the_model_that_is_served() -> None:
    with ChatServer(model="only-one") as server:
        assert configure_judge(server.url).model == "only-one"
        assert os.environ[VARIABLE] == f"{server.url}#only-one"
        assert server.model_listings == 1
    assert judge_config() is not None  # the model is known: nobody is asked again


def test_an_address_nobody_answers_at_says_what_to_do() -> None:
    with pytest.raises(ConfigurationError, match=r"127\.0\.0\.1:9") as raised:
        configure_judge("http://127.0.0.1:9/v1")
    assert "#MODEL" in (raised.value.remedy or "")
    assert configure_judge("http://127.0.0.1:9/v1#big").model == "big"


def test_what_needs_a_judge_is_refused_without_one() -> None:
    require_judge([None, default_spec("verifiable_math")])
    for spec in (default_spec(TASK), verifier_spec("dual-math")):
        with pytest.raises(ConfigurationError, match="none is configured") as raised:
            require_judge([spec])
        assert "--judge" in (raised.value.remedy or "")


def test_what_another_judge_has_scored_needs_that_one(judge: Start) -> None:
    judge()
    require_judge([default_spec(TASK)])
    with pytest.raises(ConfigurationError, match="'other'"):
        require_judge([verifier_spec("judge", {"model": "other"})])


def test_an_answer_format_reaches_every_default(judge: Start) -> None:
    judge()
    table = verifier_table(None, {"answer_format": "bare"})
    assert table[TASK].build() == JudgeVerifier(model="test-judge", answer_format="bare")
    assert verifier_table("dual-math")["verifiable_math"].name == "dual-math"


def test_judgements_are_kept_where_a_user_keeps_caches(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert cache_folder() == Path(os.environ["GENESYS_CACHE"]) / "judge"
    monkeypatch.delenv("GENESYS_CACHE")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "genesys" / "judge"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder() == Path.home() / ".cache" / "genesys" / "judge"
