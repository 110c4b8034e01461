"""CPU time per test of the code reward, against the cheapest process there is.

    python benchmarks/code_rewards.py [--programs 25] [--tests 20] [--level namespaces]

Prints, for each language, the CPU time of one test (client, worker and program; programs of `--tests` tests,
compiled before) and its ratio to `posix_spawn` + wait of `/bin/true` measured in the same run; node's
against a bare node start; tests/s against `subprocess.run(["python3", "file.py"])`; and the tests/s of all
cores together. CPU time, because wall time on a shared machine measures the neighbours.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from genesys.rewards.coding.judging import judge
from genesys.rewards.coding.suite import read_suite
from genesys.rewards.sandbox.build import Builder, Source
from genesys.rewards.sandbox.client import Worker
from genesys.rewards.sandbox.languages import LANGUAGES
from genesys.rewards.sandbox.levels import open_worker
from genesys.rewards.sandbox.session import Session
from genesys.rewards.sandbox.toolchains import find
from genesys.schema import Problem

PROGRAMS = {
    "python": "n = int(input())\nprint(sum(range(n + 1)))\n",
    "javascript": "const n = Number(require('fs').readFileSync(0, 'utf8'));\nconsole.log((n * (n + 1)) / 2);\n",
    "cpp": "#include <bits/stdc++.h>\nint main() { long n; std::cin >> n; std::cout << n * (n + 1) / 2 << '\\n'; }\n",
    "rust": "fn main() { let mut s = String::new(); std::io::stdin().read_line(&mut s).unwrap();\n"
    '    let n: u64 = s.trim().parse().unwrap(); println!("{}", n * (n + 1) / 2); }\n',
}
TARGETS = {"python": 10.0, "cpp": 4.0, "rust": 4.0}
"""Most times the CPU time of /bin/true."""


def problem(language: str, tests: int) -> Problem:
    """A problem whose tests any of the programs passes."""
    cases = [
        {"type": "stdin_stdout", "input": f"{n}\n", "output": f"{n * (n + 1) // 2}\n"}
        for n in range(1, tests + 1)
    ]
    return Problem(
        problem_id=f"sum-{language}",
        source="benchmark",
        task_type="verifiable_code",
        prompt="Print the sum of the numbers from 1 to n.",
        verification_info={"language": language, "test_cases": cases},
    )


def own_cpu() -> float:
    """CPU seconds of this process and of the children it has waited for."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def tree_cpu(pid: int) -> float:
    """CPU seconds of a worker: its two processes, and all that the second has waited for."""
    total = 0.0
    for child in (pid, *children(pid)):
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(") ")[2].split()
        total += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return total


def children(pid: int) -> list[int]:
    """The children of a process."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                fields = (folder / "stat").read_text().rpartition(") ")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                found.append(int(folder.name))
    return found


def each(count: int, action: Callable[[], object]) -> float:
    """CPU seconds of this process's side for one of `count` actions."""
    before = own_cpu()
    for _ in range(count):
        action()
    return (own_cpu() - before) / count


def spawn(*command: str) -> None:
    """Starts a process and waits for it."""
    pid = os.posix_spawn(command[0], command, {"PATH": "/usr/bin:/bin"})
    os.waitpid(pid, 0)


def bare_node(node: str) -> tuple[float, float]:
    """CPU seconds of starting node without anything around it: on an empty program, on the benchmark's."""
    with tempfile.TemporaryDirectory() as folder:
        program, given = Path(folder, "main.cjs"), Path(folder, "input")
        program.write_text(PROGRAMS["javascript"])
        given.write_text("7\n")
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, str(given), os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
        ]

        def start(*command: str) -> None:
            os.waitpid(os.posix_spawn(node, [node, *command], {}, file_actions=actions), 0)

        empty = same = 0.0
        for _ in range(40):  # in turn, so that both meet the same neighbours
            empty += each(1, lambda: start("-e", "0"))
            same += each(1, lambda: start(str(program)))
        return empty / 40, same / 40


def measure(session: Session, language: str, programs: int, tests: int) -> tuple[float, float]:
    """CPU and wall seconds of one test, over programs that differ and are compiled before."""
    suite = read_suite(problem(language, tests))
    sources = [f"{PROGRAMS[language]}{'#' if language == 'python' else '//'} {i}\n" for i in range(programs)]
    for source in sources:
        session.build(Source(language=language, text=source))
    pid = session.worker._process.pid
    cpu, wall = own_cpu() + tree_cpu(pid), time.perf_counter()
    for source in sources:
        judging = judge(session, suite, source, stop_on_first_failure=False)
        if any(outcome.cause for outcome in judging.outcomes):
            failed = [outcome for outcome in judging.outcomes if outcome.cause]
            raise SystemExit(f"{language}: {failed[:3]} {judging.rejected}")
    count = programs * tests
    return (own_cpu() + tree_cpu(pid) - cpu) / count, (time.perf_counter() - wall) / count


def throughput(level: str | None, tests: int, seconds: float = 4.0) -> float:
    """Python tests per wall second with one worker on each core."""
    cores = len(os.sched_getaffinity(0))
    builder, suite = Builder(), read_suite(problem("python", tests))
    workers = [open_worker(level) for _ in range(cores)]

    def run(worker: Worker) -> int:
        done, end = 0, time.perf_counter() + seconds
        while time.perf_counter() < end:
            judge(Session(worker, builder), suite, PROGRAMS["python"], stop_on_first_failure=False)
            done += tests
        return done

    with ThreadPoolExecutor(cores) as threads:
        total = sum(threads.map(run, workers))
    for worker in workers:
        worker.close()
    return total / seconds


def plain_python(count: int) -> tuple[float, float]:
    """CPU and wall seconds of one `subprocess.run` of `python3 file.py`."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "file.py")
        file.write_text(PROGRAMS["python"])
        wall = time.perf_counter()
        command = [sys._base_executable, str(file)]  # type: ignore[attr-defined]  # python3, no venv
        cpu = each(count, lambda: subprocess.run(command, input=b"7\n", capture_output=True, check=True))
        return cpu, (time.perf_counter() - wall) / count


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--programs", type=int, default=25)
    parser.add_argument("--tests", type=int, default=20)
    parser.add_argument("--level", default=None)
    options = parser.parse_args()
    worker = open_worker(options.level)
    session = Session(worker, Builder())
    floor = each(1000, lambda: spawn("/bin/true"))
    print(f"level {worker.level}; posix_spawn + wait of /bin/true: {floor * 1e3:.2f} ms CPU")
    wall_of: dict[str, float] = {}
    for language in LANGUAGES:
        chain = find(language)
        if chain is None:
            print(f"{language:11} no toolchain here")
            continue
        programs = max(2, options.programs // 5) if language == "javascript" else options.programs
        cpu, wall_of[language] = measure(session, language, programs, options.tests)
        line = f"{language:11} {cpu * 1e3:6.2f} ms CPU a test"
        if language == "javascript":
            empty, same = bare_node(chain.executable)
            print(
                f"{line}, {cpu / same:.2f} x the same program started bare, {same * 1e3:.1f} ms (target 1.2); "
                f"{cpu / empty:.2f} x an empty one, {empty * 1e3:.1f} ms"
            )
        else:
            print(f"{line}, {cpu / floor:.1f} x /bin/true (target {TARGETS[language]:.0f})")
    worker.close()
    plain_cpu, plain_wall = plain_python(100)
    print(
        f"python3 file.py by subprocess.run: {plain_cpu * 1e3:.1f} ms CPU, {1 / plain_wall:.0f} tests/s; "
        f"here {1 / wall_of['python']:.0f} tests/s on one core, {plain_wall / wall_of['python']:.1f} x (target 4)"
    )
    print(
        f"all {len(os.sched_getaffinity(0))} cores: {throughput(options.level, options.tests):.0f} Python tests/s"
    )


if __name__ == "__main__":
    main()
