"""Problems from a hub: a server on loopback that `datasets` loads from, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import HubServer
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("datasets")

from genesys.envs.sources.hub_spec import HubSpec
from genesys.errors import ConfigurationError


def rows(*numbers: int) -> bytes:
    lines = [
        {
            "problem_id": f"p{number}",
            "source": "tests",
            "task_type": "verifiable_math",
            "in_source_id": None,
            "prompt": f"What is {number}?",
            "gold_standard_solution": None,
            "verification_info": json.dumps({"ground_truth": str(number)}),
            "metadata": "{}",
            "more": "left aside",
        }
        for number in numbers
    ]
    return "\n".join(map(json.dumps, lines)).encode()


README = b"""---
configs:
- config_name: easy
  data_files: easy/*.jsonl
- config_name: hard
  default: true
  data_files:
  - split: train
    path: hard/train.jsonl
  - split: test
    path: hard/test.jsonl
---
"""


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    plain = {"data/train.jsonl": rows(1, 2, 3), "data/test.jsonl": rows(4)}
    several = {
        "README.md": README,
        "easy/one.jsonl": rows(1),
        "hard/train.jsonl": rows(2, 2, 3),
        "hard/test.jsonl": rows(5),
    }
    parts = {"data/left.jsonl": rows(1), "data/validation.jsonl": rows(2), "data/test.jsonl": rows(3)}
    with HubServer({"org/plain": plain, "org/several": several, "org/parts": parts}) as server:
        yield server


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hub")


OPEN = """
import json, pickle, sys
from genesys.envs.sources import open_problems
from genesys.errors import GenesysError

found = []
for spec in sys.argv[1:]:
    try:
        source = pickle.loads(pickle.dumps(open_problems(spec)))
        found.append([source.identity, [problem.problem_id for problem in source], source.duplicates])
    except GenesysError as error:
        found.append([type(error).__name__, error.fault, error.remedy])
print(json.dumps(found))
"""


def opened(url: str, home: Path, *specs: str, **environment: str) -> list[list[object]]:
    done = subprocess.run(
        [sys.executable, "-c", OPEN, *specs],
        env={**os.environ, "HF_ENDPOINT": url, "HF_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[list[object]] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_rows_of_a_hub_are_problems_pinned_to_the_commit(hub: HubServer, home: Path) -> None:
    plain, several = hub.commit("org/plain"), hub.commit("org/several")
    specs = {
        "hf:org/plain": [f"hf:org/plain@{plain}:default:train", ["p1", "p2", "p3"], 0],
        "hf:org/plain@main:test": [f"hf:org/plain@{plain}:default:test", ["p4"], 0],
        f"hf:org/plain@{plain}:default:train": [f"hf:org/plain@{plain}:default:train", ["p1", "p2", "p3"], 0],
        "hf:org/several": [f"hf:org/several@{several}:hard:train", ["p2", "p3"], 1],
        "hf:org/several:easy": [f"hf:org/several@{several}:easy:train", ["p1"], 0],
        "hf:org/several:hard:test": [f"hf:org/several@{several}:hard:test", ["p5"], 0],
    }
    assert opened(hub.url, home, *specs) == list(specs.values())


def test_what_a_hub_does_not_have_is_one_clear_error(hub: HubServer, home: Path) -> None:
    found = opened(
        hub.url,
        home,
        "hf:org/nothing",
        "hf:org/plain@v9",
        "hf:org/plain:default:trian",
        "hf:org/several:eazy:train",
        "hf:org/parts",
    )
    words = [f"{kind}: {fault} {remedy}" for kind, fault, remedy in found]
    assert "'org/nothing' is not on the hub" in words[0] and "HF_TOKEN" in words[0]
    assert "no revision 'v9'" in words[1]
    assert "unknown split of org/plain 'trian'" in words[2] and "Did you mean 'train'" in words[2]
    assert "unknown config of org/several 'eazy'" in words[3]
    assert "has the splits" in words[4]


def test_offline_a_commit_in_the_cache_is_read_and_the_rest_says_why_not(hub: HubServer, home: Path) -> None:
    commit = hub.commit("org/plain")
    pinned = f"hf:org/plain@{commit}:train"
    first = opened(hub.url, home, pinned)
    assert opened(hub.url, home, pinned, HF_HUB_OFFLINE="1") == first
    ((kind, fault, remedy),) = opened("http://127.0.0.1:9", home, "hf:org/plain")
    assert kind == "ConfigurationError"
    assert "cannot be fetched" in str(fault)
    assert "offline" in str(remedy)


def test_the_written_form() -> None:
    spec = HubSpec.parse("hf:org/na.me@refs/pr/3:con-fig:split")
    assert spec == HubSpec(name="org/na.me", revision="refs/pr/3", parts=("con-fig", "split"))
    assert HubSpec.parse("hf:name") == HubSpec(name="name")


@pytest.mark.parametrize("text", ["hf:", "hf:a/b/c", "hf:a@", "hf:a:b:c:d", "hf:a b", "hf:../etc/passwd/x"])
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="names no dataset"):
        HubSpec.parse(text)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        HubSpec.parse(f"hf:{text}")
    except ConfigurationError as error:
        assert error.remedy
