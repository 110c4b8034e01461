"""Mathematics with a second opinion: the symbolic verifier decides, a judge only where that cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from genesys.errors import ConfigurationError
from genesys.rewards.judging.ledger import judge_ledger
from genesys.rewards.judging.service import close_services
from genesys.rewards.judging.settings import JudgeSettings
from genesys.rewards.judging.verifier import JudgeVerifier
from genesys.rewards.mathematics.verifier import MathVerifier
from genesys.rewards.verifier import Elsewhere, Kind, VerifierSpec
from genesys.schema import Problem, Verdict, digest_of

UNCERTAIN = "needs_judge"
"""The cause under which the symbolic verifier leaves a question open."""


@dataclass(frozen=True, kw_only=True)
class DualMathVerifier(JudgeSettings):
    """Asks `math` first and a judge about what that calls uncertain, as OpenR1-Math-220k was verified.

    A certain verdict is never overruled. Both verdicts stand in the info, with `decided_by`.

    Attributes:
        check_share: Share of the certain verdicts that the judge is asked about as well, chosen by content; its
            answer changes no score, and `agrees` in the info and the ledger tell whether it is the same.
    """

    name: ClassVar[str] = "dual-math"
    version: ClassVar[str] = "1"
    kind: ClassVar[Kind] = "remote"
    asks_judge: ClassVar[bool] = True

    check_share: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.check_share, bool) or not 0 <= self.check_share <= 1:
            raise ConfigurationError(f"check_share must lie between 0 and 1, not {self.check_share!r}")

    def quick(self, problem: Problem, text: str) -> Verdict | None:
        """The verdict where the symbolic verifier is certain at once and is not to be checked."""
        symbolic = self._math().quick(problem, text)
        if symbolic is None or symbolic.cause == UNCERTAIN or self.is_checked(problem, text, symbolic):
            return None
        return self._by_math(symbolic)

    async def averify(self, problem: Problem, text: str) -> Verdict:
        """`averify_with` through the grader of this process, for callers that have none of their own."""
        from genesys.rewards.grading.singleton import grader

        async def elsewhere(spec: VerifierSpec, problem: Problem, text: str) -> Verdict:
            return await grader().averify(problem, text, verifier=spec)

        return await self.averify_with(problem, text, elsewhere)

    async def averify_with(self, problem: Problem, text: str, elsewhere: Elsewhere) -> Verdict:
        """The verdict; `elsewhere` runs the symbolic verifier where that can be killed."""
        symbolic = await elsewhere(VerifierSpec.of(self._math()), problem, text)
        if symbolic.cause == UNCERTAIN:
            opinion = await self.judge().averify(problem, text)
            info = {"decided_by": "judge", "math": self._brief_math(symbolic), "judge": _brief(opinion)}
            return Verdict(score=opinion.score, cause=opinion.cause, info=info)
        if self.is_checked(problem, text, symbolic):
            opinion = await self.judge().averify(problem, text)
            return self._by_math(symbolic, opinion)
        return self._by_math(symbolic)

    def verify(self, problem: Problem, text: str) -> Verdict:
        """What `averify` does, through the grader of this process. Not to be called on the grader's loop."""
        from genesys.rewards.grading.singleton import grader

        return grader().verify(problem, text, verifier=VerifierSpec.of(self))

    def check_gold(self, problem: Problem) -> str | None:
        """Why the gold cannot be used, from the gold alone, or None."""
        return self._math().check_gold(problem)

    def is_checked(self, problem: Problem, text: str, symbolic: Verdict) -> bool:
        """Whether a verdict is among the certain ones that the judge is asked about."""
        if not self.check_share or not symbolic.scorable:
            return False
        place = int(digest_of("dual-math check", problem.digest, text, bits=32), 16)
        return place < self.check_share * 2**32

    def judge(self) -> JudgeVerifier:
        """The judge that is asked about what is uncertain."""
        settings = {name: getattr(self, name) for name in JudgeSettings.names()}
        return JudgeVerifier(**settings, rubric="equivalence@1")

    async def aclose(self) -> None:
        """Closes the judges' connections of the running loop; called by the grader."""
        await close_services()

    def _math(self) -> MathVerifier:
        return MathVerifier(answer_format=self.answer_format)

    def _by_math(self, symbolic: Verdict, opinion: Verdict | None = None) -> Verdict:
        """The symbolic verdict; a check that came to nothing leaves no trace, as it may come to something later."""
        info: dict[str, Any] = {"decided_by": "math", "math": self._brief_math(symbolic)}
        if opinion is not None and opinion.scorable:
            agrees = (opinion.score == 1.0) == (symbolic.score == 1.0)
            info |= {"judge": _brief(opinion), "agrees": agrees}
            judge_ledger().count("checked", *(["agreed"] if agrees else []))
        return Verdict(score=symbolic.score, cause=symbolic.cause, info=info)

    def _brief_math(self, verdict: Verdict) -> Mapping[str, Any]:
        return {"verifier": VerifierSpec.of(self._math()).key, **_brief(verdict)}


def _brief(verdict: Verdict) -> dict[str, Any]:
    return {"score": verdict.score, "cause": verdict.cause, "info": dict(verdict.info)}
