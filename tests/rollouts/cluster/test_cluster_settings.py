"""What a cluster is asked for, and which request is blamed: without a cluster."""

from __future__ import annotations

from typing import Any

import pytest
from command_line import genesys

from genesys.errors import ConfigurationError, UnknownName
from genesys.rollouts.cluster.live_actor import LiveActor
from genesys.rollouts.cluster.losses import SUSPECT_AFTER, Losses
from genesys.rollouts.cluster.settings import ClusterSettings
from genesys.rollouts.sampler import SamplerSettings
from genesys.schema import Sampling


def sampler(name: str, **options: Any) -> SamplerSettings:
    return SamplerSettings(name=name, model="model", sampling=Sampling(), options=options)


@pytest.mark.parametrize(
    ("asked", "gpus", "needs", "count"),
    [
        (sampler("vllm", tensor_parallel_size=8), 64, 8, 8),
        (sampler("vllm", **{"tensor-parallel-size": 4, "pipeline_parallel_size": 2}), 20, 8, 2),
        (sampler("vllm", tensor_parallel_size=8), 0, 0, 1),
        (sampler("transformers"), 3, 1, 3),
        (sampler("recording"), 8, 0, 1),
        (sampler("server"), 8, 0, 1),
    ],
)
def test_samplers_follow_from_gpus(asked: SamplerSettings, gpus: int, needs: int, count: int) -> None:
    settings = ClusterSettings()
    assert settings.gpus_of(asked, gpus) == needs
    assert settings.samplers_of(asked, gpus) == count


def test_what_is_given_wins() -> None:
    settings = ClusterSettings(samplers=5, gpus_per_sampler=0.5)
    assert settings.gpus_of(sampler("vllm", tensor_parallel_size=8), 8) == 0.5
    assert settings.samplers_of(sampler("vllm"), 8) == 5


@pytest.mark.parametrize(
    ("fault", "given"),
    [
        ("samplers", {"samplers": 0}),
        ("gpus-per-sampler", {"gpus_per_sampler": -1.0}),
        ("client", {"address": "ray://head:10001"}),
    ],
)
def test_nonsense_is_refused(fault: str, given: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=fault):
        ClusterSettings(**given)


def test_names_are_suggested() -> None:
    with pytest.raises(UnknownName, match="ray"):
        ClusterSettings(kind="rays")


def lose(trial: Any, actor: LiveActor) -> bool:
    actor.suspect = actor.suspect or trial.suspect
    return bool(trial.is_guilty_of(actor))


def test_a_request_that_ends_every_sampler_is_found_out() -> None:
    trial = Losses().trial()
    assert [lose(trial, LiveActor(name="a", actor=None)) for _ in range(SUSPECT_AFTER + 1)] == [
        *[False] * SUSPECT_AFTER,
        True,
    ]


def test_its_company_is_not_blamed_and_is_cleared() -> None:
    losses = Losses()
    guilty, beside = losses.trial(), losses.trial()
    for _ in range(SUSPECT_AFTER):
        actor = LiveActor(name="a", actor=None)
        assert not lose(guilty, actor)
        actor.suspect = None
        assert not beside.is_guilty_of(actor)
    assert beside.suspect is beside
    last = LiveActor(name="b", actor=None)
    assert lose(guilty, last)
    assert not beside.is_guilty_of(last)
    assert beside.suspect is None


def test_flags_of_a_cluster_need_a_cluster(tmp_path: Any) -> None:
    done = genesys("collect", "--env", "genesys/math-v0", "--model", "m", "--samplers", 2, "--out", tmp_path)
    assert done.returncode == 2
    assert "Add --cluster ray." in done.stderr
