"""Who is who: identities of runs and responses, and the seeds that follow from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from genesys.schema import Problem, Sampling, digest_of

_SEED_BITS = 31


@dataclass(frozen=True, kw_only=True)
class RunIdentity:
    """What makes two harvests the same harvest.

    `n`, budgets, endpoints, concurrency and verifiers are not part of it: they may change from one call
    to the next, and the run goes on.

    Attributes:
        env_id: The environment, such as "genesys/math-v0".
        source: Digest of the problem file, or the generator with its parameters.
        template: `"name@version"` of the template that renders the messages.
        model: Name or path of the model.
        model_revision: Commit or digest of its weights, or None.
        sampling: Settings of every sample, without a seed.
        settings: What else decides a text (`Sampler.settings`).
        seed: The run's seed, from which each sample's seed follows.
    """

    env_id: str
    source: str
    template: str
    model: str
    model_revision: str | None
    sampling: Mapping[str, Any]
    seed: int
    settings: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The identity as it stands in run.json."""
        return asdict(self)

    def differences(self, stored: Mapping[str, Any]) -> list[str]:
        """One line for each field in which a stored identity differs: "field: stored -> asked"."""
        mine = self.to_json()
        return [
            f"{name}: {stored.get(name)!r} -> {mine[name]!r}"
            for name in mine
            if stored.get(name) != mine[name]
        ]


def response_ids(
    identity: RunIdentity,
    problem: Problem,
    messages: Sequence[Mapping[str, str]],
    sample_indices: Sequence[int],
    parent_id: str | None = None,
) -> list[str]:
    """The ids of a problem's samples: 128 bits of SHA-256 over all that a response depends on."""
    rendered = [{"role": message["role"], "content": message["content"]} for message in messages]
    shared = digest_of(
        identity.seed,
        problem.problem_id,
        problem.digest,
        rendered,
        identity.model,
        identity.model_revision,
        identity.sampling,
        parent_id,
    )
    return [digest_of(shared, index, bits=128) for index in sample_indices]


def sample_seed(run_seed: int, problem_id: str, sample_index: int) -> int:
    """The seed of one sample, in [0, 2**31).

    The n samples of a problem have consecutive seeds, as vLLM gives them to the samples of one request.
    """
    base = int(digest_of(run_seed, problem_id, bits=64), 16)
    return int((base + sample_index) % (1 << _SEED_BITS))


def sampling_of(identity: RunIdentity, seed: int) -> Sampling:
    """The settings of one sample of a run."""
    return Sampling.from_struct({**identity.sampling, "seed": seed})
