"""Traces to read on the page: few, of every kind, and cut where they are long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from genesys.curation.reporting.document import Section
from genesys.curation.reporting.markup import Markup, element, joined, text
from genesys.schema import split_reasoning

PROMPT, REASONING, ANSWER = 4_000, 16_000, 6_000
"""Characters that are shown of each; of a longer text, its beginning and its end."""

PAGE = 1_500_000
"""Characters of samples on a page, at most."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One completion of a sample.

    Attributes:
        text: All of it.
        name: What it is called where there are several: "chosen".
    """

    text: str
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A problem and what was answered.

    Attributes:
        group: The tab under which it stands, one word: "wrong".
        tone: Its colour: "right", "wrong", "unscorable", "unscored" or "plain".
        verdict: A few words: "wrong, no_answer".
        name: Its id.
        facts: Faint words about it: source, tokens.
        prompt: The problem.
        answers: The completions.
        gold: The gold, or None.
        remark: What the verdict means, or "".
    """

    group: str
    tone: str
    verdict: str
    name: str
    prompt: str
    answers: Sequence[Answer]
    facts: Sequence[str] = field(default_factory=tuple)
    gold: str | None = None
    remark: str = ""

    @property
    def size(self) -> int:
        """About how many characters it takes on the page."""
        return len(self.prompt[:PROMPT]) + sum(len(one.text[: REASONING + ANSWER]) for one in self.answers)


def samples_section(samples: Iterable[Sample], groups: Mapping[str, str], of: str) -> Section:
    """The samples, under one tab for each group.

    Args:
        samples: What to show; those beyond the page's size are left out.
        groups: Group -> words on its tab, in order; groups without samples get no tab.
        of: What they were taken from: "of 12,216 completions".
    """
    shown, size = [], 0
    for sample in samples:
        size += sample.size
        if size <= PAGE:
            shown.append(sample)
    used = {name: words for name, words in groups.items() if any(one.group == name for one in shown)}
    radios = [element("input", type="radio", name="tab", id="tab-all", class_="switch", checked=True)]
    radios += [element("input", type="radio", name="tab", id=f"tab-{name}", class_="switch") for name in used]
    labels = [element("label", f"all {len(shown)}", for_="tab-all")]
    labels += [
        element("label", f"{words} {sum(one.group == name for one in shown)}", for_=f"tab-{name}")
        for name, words in used.items()
    ]
    body = joined(
        [
            element("style", joined(_rules(used))),
            *radios,
            element("div", labels, class_="tabs"),
            element("div", (_sample(one, opened=at == 0) for at, one in enumerate(shown)), class_="samples"),
        ]
    )
    intro = (
        f"{len(shown):,} {of}, picked from as many sources as there are. Click one to open it; reasoning is folded. Of a "
        f"reasoning longer than {REASONING:,} characters, an answer longer than {ANSWER:,} or a prompt longer than "
        f"{PROMPT:,}, the middle is left out."
    )
    return Section(name="samples", title="Samples", body=body, intro=intro)


def _rules(groups: Iterable[str]) -> list[Markup]:
    """Styles that make the tabs work without a script; the groups' names are ours."""
    made = ["#tab-all:checked ~ .tabs label[for=tab-all]{border-color:var(--accent);color:var(--accent)}"]
    for name in groups:
        made.append(f"#tab-{name}:checked ~ .samples .sample:not(.in-{name}){{display:none}}")
        made.append(
            f"#tab-{name}:checked ~ .tabs label[for=tab-{name}]{{border-color:var(--accent);color:var(--accent)}}"
        )
    return [Markup(rule) for rule in made]


def _sample(sample: Sample, *, opened: bool) -> Markup:
    summary = element(
        "summary",
        element("span", sample.verdict, class_="chip"),
        element("span", sample.name, class_="id mono"),
        element("span", " · ".join(fact for fact in sample.facts if fact), class_="facts"),
    )
    parts = [_named("problem", element("pre", _cut(sample.prompt, PROMPT), class_="prompt", dir="auto"))]
    if sample.gold is not None:
        parts.append(_named("gold", element("pre", _cut(sample.gold, PROMPT))))
    answers = [_answer(one) for one in sample.answers]
    parts.append(element("div", answers, class_="pairing") if len(answers) > 1 else joined(answers))
    if sample.remark:
        parts.append(element("p", sample.remark, class_="note"))
    kinds = f"sample is-{sample.tone} in-{sample.group}"
    return element("details", summary, element("div", parts, class_="body"), class_=kinds, open=opened)


def _answer(one: Answer) -> Markup:
    reasoning, answer = split_reasoning(one.text)
    parts: list[Markup] = []
    if reasoning is not None and reasoning.strip():
        open_end = "" if answer is not None else ", which never closed"
        parts.append(
            element(
                "details",
                element("summary", f"reasoning, {len(reasoning):,} characters{open_end}"),
                element("pre", _cut(reasoning.strip(), REASONING), dir="auto"),
                class_="folded",
            )
        )
    if answer is not None:
        parts.append(_named("answer", element("pre", _cut(answer.strip() or "(empty)", ANSWER), dir="auto")))
    name = element("div", one.name, class_="part-name") if one.name else None
    return element("div", name, parts)


def _named(name: str, body: Markup) -> Markup:
    return joined([element("div", name, class_="part-name"), body])


def _cut(words: str, most: int) -> Markup:
    """A text, or its two ends with what stands between them left out."""
    if len(words) <= most:
        return text(words)
    half = most // 2
    left = element("span", f"\n… {len(words) - 2 * half:,} characters left out …\n", class_="cut")
    return joined([text(words[:half]), left, text(words[-half:])])
