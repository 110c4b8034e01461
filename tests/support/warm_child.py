"""A warm process whose forks call the command line: a harvest costs tens of milliseconds, not a second.

Started with the fault shim preloaded; reads one JSON request a line and answers with one. Each request's
fork arms the shim from its environment, so that faults reach only what that call does.

    {"arguments": ["collect", …], "environment": {"FAULT_AT": "7"}, "files": "/tmp/…/call"}
    {"status": 1}                       and the output in call.out and call.err
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Iterable
from contextlib import redirect_stderr, suppress
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn

import typer.main

from genesys.cli.app import app, main
from genesys.rollouts.collecting import Harvest, make_environment
from genesys.rollouts.run_folder import RunFolder
from genesys.rollouts.spool import SpoolRow

TIME_LIMIT = 60
PART_CHARACTERS = 2_000
"""Parts so small that a harvest of eight completions writes several of each kind."""


def acknowledge(path: str) -> None:
    """Says in a file, unbuffered, which rows are committed, once `RunFolder.commit` has returned."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    commit = RunFolder.commit

    def commit_and_say(self: RunFolder, rows: Iterable[SpoolRow]) -> None:
        listed = list(rows)
        commit(self, listed)
        os.write(file, "".join(f"{row.kind} {row.key}\n" for row in listed).encode())

    RunFolder.commit = commit_and_say  # type: ignore[method-assign]  # an instrument, in this process only


def vanish(place: str, after: int) -> None:
    """Takes a folder away after so many commits, as an unmounted disk would be."""
    commit, done = RunFolder.commit, [0]

    def commit_and_vanish(self: RunFolder, rows: Iterable[SpoolRow]) -> None:
        done[0] += 1
        if done[0] == after:
            Path(place).rename(f"{place}.unmounted")
            shutil.rmtree(f"{place}.unmounted")
        commit(self, rows)

    RunFolder.commit = commit_and_vanish  # type: ignore[method-assign]  # as above


def call(request: dict[str, Any]) -> NoReturn:
    """One call of the command line, in a fork of its own."""
    signal.alarm(TIME_LIMIT)
    for number, ending in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{request['files']}.{ending}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.environ.update(request["environment"])
    if "FAULT_ACK" in request["environment"]:
        acknowledge(request["environment"]["FAULT_ACK"])
    if "FAULT_VANISH" in request["environment"]:
        vanish(request["environment"]["FAULT_VANISH"], int(request["environment"]["FAULT_VANISH_AT"]))
    ctypes.CDLL(os.environ["LD_PRELOAD"]).fault_configure()
    sys.argv = ["genesys", *request["arguments"]]
    status = 0
    try:
        main()
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001  # what Python itself does with an error that nobody caught
        traceback.print_exc()
        status = 1
    sys.stderr.flush()
    if "FAULT_COUNT" in os.environ:
        count = ctypes.CDLL(os.environ["LD_PRELOAD"])
        count.fault_count.restype = ctypes.c_long
        Path(os.environ["FAULT_COUNT"]).write_text(str(count.fault_count()))
    os._exit(status)


def warm_up() -> None:
    """Has everything loaded that a harvest needs, so that the forks need not: one is tried that cannot be."""
    commands = typer.main.get_command(app)  # which typer would build anew for each call
    typer.main.get_command = lambda typer_instance: commands
    nowhere = ["--env", "genesys/no-such-environment-v0", "--model", "none", "--out", "none"]
    sys.argv = ["genesys", "collect", *nowhere]
    with redirect_stderr(StringIO()), suppress(SystemExit):
        main()
    make_environment("genesys/output-prediction-v0")
    for module in ("genesys.rewards.output_verifier", "sqlite3", "pyarrow.parquet"):
        import_module(module)


def serve() -> None:
    """Answers requests until its input ends."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            call(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(json.dumps({"status": os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    assert Harvest.__init__.__kwdefaults__ is not None
    Harvest.__init__.__kwdefaults__["part_characters"] = PART_CHARACTERS
    warm_up()
    serve()
