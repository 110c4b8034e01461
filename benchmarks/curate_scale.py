"""Curation at scale: `synthetic-1` over synthetic traces, against DuckDB copying the same Parquet once.

    python benchmarks/curate_scale.py --folder DIR --rows 100000 300000 1000000

For each size it makes a run (about 10 kB a trace, 4 GB of Parquet a million), lets DuckDB copy its completions
(zstd, as many threads), curates it into raw, SFT and preference sets, and prints one JSON line. Both run in
processes of their own; curation's is killed above `--limit` of resident memory. All files are removed afterwards:
DIR needs about 16 kB of disk a row meanwhile.
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.curate_traces import make_traces

MIB = 1 << 20


def copy(run: Path, out: Path, threads: int) -> dict[str, Any]:
    """DuckDB reads the completions and writes them again."""
    import duckdb

    connection = duckdb.connect(config={"threads": str(threads), "preserve_insertion_order": "false"})
    connection.execute(
        f"COPY (FROM read_parquet('{run}/completions/*.parquet')) TO '{out}' (FORMAT parquet, COMPRESSION zstd)"
    )
    return {"megabytes_written": round(out.stat().st_size / MIB)}


def curate(run: Path, out: Path, threads: int, memory: str) -> dict[str, Any]:
    """The recipe as published."""
    from genesys.curation import curate as make

    began = time.perf_counter()
    stages: dict[str, float] = {}

    def note(stage: str) -> None:
        stages.setdefault(stage.partition(" ")[0], round(time.perf_counter() - began, 1))

    report = make([run], "synthetic-1", out, threads=threads, memory=memory, on_stage=note)
    written = sum(file.size for output in report.outputs for file in output.files)
    return {
        "megabytes_written": round(written / MIB),
        "rows": {output.name: output.rows for output in report.outputs},
        "seconds_at_stage": stages,
    }


def measured(mode: str, run: Path, out: Path, options: argparse.Namespace) -> dict[str, Any]:
    """One of the two in a process of its own: seconds, CPU seconds, peak memory."""
    command = [sys.executable, __file__, "--mode", mode, "--run", run, "--out", out]
    command += ["--threads", options.threads, "--memory", options.memory, "--limit", options.limit]
    process = subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    if mode == "curate":
        threading.Thread(target=_guard, args=(process, options.limit), daemon=True).start()
    output, errors = process.communicate()
    if process.returncode:
        raise SystemExit(
            f"{mode} failed ({process.returncode}; {-signal.SIGKILL}: over the limit):\n{errors}"
        )
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found


def _guard(process: subprocess.Popen[str], limit: int) -> None:
    """Kills a process whose resident memory goes above a limit in MiB.

    A limit of the system's would be on address space (allocators reserve gigabytes that they never touch), or
    need a control group.
    """
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        if int(fields.get("VmHWM", "0 kB").split()[0]) > limit * 1024:
            process.kill()
        time.sleep(0.1)


def child(options: argparse.Namespace) -> None:
    """Does one of the two and prints what it took."""
    began = time.perf_counter()
    if options.mode == "copy":
        found = copy(options.run, options.out, options.threads)
    else:
        found = curate(options.run, options.out, options.threads, options.memory)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    found |= {
        "seconds": round(time.perf_counter() - began, 1),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_memory_mib": round(usage.ru_maxrss / 1024),
    }
    print(json.dumps(found))


def measure(rows: int, options: argparse.Namespace) -> dict[str, Any]:
    """Makes a run of so many traces, and measures both on it."""
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="curate-scale-") as name:
        folder = Path(name)
        began = time.perf_counter()
        make_traces(folder / "run", rows)
        made = round(time.perf_counter() - began, 1)
        size = sum(path.stat().st_size for path in (folder / "run" / "completions").iterdir())
        peer = measured("copy", folder / "run", folder / "copy.parquet", options)
        (folder / "copy.parquet").unlink()
        ours = measured("curate", folder / "run", folder / "out", options)
    return {
        "rows": rows,
        "megabytes_of_parquet": round(size / MIB),
        "seconds_to_generate": made,
        "duckdb_copy": peer,
        "curate": ours,
        "ratio_seconds": round(ours["seconds"] / peer["seconds"], 2),
        "ratio_cpu": round(ours["cpu_seconds"] / peer["cpu_seconds"], 2),
        "cpu_milliseconds_a_row": round(1000 * ours["cpu_seconds"] / rows, 3),
    }


def main() -> None:
    """Measures each size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where the files go")
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="768MB", help="DuckDB's limit within curation")
    parser.add_argument(
        "--limit",
        type=int,
        default=2048,
        help="MiB of resident memory above which curation's process is killed",
    )
    for hidden in ("--run", "--out"):
        parser.add_argument(hidden, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--mode", choices=("all", "copy", "curate"), default="all", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.mode != "all":
        child(options)
        return
    for rows in options.rows:
        print(json.dumps(measure(rows, options)), flush=True)


if __name__ == "__main__":
    main()
