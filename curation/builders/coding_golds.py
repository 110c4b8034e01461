"""Running the solutions that a source calls right: the gold is the first that passes all tests here.

Two such solutions that both end well and print different things show that the problem has several right
answers, or that its tests are wrong; either way the tests alone cannot decide it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from genesys.curation.builders.candidate import Candidate, Outcome
from genesys.curation.builders.checks import require_decided
from genesys.curation.builders.context import BuildContext
from genesys.curation.builders.stage import drop
from genesys.schema import Problem, Verdict

TRIED = 4
"""Solutions run of a problem at most: of a dump's hundreds some are wrong, and few are needed."""

_AT_ONCE = 64


def fenced(solution: dict[str, str]) -> str:
    """A solution as a completion gives it."""
    return f"```{solution['language']}\n{solution['code'].strip()}\n```"


@dataclass(frozen=True)
class Solved:
    """Chooses golds by running them.

    Attributes:
        form: The problem of a candidate in a language.
        required: Whether a problem without any given solution is dropped.
        wants: Whose solutions are run; the others go on as they are.
        name: Of the stage.
    """

    form: Callable[[Candidate, str], Problem]
    required: bool = False
    wants: Callable[[Candidate], bool] = lambda candidate: True
    name: str = "solved"
    version: str = "1"

    def run(self, candidates: Iterable[Candidate], context: BuildContext) -> Iterator[Outcome]:
        """Adds `gold` and `language`; drops `no_solution`, `no_gold_passes` and `several_answers`.

        Raises:
            VerifierError: If programs cannot be run here.
        """
        remaining = iter(candidates)
        while chunk := list(islice(remaining, _AT_ONCE)):
            started = [
                (candidate, self._start(candidate, context) if self.wants(candidate) else None)
                for candidate in chunk
            ]
            for candidate, tries in started:
                if tries is None:
                    yield candidate
                else:
                    yield self._judge(candidate, [(solution, verdict()) for solution, verdict in tries])

    def _start(
        self, candidate: Candidate, context: BuildContext
    ) -> list[tuple[dict[str, str], Callable[[], Verdict]]]:
        tries: list[tuple[dict[str, str], Callable[[], Verdict]]] = []
        for solution in _few(candidate["solutions"]):
            future = context.grader.submit(self.form(candidate, solution["language"]), fenced(solution))
            tries.append((solution, future.result))
        return tries

    def _judge(self, candidate: Candidate, tries: Sequence[tuple[dict[str, str], Verdict]]) -> Outcome:
        if not tries:
            if self.required:
                return drop(candidate, "no_solution")
            return candidate.having(language="python", gold=None, gold_optional=True)
        for solution, verdict in tries:
            require_decided(self.form(candidate, solution["language"]), verdict)
        passing = [solution for solution, verdict in tries if verdict.score == 1.0]
        if not passing:
            told = "; ".join(
                f"{one['language']}: {verdict.cause} {_first(verdict)}" for one, verdict in tries
            )
            return drop(candidate, "no_gold_passes", told)
        differing = [verdict for _, verdict in tries if verdict.cause == "wrong_answer"]
        if differing and len(differing) >= len(passing):
            return drop(candidate, "several_answers", _first(differing[0]))
        gold = passing[0]
        return candidate.having(language=gold["language"], gold=gold["code"], others=_others(passing))


def _few(solutions: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """The first of each language, then the next ones: Python first, since problems are put in it."""
    ranked = sorted(solutions, key=lambda one: one["language"] != "python")
    first = {one["language"]: one for one in reversed(ranked)}
    rest = [one for one in ranked if one is not first[one["language"]]]
    return [*(one for one in ranked if one is first[one["language"]]), *rest][:TRIED]


def _others(passing: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Passing solutions in other languages than the first one's."""
    return [one for one in passing[1:] if one["language"] != passing[0]["language"]]


def _first(verdict: Verdict) -> str:
    info: dict[str, Any] = dict(verdict.info)
    return str(info.get("first_failure") or info.get("reason") or info)[:200]
