"""How a program proves that it came to its end: a number that it gets only after it was loaded.

    program -> supervisor   b"L"      the solution is loaded, the tests begin     (descriptor 3)
    supervisor -> program   nonce     16 random bytes                              (descriptor 4)
    program -> supervisor   nonce     the last assertion held                      (descriptor 3)

A solution that exits early, whatever its exit status, that replaces `assert` by nothing in its own file,
or whose `main` returns before the tests, does not come to the third line. It runs in one process with the
tests, so a solution that knows this protocol can speak it: verdicts on such tests say
`trust="in_process"`.
"""

from __future__ import annotations

import fcntl
import os

REPORT, NONCE = 3, 4
"""Descriptors in the program: it writes to the first and reads from the second."""
NONCE_BYTES = 16


_ABOVE = 16  # no end may stand where a program's descriptors will be put


def _pipe() -> tuple[int, int]:
    """A pipe whose two ends have numbers out of the way."""
    reader, writer = os.pipe()
    moved = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _ABOVE) for end in (reader, writer))
    os.close(reader)
    os.close(writer)
    return moved[0], moved[1]


class Handshake:
    """The supervisor's side of one run."""

    def __init__(self) -> None:
        self.reports, self.program_reports = _pipe()
        self.program_nonce, self._nonce_end = _pipe()
        self._nonce = b""
        self._heard = b""
        os.set_blocking(self.reports, False)

    def advance(self) -> bool:
        """Reads what the program reported and answers; False once nothing more can come."""
        try:
            heard = os.read(self.reports, 4096)
        except BlockingIOError:
            return True
        self._heard = (self._heard + heard)[: 4 * NONCE_BYTES]
        if self._heard.startswith(b"L") and not self._nonce:
            self._nonce = os.urandom(NONCE_BYTES)
            os.write(self._nonce_end, self._nonce)
        return bool(heard)

    @property
    def completed(self) -> bool:
        """Whether the nonce came back."""
        return bool(self._nonce) and self._heard == b"L" + self._nonce

    def release(self) -> None:
        """Closes the program's ends in this process."""
        os.close(self.program_reports)
        os.close(self.program_nonce)

    def close(self) -> None:
        """Closes the rest."""
        os.close(self.reports)
        os.close(self._nonce_end)
