"""How one attempt fails."""

from __future__ import annotations


class AttemptFailed(Exception):
    """One attempt failed in a way that may pass; never leaves the client.

    Attributes:
        fault: What happened, fit to be shown.
        busy: Whether the server is up and refuses for now (429).
        malformed: Whether the server answered with something that is no reply.
        retry_after: Seconds that the server asks to wait, or None.
    """

    def __init__(
        self, fault: str, *, busy: bool = False, malformed: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(fault)
        self.fault = fault
        self.busy = busy
        self.malformed = malformed
        self.retry_after = retry_after
