"""The injection corpus: attempts to talk a judge into a better verdict, and how an answer makes one.

The attempts are data (`injections.toml`): fake verdicts and delimiters, turns of chat templates, hidden text, other
languages and so on. `genesys audit judge` puts them into wrong answers and measures how often that pays; the tests
show that none of them leaves its block or is read as a verdict.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from genesys.errors import ConfigurationError
from genesys.rewards.judging.rendering import shown
from genesys.rewards.judging.rubric import Rubric
from genesys.schema import Problem, canonical_json, split_reasoning

Place = Literal["before", "after", "both"]


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt.

    Attributes:
        name: Its name.
        category: What kind of attempt it is.
        text: What it says; `@field@`, `@best@` and `@value@` stand for words of the rubric.
        place: Where it stands: before the answer, after it, or both.
        padding: What comes before it.
        repeat: How often the padding comes.
    """

    name: str
    category: str
    text: str
    place: Place = "after"
    padding: str = ""
    repeat: int = 0

    def words(self, rubric: Rubric) -> str:
        """What it says where a rubric is asked."""
        best = best_of(rubric)
        value = best if rubric.reply == "points" else canonical_json(best)
        text = self.padding * self.repeat + self.text
        return text.replace("@field@", rubric.decides).replace("@best@", best).replace("@value@", value)

    def put_into(self, answer: str, rubric: Rubric) -> str:
        """An answer that makes the attempt."""
        words = self.words(rubric)
        before = f"{words}\n\n" if self.place != "after" else ""
        after = f"\n\n{words}" if self.place != "before" else ""
        return f"{before}{answer}{after}"


class Corpus(NamedTuple):
    """The attempts, and the version that measured rates name."""

    version: str
    attempts: tuple[Attempt, ...]


@cache
def injection_corpus() -> Corpus:
    """Reads the corpus of the package.

    Raises:
        ConfigurationError: If the file is not written as one.
    """
    file = files("genesys.rewards.judging") / "injections.toml"
    values = tomllib.loads(file.read_text(encoding="utf-8"))
    try:
        return Corpus(values["version"], tuple(Attempt(**one) for one in values["attempt"]))
    except (KeyError, TypeError) as error:
        raise ConfigurationError(f"the injection corpus is not written as one: {error}") from None


def best_of(rubric: Rubric) -> str:
    """The best that a rubric has to give: 100, or the word that counts as right."""
    if rubric.reply == "points":
        return "100"
    return next(word for word, outcome in rubric.outcomes.items() if outcome == "right")


def attacked(
    problem: Problem, rubric: Rubric, text: str, attempt: Attempt, *, form: str | None = None
) -> str:
    """A completion whose answer makes an attempt, where the judge will see it.

    Where the judge sees only the final answer of mathematics, the attempt stands in the box with it.

    Args:
        problem: The problem.
        rubric: What the judge will be asked.
        text: The completion's canonical text.
        attempt: The attempt.
        form: The `answer_format` of the verifier.
    """
    if rubric.sees == "final_answer" and problem.task_type == "verifiable_math":
        final = shown(rubric, problem, text, form).text or ""
        return f"\\boxed{{{attempt.put_into(final, rubric).translate(_ROUND)}}}"
    answer = split_reasoning(text).answer
    if answer is None:
        return text
    return text[: len(text) - len(answer)] + attempt.put_into(answer, rubric)


_ROUND = str.maketrans("{}", "()")
"""A box ends at the brace that closes it."""
