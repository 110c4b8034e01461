"""Headless Chromium: what a page looks like, says on its console and asks the network for."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What became of a page.

    Attributes:
        dom: The page after it was loaded, as HTML.
        console: Lines on its console.
        requests: URLs that the page asked for; those of the browser itself are none of them.
    """

    dom: str
    console: list[str]
    requests: list[str]


def visit(page: Path, folder: Path) -> Visit:
    """Loads a page with scripts on, and nowhere to go.

    Args:
        page: An HTML file.
        folder: For the browser's own files.
    """
    log = folder / "network.json"
    done = _run(page, folder, "--dump-dom", f"--log-net-log={log}", "--enable-logging=stderr")
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    network = json.loads(log.read_text())
    started = network["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    asked = [event.get("params", {}) for event in network["events"] if event["type"] == started]
    return Visit(
        dom=done.stdout,
        console=console,
        # what the browser asks for itself has no origin; what a page asks for has one, if an opaque one
        requests=[one["url"] for one in asked if one.get("initiator", "not an origin") != "not an origin"],
    )


def screenshot(
    page: Path, picture: Path, folder: Path, *, width: int, height: int, dark: bool = False
) -> None:
    """Takes a picture of the top of a page, as PNG."""
    mode = ["--force-dark-mode"] if dark else []
    _run(
        page, folder, f"--screenshot={picture}", f"--window-size={width},{height}", "--hide-scrollbars", *mode
    )


def _run(page: Path, folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    assert CHROMIUM is not None
    command = [
        CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", f"--user-data-dir={folder / 'profile'}",
        *flags, page.resolve().as_uri(),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
