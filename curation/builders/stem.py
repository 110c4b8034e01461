"""Builder `stem`: questions of Stack Exchange, with the most upvoted answer as the gold.

Reads the data dump's Posts.xml, and JSONL or Parquet rows of threads. Posts are under CC BY-SA: each problem
carries the address, the authors and the version of the licence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from genesys.curation.builders.builder import BuildOptions
from genesys.curation.builders.candidate import Candidate, Outcome
from genesys.curation.builders.html_markdown import markdown_of
from genesys.curation.builders.json_replies import read_object
from genesys.curation.builders.llm_step import LlmStep, MalformedReply
from genesys.curation.builders.prompt import load_prompt
from genesys.curation.builders.row_files import ENDINGS, candidates_of_file, files_of
from genesys.curation.builders.stackexchange_posts import read_posts
from genesys.curation.builders.stage import Each, Stage, drop
from genesys.curation.builders.stem_rules import judge_answer, judge_figures, judge_question, judge_votes
from genesys.curation.builders.thread import Thread, thread_of_row
from genesys.envs.sources.rows import Row
from genesys.errors import ConfigurationError
from genesys.schema import Problem

DEFAULTS: Mapping[str, Any] = {"site": None, "min_votes": 3}
"""Options: the site of a dump, by default the name of its folder where that has a dot; and the fewest votes
of an answer that counts as a gold."""

JUDGING = (
    "The reference is the answer that the readers of the site voted for most. The candidate is right as far as it "
    "reaches the same conclusions for the same reasons; other words, another order and more detail are no fault."
)
VERDICTS = ("keep", "opinion", "list", "recall", "link_only", "outdated", "incomplete", "wrong")


class StemBuilder:
    """Questions whose answers can be compared.

    Args:
        options: `extra` may hold what `DEFAULTS` lists.
    """

    name = "stem"
    version = "1"
    task_type = "llm_judgeable_groundtruth_similarity"
    compares = True

    def __init__(self, options: BuildOptions) -> None:
        unknown = sorted(set(options.extra) - set(DEFAULTS))
        if unknown:
            raise ConfigurationError(
                f"the builder 'stem' has no option {unknown[0]!r}", f"Its options: {', '.join(DEFAULTS)}."
            )
        self._options = options
        self._set = {**DEFAULTS, **options.extra}
        if not isinstance(self._set["min_votes"], int) or not isinstance(self._set["site"], str | None):
            raise ConfigurationError(
                f"--option min_votes={self._set['min_votes']} and site={self._set['site']} make no sense",
                "Give a whole number and a name, such as physics.stackexchange.com.",
            )

    def candidates(self, sources: Sequence[Path | str], limit: int | None) -> Iterator[Outcome]:
        """Questions of dumps and threads, each with its best answer.

        Raises:
            ConfigurationError: If there is no such file.
            DataError: If a dump is damaged.
        """
        for path in files_of(sources, (".xml", *ENDINGS)):
            site = self._set["site"] or (path.parent.name if "." in path.parent.name else "stackexchange")
            if path.suffix == ".xml":
                yield from map(_candidate, read_posts(path, site))
                continue
            yield from candidates_of_file(path, partial(_of_row, site=site))

    def stages(self) -> Sequence[Stage]:
        """Rules on votes and figures, Markdown, rules on words, then a model's opinion."""
        rules: list[Stage] = [
            Each(
                name="votes",
                judge=partial(judge_votes, least=self._set["min_votes"]),
                version=f"1-{self._set['min_votes']}",
            ),
            Each(name="figures", judge=judge_figures),
            Each(name="markdown", judge=_in_markdown),
            Each(name="question", judge=judge_question),
            Each(name="answer", judge=judge_answer),
        ]
        if not self._options.llm:
            return rules
        review = LlmStep(name="review", prompt=load_prompt("stem-review@1"), fields=_told, read=_read)
        return [*rules, review]

    def problem(self, candidate: Candidate) -> Problem:
        """The question with its title; the answer as the gold."""
        kept = ("url", "tags", "question_score", "answer_score", "answer_id", "answers", "licence", "authors")
        return Problem(
            problem_id=candidate.candidate_id,
            source=candidate.source,
            task_type=self.task_type,
            in_source_id=candidate["question_id"],
            prompt=_question(candidate),
            gold_standard_solution=candidate["answer"],
            verification_info={"judging_instructions": JUDGING},
            metadata={name: candidate[name] for name in kept},
        )

    def licences(self) -> Mapping[str, str]:
        """The licence of all sites; its version stands with each problem."""
        return _ByShareAlike()


class _ByShareAlike(Mapping[str, str]):
    """Every site's posts are under CC BY-SA."""

    def __getitem__(self, site: str) -> str:
        return "CC BY-SA (version in metadata.licence): keep metadata.url and metadata.authors"

    def __iter__(self) -> Iterator[str]:
        return iter(("Stack Exchange",))

    def __len__(self) -> int:
        return 1

    def get(self, key: str, default: object = None) -> str:
        return self[key]  # no site is unknown


def _of_row(row: Row, path: Path, *, site: str) -> Candidate:
    return _candidate(thread_of_row(row, site))


def _candidate(thread: Thread) -> Candidate:
    answer = thread.answer
    return Candidate(
        candidate_id=f"{thread.site}-{thread.question.id}",
        source=thread.site,
        fields={
            "title": thread.title,
            "question_html": thread.question.html,
            "answer_html": None if answer is None else answer.html,
            "tags": list(thread.tags),
            "question_id": thread.question.id,
            "question_score": thread.question.score,
            "answer_id": None if answer is None else answer.id,
            "answer_score": None if answer is None else answer.score,
            "answers": thread.answers,
            "closed": thread.closed,
            "url": thread.url,
            "licence": _licence(max(thread.question.date, "" if answer is None else answer.date)),
            "authors": [thread.question.owner, None if answer is None else answer.owner],
        },
    )


def _licence(date: str) -> str:
    """The version of CC BY-SA by the date of the later post (stackoverflow.com/help/licensing)."""
    if not date:
        return "CC BY-SA"
    return f"CC BY-SA {'2.5' if date < '2011-04-08' else '3.0' if date < '2018-05-02' else '4.0'}"


def _in_markdown(candidate: Candidate) -> Outcome:
    fields = dict(candidate.fields)
    question, answer = fields.pop("question_html"), fields.pop("answer_html")
    try:
        told = {"question": markdown_of(question), "answer": markdown_of(answer)}
    except RecursionError:
        return drop(candidate, "malformed", "its HTML is nested too deeply")
    return replace(candidate, fields={**fields, **told})


def _question(candidate: Candidate) -> str:
    title = str(candidate["title"]).strip()
    return f"{title}\n\n{candidate['question']}" if title else str(candidate["question"])


def _told(candidate: Candidate) -> dict[str, str]:
    return {"question": _question(candidate), "answer": str(candidate["answer"])}


def _read(candidate: Candidate, reply: str) -> Outcome:
    found = read_object(reply, verdict=str)
    verdict = found["verdict"].strip().lower()
    if verdict not in VERDICTS:
        raise MalformedReply(f"the verdict {verdict[:40]!r}")
    return candidate if verdict == "keep" else drop(candidate, f"review:{verdict}", found.get("reason", ""))
