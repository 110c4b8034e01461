"""The page about a run or a dataset: what stands on it, and what cannot get out of it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from command_line import genesys
from curation_runs import Row, make_run, problem, verdict
from hypothesis import given
from hypothesis import strategies as st
from report_runs import rows

from genesys.curation import curate
from genesys.curation.reporting import write_report
from genesys.curation.reporting.binning import interval, length_bins, score_bins
from genesys.curation.reporting.markup import element, text
from genesys.curation.reporting.samples import REASONING
from genesys.errors import ConfigurationError, DataError


class Tags(HTMLParser):
    """The tags of a page, its attributes' names, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def parsed(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    return tags


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("report") / "first", rows(evil=True))


@pytest.fixture(scope="module")
def dataset(run: Path) -> Path:
    curate([run], "synthetic-1", run.parent / "data")
    return run.parent / "data"


def written(folder: Path, out: Path) -> str:
    size = write_report(folder, out)
    page = out.read_text()
    assert size == len(page.encode())
    return page


def test_a_runs_page_has_its_sections_and_its_numbers(run: Path, tmp_path: Path) -> None:
    page = written(run, tmp_path / "page.html")
    ids = set(re.findall(r'<section id="(\w+)"', page))
    sections = {
        "overview",
        "verdicts",
        "scores",
        "difficulty",
        "lengths",
        "sources",
        "causes",
        "yield",
        "samples",
        "identity",
    }
    assert ids == sections
    words = "".join(parsed(page).words)
    assert "22completions" in words
    assert "7 of 21 with a score" in words
    assert "bad_gold: Repair or drop the problem" in words


def test_a_datasets_page_says_what_each_step_dropped(dataset: Path, tmp_path: Path) -> None:
    page = written(dataset, tmp_path / "page.html")
    ids = set(re.findall(r'<section id="(\w+)"', page))
    assert ids == {
        "overview",
        "steps",
        "sources",
        "scores",
        "causes",
        "lengths",
        "yield",
        "samples",
        "origin",
    }
    words = " ".join(parsed(page).words)
    assert "dropped: below_threshold" in words
    assert "dropped: truncated:length" in words
    assert "dropped: fewer_than_two_completions" in words


@pytest.mark.parametrize("kind", ["run", "dataset"])
def test_what_a_model_wrote_is_text_and_nothing_else(
    kind: str, run: Path, dataset: Path, tmp_path: Path
) -> None:
    folder = run if kind == "run" else dataset
    tags = parsed(written(folder, tmp_path / "page.html"))
    assert not {"script", "iframe", "img", "object", "embed", "link", "form", "base"} & set(tags.tags)
    assert not {name for name in tags.attributes if name.startswith("on")}
    assert not {"src", "srcset", "action", "data"} & tags.attributes
    assert any("<script>document.title='taken'</script>" in words for words in tags.words)
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", "".join(tags.words))


def test_links_lead_nowhere_but_into_the_page(run: Path, tmp_path: Path) -> None:
    page = written(run, tmp_path / "page.html")
    assert all(link.startswith("#") for link in re.findall(r'href="([^"]*)"', page))
    assert "http://" not in page
    assert "https://" not in page
    assert "url(" not in page
    assert "@import" not in page


def test_long_texts_are_cut_in_their_middle_and_the_page_says_so(tmp_path: Path) -> None:
    long = "a" * REASONING + "MIDDLE" + "z" * REASONING
    row = Row(problem=problem("p"), text=f"<think>{long}</think>42", verdicts=[verdict(1.0)])
    page = written(make_run(tmp_path / "run", [row]), tmp_path / "page.html")
    assert "MIDDLE" not in page
    assert f"… {len(long) - REASONING:,} characters left out …" in page
    assert "the middle is left out" in page
    assert "1 of 1 completions" in page


def test_the_page_stays_small_however_long_the_traces_are(tmp_path: Path) -> None:
    one = problem("p")
    many = [
        Row(problem=one, index=index, text="x" * 20_000 + str(index), verdicts=[verdict(1.0)])
        for index in range(150)
    ]
    size = write_report(make_run(tmp_path / "run", many), tmp_path / "page.html", samples=150)
    assert size < 2_000_000
    assert "of 150 completions" in (tmp_path / "page.html").read_text()


def test_an_unscored_run_has_a_page_too(tmp_path: Path) -> None:
    page = written(make_run(tmp_path / "run", [Row(problem=problem("p"))]), tmp_path / "page.html")
    assert "not verified yet" in page


def test_the_command_writes_the_page_and_refuses_what_is_neither(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    done = genesys("report", run, "--out", out, "--verifier", "math-verify", "--json")
    assert done.returncode == 0, done.stderr
    assert out.stat().st_size > 10_000
    (tmp_path / "nothing").mkdir()
    with pytest.raises(ConfigurationError, match="neither a run nor a dataset"):
        write_report(tmp_path / "nothing", out)


def test_a_damaged_manifest_and_a_verifier_for_a_dataset_are_refused(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="made with its verifiers already"):
        write_report(dataset, tmp_path / "page.html", verifier="math@1")
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(DataError, match="is no manifest"):
        write_report(tmp_path, tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize(("old", "new"), [('"sft/train', '"../sft/train'), ('"sft": {', '"x}</style>": {')])
def test_a_strangers_manifest_leads_nowhere_and_styles_nothing(
    dataset: Path, tmp_path: Path, old: str, new: str
) -> None:
    text = (dataset / "manifest.json").read_text()
    assert old in text
    (tmp_path / "manifest.json").write_text(text.replace(old, new))
    with pytest.raises(DataError, match="is no manifest"):
        write_report(tmp_path, tmp_path / "page.html")


@given(st.text(), st.text())
def test_no_text_gets_out_of_an_element_or_an_attribute(inner: str, value: str) -> None:
    tags = parsed(element("p", inner, title=value))
    assert tags.tags == ["p"]
    assert tags.attributes == {"title"}
    assert "".join(tags.words) == "".join(parsed(text(inner)).words)


def test_only_our_own_names_make_elements() -> None:
    for name, attributes in (("p onclick=x", {}), ("p", {"onclick": "x"}), ("p", {"a b": "x"})):
        with pytest.raises(ValueError, match="is no"):
            element(name, **attributes)


@given(st.lists(st.floats(0, 1), max_size=50), st.lists(st.integers(0, 10**7), max_size=50))
def test_every_number_falls_into_one_bin(scores: list[float], sizes: list[int]) -> None:
    import numpy as np

    assert sum(score_bins({"right": np.array(scores, float)}).counts["right"]) == len(scores)
    assert sum(length_bins({"plain": np.array(sizes, float)}).counts["plain"]) == len(sizes)


def test_an_interval_holds_the_share_it_is_of() -> None:
    for passed, of in ((0, 10), (10, 10), (3, 7), (500, 1000)):
        low, high = interval(passed, of)
        assert 0.0 <= low <= passed / of <= high <= 1.0
    assert interval(0, 0) == (0.0, 1.0)
