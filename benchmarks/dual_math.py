"""The second opinion in mathematics with a judge that is always right: what is asked, and what error is left.

    python benchmarks/dual_math.py PATH/cases.jsonl [--forms all --answer-format bare]

Starts an oracle on loopback that knows the labels by content, and runs `genesys audit math PATH --judge URL`. What
is wrong in the end is the symbolic verifier's, since the oracle does not err.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from chat_server import ChatServer
from judge_oracle import oracle

from genesys.envs.sources.rows import read_rows
from genesys.rewards.math_audit import read_cases


def main() -> None:
    """Runs the audit; further arguments go to it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path", type=Path)
    parser.add_argument("--answer-format", default=None)
    options, rest = parser.parse_known_args()
    cases = list(read_cases(read_rows(options.path)))
    form = [] if options.answer_format is None else ["--answer-format", options.answer_format]
    with (
        ChatServer(oracle(cases, options.answer_format), model="oracle") as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        command = [sys.executable, "-c", "from genesys.cli import main; main()", "audit", "math"]
        done = subprocess.run(
            [*command, str(options.path), "--judge", server.url, *form, *rest],
            env={**os.environ, "GENESYS_CACHE": folder},
            check=False,
        )
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
