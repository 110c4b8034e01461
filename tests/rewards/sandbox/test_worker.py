"""What programs get from a worker, and what they do not."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from canaries import living

from genesys.errors import UnknownName
from genesys.rewards.sandbox.build import Executable, Rejected, Source
from genesys.rewards.sandbox.client import BATCH, Report, Worker
from genesys.rewards.sandbox.languages import LANGUAGES
from genesys.rewards.sandbox.levels import open_worker
from genesys.rewards.sandbox.limits import Limits
from genesys.rewards.sandbox.selftest import CHECKS
from genesys.rewards.sandbox.session import Session
from genesys.rewards.sandbox.unavailable import SandboxFault

LIMITS = LANGUAGES["python"].limits


def run(
    session: Session, program: str, *inputs: bytes, language: str = "python", limits: Limits = LIMITS
) -> list[Report]:
    made = session.build(Source(language=language, text=program))
    assert isinstance(made, Executable), made
    return list(session.run(made, inputs or (b"",), limits))


def test_the_level_is_what_the_self_test_proved(session: Session) -> None:
    assert session.worker.proven == CHECKS


def test_a_program_reads_stdin_and_writes_stdout(session: Session) -> None:
    reports = run(session, "print(int(input()) + 1)", b"1\n", b"41\n")
    assert [(report.index, report.status, report.stdout) for report in reports] == [
        (0, 0, b"2\n"),
        (1, 0, b"42\n"),
    ]


def test_more_tests_than_a_request_holds(session: Session) -> None:
    reports = run(session, "print(input())", *(b"%d\n" % i for i in range(BATCH + 2)))
    assert [report.stdout for report in reports] == [b"%d\n" % i for i in range(BATCH + 2)]
    assert [report.index for report in reports] == list(range(BATCH + 2))


@pytest.mark.parametrize(
    "read",
    ["sys.stdin.read()", "open(0).read()", "sys.stdin.buffer.read().decode()", "open('/dev/stdin').read()"],
)
def test_the_idioms_of_reading(session: Session, read: str) -> None:
    if session.level == "landlock" and "/dev/stdin" in read:
        pytest.skip("/proc is not to be seen at this level")
    (report,) = run(session, f"import sys\nprint({read}.strip()[::-1])", b"abc\n")
    assert report.stdout == b"cba\n", report


def test_no_test_runs_as_root(session: Session) -> None:
    (report,) = run(session, "import os\nprint(os.getuid(), os.geteuid(), *os.getgroups())")
    assert b"0" not in report.stdout.split()


def test_no_state_goes_from_one_test_to_the_next(session: Session) -> None:
    program = "import os\nprint(sorted(os.listdir('.')))\nopen('left', 'w').write('x')\nos.mkdir('folder')"
    reports = run(session, program, b"", b"", b"")
    assert {report.stdout for report in reports} == {b"[]\n"}


def test_the_environment_holds_no_secrets(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENESYS_TEST_SECRET", "hunter2")
    worker = open_worker(session.level)
    try:
        (report,) = run(Session(worker, session.builder), "import os\nprint(dict(os.environ))")
    finally:
        worker.close()
    assert b"hunter2" not in report.stdout
    assert report.status == 0


def test_cpu_time_decides_a_limit(session: Session) -> None:
    (report,) = run(session, "while True: pass", limits=LIMITS.with_cpu(1))
    assert report.cpu >= 0.9
    assert report.status < 0


def test_ignoring_the_signal_does_not_help(session: Session) -> None:
    program = "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"
    (report,) = run(session, program, limits=LIMITS.with_cpu(1))
    assert report.cpu < 3
    assert report.status < 0


def test_waiting_is_ended_by_wall_time(session: Session) -> None:
    (report,) = run(session, "import time\ntime.sleep(60)", limits=replace(LIMITS, wall_seconds=0.5))
    assert report.stopped == "wall"


def test_output_is_limited(session: Session) -> None:
    (report,) = run(session, "while True: print('x' * 10000)", limits=replace(LIMITS, output_bytes=1 << 20))
    assert len(report.stdout) == 1 << 20


def test_memory_is_limited(session: Session) -> None:
    (report,) = run(session, "b = bytearray(700 << 20)", limits=replace(LIMITS, memory_bytes=512 << 20))
    assert b"MemoryError" in report.stderr


def test_stderr_is_kept_from_its_end_and_apart(session: Session) -> None:
    (report,) = run(
        session, "import sys\nprint('x' * 50000, file=sys.stderr)\nprint(1)\nraise ValueError('here')"
    )
    assert report.stdout == b"1\n"
    assert report.stderr.endswith(b"ValueError: here\n")


def test_exit_functions_run_and_threads_are_joined(session: Session) -> None:
    program = (
        "import atexit, threading, time\natexit.register(print, 'bye')\n"
        "threading.Thread(target=lambda: (time.sleep(.1), print('late'))).start()\nprint('first')"
    )
    (report,) = run(session, program)
    assert report.stdout == b"first\nlate\nbye\n"


def test_sets_of_texts_have_one_order_everywhere(session: Session) -> None:
    program = "print(*{str(i) for i in range(50)})"
    reports = run(session, program, b"", b"")
    other = open_worker(session.level)
    try:
        (elsewhere,) = run(Session(other, session.builder), program)
    finally:
        other.close()
    assert {report.stdout for report in reports} == {elsewhere.stdout}


def test_closing_the_reports_spares_the_rest(session: Session) -> None:
    made = session.build(Source(language="python", text="print(input())"))
    assert isinstance(made, Executable)
    reports = session.run(made, [b"%d\n" % i for i in range(50)], LIMITS)
    assert next(reports).stdout == b"0\n"
    reports.close()
    assert run(session, "print('next')")[0].stdout == b"next\n"


def test_a_killed_worker_is_a_fault_and_not_a_verdict(session: Session) -> None:
    worker = Worker(session.level)
    made = session.build(Source(language="python", text="print(1)"))
    assert isinstance(made, Executable)
    os.kill(worker._process.pid, 9)
    with pytest.raises(SandboxFault):
        list(Session(worker, session.builder).run(made, [b""], LIMITS))
    assert worker.closed


def test_nothing_outlives_a_worker_that_is_closed_in_the_middle(session: Session) -> None:
    name = f"genesys-test-{os.getpid()}-{session.level}"
    program = f"import os, sys\nprint(1, flush=True)\nos.execv('/bin/sleep', ['{name}', '60'])"
    worker = Worker(session.level)
    made = session.build(Source(language="python", text=program))
    assert isinstance(made, Executable)
    thread = threading.Thread(target=lambda: suppress_fault(Session(worker, session.builder), made))
    thread.start()
    while not living(name):
        time.sleep(0.01)
    worker.close()
    thread.join()
    for _ in range(200):
        if not living(name):
            break
        time.sleep(0.01)
    assert not living(name)
    assert not Path(worker._scratch).exists()


def suppress_fault(session: Session, made: Executable) -> None:
    with suppress(SandboxFault, OSError, ValueError):
        list(session.run(made, [b""], LIMITS))


def test_a_hostile_folder_is_removed(session: Session) -> None:
    program = "import os\nfor i in range(3000):\n    os.mkdir('d'); os.chdir('d')\n    if i % 100 == 0: open('f', 'w').close()\n"
    limits = replace(LIMITS, files=10_000)
    assert run(session, program, limits=limits)[0].index == 0
    assert run(session, "import os\nprint(os.listdir('.'))")[0].stdout == b"[]\n"


@pytest.mark.parametrize("language", ["python", "cpp", "rust"])
def test_what_does_not_compile_is_rejected_with_the_compiler_s_words(session: Session, language: str) -> None:
    made = session.build(Source(language=language, text="this is no program"))
    assert isinstance(made, Rejected)
    assert "error" in made.words.lower()
    assert "/tmp" not in made.words


def test_a_compiler_reads_nothing_of_the_host(session: Session) -> None:
    made = session.build(Source(language="cpp", text='#include "/etc/hostname"\nint main() {}'))
    assert isinstance(made, Rejected)


def test_a_program_is_compiled_once(session: Session) -> None:
    source = Source(language="cpp", text="int main() { return 0; } // once")
    first, second = session.build(source), session.build(source)
    assert first.cpu > 0
    assert second.cpu == 0


def test_an_unknown_level_is_an_error() -> None:
    with pytest.raises(UnknownName, match="namespace"):
        open_worker("namespace")


def test_the_weakest_level_is_never_taken_unasked() -> None:
    worker = open_worker("rlimits")
    try:
        assert (worker.level, worker.proven) == ("rlimits", ())
    finally:
        worker.close()
