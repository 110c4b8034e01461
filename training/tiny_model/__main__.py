"""`python -m genesys.training.tiny_model OUT [--seed N]`: makes the tiny model in the folder OUT."""

from __future__ import annotations

import argparse
import sys

from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from genesys.errors import ConfigurationError, GenesysError
from genesys.training.tiny_model import DEFAULT_SEED, RECIPE, make_tiny_model


def main(arguments: list[str] | None = None) -> int:
    """Makes the model and says what came of it; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m genesys.training.tiny_model", description=__doc__)
    parser.add_argument("out", help="folder to make")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help=f"default {DEFAULT_SEED}, checked")
    options = parser.parse_args(arguments)
    screen = Console(stderr=True)
    bar = Progress(
        *Progress.get_default_columns(), TimeElapsedColumn(), TextColumn("loss {task.fields[loss]:.3f}")
    )
    try:
        with bar:
            task = bar.add_task("training", total=RECIPE.steps, loss=float("nan"))
            report = make_tiny_model(
                options.out,
                seed=options.seed,
                progress=lambda step, _, loss: bar.update(task, completed=step, loss=loss),
            )
    except GenesysError as error:
        screen.print(str(error), markup=False, highlight=False, soft_wrap=True)
        return 2 if isinstance(error, ConfigurationError) else 1
    screen.print(
        f"{report.folder}: {report.parameters:,} parameters, {report.bytes / 1e6:.1f} MB, "
        f"loss {report.loss:.3f}, {report.cpu_seconds:.0f} CPU-seconds"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
