"""The page: sections under a title, in one file that asks nobody for anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files

from genesys.curation.reporting.markup import Markup, element, joined, trusted
from genesys.version import __version__

# Should anything ever slip through: no script runs, and nothing is fetched.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the page.

    Attributes:
        name: Its anchor, ours.
        title: Its heading; "" for one that has none, and is not in the navigation.
        body: What it shows.
        intro: A sentence under the heading.
        wide: Whether it takes the whole width; else two stand side by side where there is room.
        fill: Whether its one chart takes the height that its neighbour has.
    """

    name: str
    title: str
    body: Markup
    intro: str = ""
    wide: bool = True
    fill: bool = False


def page(title: str, lead: str, sections: Sequence[Section]) -> str:
    """The whole page as HTML.

    Args:
        title: What it is about.
        lead: A sentence on it.
        sections: In their order.
    """
    style = trusted(files("genesys.curation.reporting").joinpath("theme.css").read_text("utf-8"))
    named = [section for section in sections if section.title]
    links = (element("a", section.title, href=f"#{section.name}") for section in named)
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{title} – genesys"),
        element("style", style),
    )
    body = element(
        "body",
        element(
            "header",
            element("p", "genesys", class_="brand"),
            element("h1", title),
            element("p", lead, class_="lead"),
        ),
        element("nav", element("div", links), aria_label="Sections"),
        element("main", (_section(section) for section in _paired(sections))),
        element(
            "footer",
            f"Made by genesys {__version__}. This page is one file: no script, no server, no network.",
        ),
    )
    return f"<!doctype html>\n{element('html', joined([head, body]), lang='en')}\n"


def _paired(sections: Sequence[Section]) -> list[Section]:
    """The sections, where a narrow one that would stand alone is made wide."""
    found: list[Section] = []
    open_pair = False
    for section in sections:
        if section.wide and open_pair:
            found[-1] = replace(found[-1], wide=True)
        open_pair = not section.wide and not open_pair
        found.append(section)
    if open_pair:
        found[-1] = replace(found[-1], wide=True)
    return found


def _section(section: Section) -> Markup:
    marks = (("wide", section.wide), ("bare", not section.title), ("fill", section.fill))
    kinds = [kind for kind, on in marks if on]
    return element(
        "section",
        element("h2", section.title) if section.title else None,
        element("p", section.intro, class_="intro") if section.intro else None,
        section.body,
        id=section.name,
        class_=" ".join(kinds) or None,
    )
