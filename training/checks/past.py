"""What an offline run says of the model that is to be trained."""

from __future__ import annotations

from pathlib import Path

from genesys.errors import DataError
from genesys.rollouts.run_reader import RunReader
from genesys.training.checks.flight import Past
from genesys.training.pass_rates import rates_of, read_outcomes

MOST = 20_000


def read_past(run: Path | str) -> Past:
    """Pass rates of a run's problems, and the lengths of its completions.

    Raises:
        ConfigurationError: If it is no run.
        DataError: If it holds no scores.
    """
    reader = RunReader(run)
    outcomes = list(read_outcomes(reader))
    if not outcomes:
        raise DataError(f"{reader.folder} holds no scores", f"Make them: genesys score {reader.folder}")
    rates = rates_of(outcomes)
    right = {one.response_id for one in outcomes if one.passed}
    lengths: list[tuple[int, bool]] = []
    for batch in reader.batches("completions", ["response_id", "completion_tokens"]):
        lengths += [
            (row["completion_tokens"], row["response_id"] in right)
            for row in batch.to_pylist()
            if row["completion_tokens"] is not None
        ]
        if len(lengths) >= MOST:
            break
    return Past(pass_rates={name: one.rate for name, one in rates.items()}, lengths=lengths)
