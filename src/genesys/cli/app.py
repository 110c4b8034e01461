"""The commands, and what an exit status means.

0 done, 1 failed, 2 wrong usage, 130 interrupted and resumable. Errors are one clear text on stderr; only a
defect of genesys itself shows a traceback.
"""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from genesys.cli.audit import audit_app
from genesys.cli.build import build
from genesys.cli.collect import collect
from genesys.cli.console import stderr
from genesys.cli.curate import curate
from genesys.cli.demo import demo
from genesys.cli.diff import diff
from genesys.cli.doctor import doctor
from genesys.cli.dpo import dpo
from genesys.cli.envs import envs
from genesys.cli.evaluate import evaluate
from genesys.cli.explain import explain
from genesys.cli.fsck import fsck
from genesys.cli.grpo import grpo
from genesys.cli.import_command import import_command
from genesys.cli.merge import merge
from genesys.cli.push import push
from genesys.cli.report import report
from genesys.cli.score import score
from genesys.cli.sft import sft
from genesys.cli.show import show
from genesys.errors import ConfigurationError, GenesysError
from genesys.version import __version__

INTERRUPTED = 130
"""The exit status that a shell gives to a command ended by Ctrl-C; typer makes it of KeyboardInterrupt."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Problems go in, verified reasoning comes out, and the same reward trains the next model.",
    epilog="Start with: genesys demo",
)
for command in (demo, envs, doctor, collect, score, curate, show, build, merge, fsck):
    app.command()(command)
app.command("import")(import_command)
for training in (sft, dpo, grpo):
    app.command()(training)
app.command("eval")(evaluate)
for telling in (diff, explain, report, push):
    app.command()(telling)
app.add_typer(audit_app, name="audit")


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what goes on to stderr.")] = False,
) -> None:
    if version:
        print(__version__)  # noqa: T201  # the command line owns the screen
        raise typer.Exit
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, stream=sys.stderr)


def main() -> None:
    """The entry point of the console script."""
    try:
        app()
    except GenesysError as error:
        fault, *remedy = str(error).split("\n")
        stderr.print(f"[bold red]error:[/] {_escaped(fault)}", highlight=False, soft_wrap=True)
        for line in remedy:
            stderr.print(_escaped(line), highlight=False, soft_wrap=True)
        sys.exit(2 if isinstance(error, ConfigurationError) else 1)
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            stderr.print("interrupted: run the same command again to continue")
        raise


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")
