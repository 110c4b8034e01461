"""What the doctor says of the sandbox."""

from __future__ import annotations

import pytest

from genesys.rewards.sandbox import doctor, levels
from genesys.rewards.sandbox.unavailable import SandboxUnavailable


def test_every_toolchain_and_level_has_its_line() -> None:
    lines = {line.name: line for line in doctor.doctor_lines()}
    assert {"toolchain python", "toolchain rust", "isolation namespaces", "code rewards"} <= lines.keys()
    assert lines["toolchain python"].ok
    assert all(line.remedy for line in lines.values() if not line.ok)


def test_where_nothing_holds_grading_is_refused_with_the_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(level: str) -> None:
        raise SandboxUnavailable(f"level {level!r} is not to be had: unshare: Operation not permitted")

    monkeypatch.setattr(levels, "_proven", refuse)
    with pytest.raises(SandboxUnavailable, match=r"namespaces.*unshare.*landlock") as refusal:
        levels.open_worker()
    assert refusal.value.remedy is not None
    assert "doctor" in refusal.value.remedy
