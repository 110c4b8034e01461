"""The verifier that asks a judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from genesys.errors import ConfigurationError, UnknownName
from genesys.rewards.judging.panel import judged
from genesys.rewards.judging.rendering import MAX_BLOCK, reference_of, shown
from genesys.rewards.judging.rubric import BY_TASK_TYPE, Rubric, rubric_named
from genesys.rewards.judging.service import close_services, judge_service
from genesys.rewards.judging.settings import JudgeSettings
from genesys.rewards.verifier import Kind, VerifierSpec
from genesys.schema import Problem, Verdict


@dataclass(frozen=True, kw_only=True)
class JudgeVerifier(JudgeSettings):
    """A judge compares the answer with the gold, by a rubric (`docs/rewards/judge.md`).

    The score is the judge's points over 100, or 1 and 0 where the rubric asks for a word.

    Attributes:
        rubric: Its name, maybe pinned: "similarity", "similarity@1". By default the problem's
            `verification_info["rubric"]`, else the one of its task type.
    """

    name: ClassVar[str] = "judge"
    version: ClassVar[str] = "1"
    kind: ClassVar[Kind] = "remote"
    asks_judge: ClassVar[bool] = True

    rubric: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rubric:
            rubric_named(self.rubric)

    def quick(self, problem: Problem, text: str) -> Verdict | None:
        """The verdict where there is nothing to ask: no usable gold, no rubric, no answer, no judge."""
        fault = self.check_gold(problem)
        if fault is not None:
            return Verdict.unscorable("bad_gold", reason=fault)
        rubric = self.rubric_for(problem)
        if rubric is None:
            return Verdict.unscorable("unsupported", reason="no rubric for this problem")
        answer = shown(rubric, problem, text, self.answer_format)
        if answer.text is None and answer.cause == "unsupported":
            return Verdict.unscorable("unsupported", reason="no reader for the problem's answer format")
        if answer.text is None:
            return Verdict.wrong(answer.cause or "no_answer")
        return None if self.model else Verdict.unscorable("judge_unconfigured")

    async def averify(self, problem: Problem, text: str) -> Verdict:
        """Asks, from the cache where the same was asked before."""
        verdict = self.quick(problem, text)
        if verdict is not None:
            return verdict
        service = judge_service()
        rubric = self.rubric_for(problem)
        if service is None or rubric is None:
            return Verdict.unscorable("judge_unconfigured")
        async with service.room:
            return await judged(self, rubric, problem, text, service.ask)

    def verify(self, problem: Problem, text: str) -> Verdict:
        """What `averify` does, through the grader of this process. Not to be called on the grader's loop."""
        from genesys.rewards.grading.singleton import grader

        return grader().verify(problem, text, verifier=VerifierSpec.of(self))

    def check_gold(self, problem: Problem) -> str | None:
        """Why the gold cannot be used, from the gold alone, or None."""
        reference = reference_of(problem)
        if not reference.strip():
            return "there is no reference answer"
        if len(reference) > MAX_BLOCK:
            return f"the reference has {len(reference)} characters"
        return None

    def rubric_for(self, problem: Problem) -> Rubric | None:
        """The rubric of a problem, or None where it has none that exists."""
        named = problem.verification_info.get("rubric")
        default = BY_TASK_TYPE.get(problem.task_type)
        name = self.rubric or (named if isinstance(named, str) else None) or default
        try:
            return None if name is None else rubric_named(name)
        except (UnknownName, ConfigurationError):
            return None

    async def aclose(self) -> None:
        """Closes the judges' connections of the running loop; called by the grader."""
        await close_services()
