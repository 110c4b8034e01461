"""The flags that commands share, each with one meaning everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from genesys.rewards import Grader
    from genesys.rollouts.cluster.settings import ClusterSettings

EnvId = Annotated[str, typer.Option("--env", help="Environment id; `genesys envs` lists them.")]
Problems = Annotated[
    str | None,
    typer.Option(
        "--problems",
        help="A file (JSONL, .gz, Parquet in the common schema), a generator such as "
        "arithmetic:level=2,seed=7,size=1000, or hf:org/name@revision:config:split. Default: the environment's generator.",
    ),
]
Verifier = Annotated[
    str | None,
    typer.Option(
        "--verifier",
        help='Verifier, maybe pinned: "math", "math@1", for the task types it is for. Default: by task type.',
    ),
]
AnswerFormat = Annotated[
    str | None,
    typer.Option(
        "--answer-format", help="Where answers stand: boxed, json_output, answer_tag, fenced_code, bare."
    ),
]
Judge = Annotated[
    str | None,
    typer.Option(
        "--judge",
        help="The judge of judged rewards: a TOML file (docs/rewards/judge.md) or a server's address, such as "
        "http://127.0.0.1:8000/v1#MODEL. Default: the environment variable GENESYS_JUDGE.",
    ),
]
SkipMalformed = Annotated[
    bool, typer.Option("--skip-malformed", help="Count rows that do not parse and go on.")
]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, help="Only the first so many problems, or rows of a file.")
]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, help="Grader processes. Default: the cores of this machine.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout; logs go to stderr.")]
OutFolder = Annotated[Path, typer.Option("--out", help="The folder to write.")]


def make_grader(
    verifier: str | None,
    answer_format: str | None,
    workers: int | None = None,
    judge: str | None = None,
    cluster: ClusterSettings | None = None,
) -> Grader:
    """The grader that `--verifier`, `--answer-format`, `--workers` and `--judge` describe.

    On a cluster it verifies on the cluster's nodes.

    Raises:
        UnknownName: If there is no such verifier or answer format.
        ConfigurationError: If the verifier has no answer format to choose, the judge cannot be used, or the
            verifier that was chosen needs one and there is none.
    """
    from genesys.errors import UnknownName
    from genesys.rewards import Grader
    from genesys.rewards.answers import READERS
    from genesys.rewards.judging import configure_judge, require_judge
    from genesys.rewards.registry import verifier_table

    if judge is not None:
        configure_judge(judge)
    if answer_format is not None and answer_format not in READERS:
        raise UnknownName.of("answer format", answer_format, READERS)
    params = {} if answer_format is None else {"answer_format": answer_format}
    table = verifier_table(verifier, params)
    if verifier is not None:
        require_judge({spec for name, spec in table.items() if spec.name == verifier.partition("@")[0]})
    if cluster is None:
        return Grader(table, workers=workers)
    from genesys.rollouts.cluster.cluster_backend import ClusterBackends

    return Grader(table, workers=workers, backends=ClusterBackends(cluster, workers))


def verifier_keys(verifier: str | None, answer_format: str | None) -> list[str]:
    """The keys of all verifiers that such a grader may use: what a resumed scoring must have in common."""
    from genesys.rewards.registry import DEFAULTS, default_spec, verifier_table

    params = {} if answer_format is None else {"answer_format": answer_format}
    chosen = {name: default_spec(name) for name in DEFAULTS} | verifier_table(verifier, params)
    return sorted({spec.key for spec in chosen.values()})
