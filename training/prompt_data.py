"""Problems of an environment as a dataset of prompts for GRPO."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import gymnasium

from genesys.errors import ConfigurationError, DataError
from genesys.optional import require
from genesys.rewards import VerifierSpec, grader
from genesys.schema import Problem, canonical_json
from genesys.training.batch_grading import is_in_process

if TYPE_CHECKING:
    from datasets import Dataset, IterableDataset

logger = logging.getLogger(__name__)
ROWS = 1000


def prompt_dataset(
    env: gymnasium.Env[Any, Any] | str, *, limit: int | None = None, skip_bad_golds: bool = True
) -> Dataset:
    """The problems of an environment with their prompts, as TRL's conversational prompt-only form.

    Args:
        env: An environment with `problems`, `template` and `messages(problem)`, or the id of one.
        limit: Most problems.
        skip_bad_golds: Whether problems whose gold cannot be used are left out. Those whose tests an
            answer could deceive always are.

    Returns:
        A `datasets.Dataset` with the columns `prompt` (messages) and `problem` (JSON of the problem).

    Raises:
        MissingExtra: If `datasets` is not installed.
        ConfigurationError: If the environment has no problems to serve.
        DataError: If no problem is left.
    """
    datasets = require("datasets", extra="train", feature="a dataset of prompts")
    import pyarrow as pa

    left_out: Counter[str] = Counter()
    rows, tables = prompt_rows(env, skip_bad_golds=skip_bad_golds, left_out=left_out), []
    rows = islice(rows, limit)
    while chunk := list(islice(rows, ROWS)):
        tables.append(pa.Table.from_pylist(chunk, schema=_schema()))
    _tell(left_out)
    if not tables:
        raise DataError(
            f"no problem is left to train on; left out: {dict(left_out) or 'none'}",
            "Name other problems, or look at them with `genesys audit golds`.",
        )
    dataset: Dataset = datasets.Dataset(pa.concat_tables(tables))
    return dataset


def prompt_stream(
    env: gymnasium.Env[Any, Any] | str, *, limit: int | None = None, skip_bad_golds: bool = True
) -> IterableDataset:
    """`prompt_dataset` as a stream, for sources too large to hold; the trainer then needs `max_steps`."""
    datasets = require("datasets", extra="train", feature="a stream of prompts")
    make = {"env": _opened(env), "skip_bad_golds": skip_bad_golds, "limit": limit}
    stream: IterableDataset = datasets.IterableDataset.from_generator(_limited, gen_kwargs=make)
    return stream


def prompt_rows(
    env: gymnasium.Env[Any, Any] | str,
    *,
    skip_bad_golds: bool = True,
    left_out: Counter[str] | None = None,
) -> Iterator[dict[str, Any]]:
    """The rows of `prompt_dataset`, one by one.

    Args:
        env: The environment.
        skip_bad_golds: Whether problems with a bad gold are left out.
        left_out: Counts what is, by reason.
    """
    inner = _opened(env)
    counts = Counter[str]() if left_out is None else left_out
    for problem in inner.problems:
        reason = _unfit(problem, getattr(inner, "verifier_spec", None), skip_bad_golds)
        if reason is None:
            yield {"prompt": inner.messages(problem), "problem": problem_cell(problem)}
        else:
            counts[reason] += 1


def problem_cell(problem: Problem) -> str:
    """A problem as the `problem` column holds it."""
    return canonical_json(problem.to_row())


def problem_of(cell: str) -> Problem:
    """The problem of a `problem` cell."""
    return Problem.from_row(json.loads(cell))


def _limited(env: Any, skip_bad_golds: bool, limit: int | None) -> Iterator[dict[str, Any]]:
    yield from islice(prompt_rows(env, skip_bad_golds=skip_bad_golds), limit)


def _opened(env: gymnasium.Env[Any, Any] | str) -> Any:
    inner = (gymnasium.make(env) if isinstance(env, str) else env).unwrapped
    for needed in ("problems", "messages"):
        if not hasattr(inner, needed):
            raise ConfigurationError(
                f"the environment {inner!r} has no {needed!r}",
                "An environment that trains offers problems and messages(problem), as SingleTurnEnv does.",
            )
    return inner


def _unfit(problem: Problem, verifier: VerifierSpec | None, skip_bad_golds: bool) -> str | None:
    if is_in_process(problem):
        return "in_process"
    if skip_bad_golds and grader().check_gold(problem, verifier=verifier) is not None:
        return "bad_gold"
    return None


def _tell(left_out: Counter[str]) -> None:
    if left_out:
        logger.warning("problems left out of the dataset: %s", dict(left_out))


def _schema() -> Any:
    import pyarrow as pa

    from genesys.rollouts.tables import MESSAGES

    return pa.schema([("prompt", MESSAGES), ("problem", pa.string())])
