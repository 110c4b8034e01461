"""The page in a real browser: it renders, says nothing on the console, and asks nobody for anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from browser import CHROMIUM, screenshot, visit
from curation_runs import make_run
from report_runs import rows

from genesys.curation.reporting import write_report

Image = pytest.importorskip("PIL.Image", reason="needs Pillow")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    write_report(make_run(folder / "run", rows(evil=True)), folder / "page.html")
    return folder / "page.html"


def test_it_loads_without_a_word_and_without_a_request(page: Path, tmp_path: Path) -> None:
    seen = visit(page, tmp_path)
    assert seen.console == []
    assert seen.requests == []
    sections = set(re.findall(r'<section id="(\w+)"', seen.dom))
    assert {"overview", "verdicts", "scores", "lengths", "sources", "causes", "yield", "samples"} <= sections
    assert "<title>run – genesys</title>" in seen.dom  # what a completion's script would have changed
    assert "<script" not in seen.dom
    assert seen.dom.count("<rect") > 20


def test_a_page_that_fetches_and_fails_would_be_seen(tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text('<img src="http://127.0.0.1:9/x.png"><script>console.error("no"); missing()</script>')
    seen = visit(bad, tmp_path)
    assert seen.requests == ["http://127.0.0.1:9/x.png"]
    assert len(seen.console) >= 2


@pytest.mark.parametrize(("width", "dark"), [(1200, False), (390, True)])
def test_its_picture_is_not_blank(page: Path, tmp_path: Path, width: int, dark: bool) -> None:
    picture = tmp_path / "page.png"
    screenshot(page, picture, tmp_path, width=width, height=1400, dark=dark)
    with Image.open(picture) as opened:
        assert opened.width == width
        pixels = opened.convert("RGB").resize((width // 4, opened.height // 4))
    colours = pixels.getcolors(maxcolors=1 << 20)
    assert colours is not None
    assert len(colours) > 50
    top = pixels.getpixel((1, 1))
    assert isinstance(top, tuple)
    assert max(top) < 64 if dark else min(top) > 192
