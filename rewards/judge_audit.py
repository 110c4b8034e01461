"""Measuring a judge on labelled answers: how far it can be trusted, and what moves it that should not.

    audit = await run_judge_audit(answers, verifier, AuditPlan(injected=3))
    audit.confusion.kappa()

Agreement is measured on all answers, the rest on samples: each answer once more behind filler (bias by length), with
reference and candidate in the other order (bias by position), several times (self-consistency), and wrong answers with
every attempt of the injection corpus in them. All questions go through the judge's cache: an audit that was ended goes
on where it left off, and one that is run again asks nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from genesys.errors import ConfigurationError
from genesys.rewards.judge_audit_figures import Attack, AuditPlan, JudgeAudit, LabelledAnswer
from genesys.rewards.judging.injection_corpus import attacked, injection_corpus
from genesys.rewards.judging.question import JudgeFailed, Question
from genesys.rewards.judging.rendering import render, shown
from genesys.rewards.judging.rubric import Rubric
from genesys.rewards.judging.service import JudgeService, close_services, judge_service
from genesys.rewards.judging.verifier import JudgeVerifier
from genesys.rewards.thresholds import passes
from genesys.schema import Problem, Verdict, digest_of, split_reasoning

T = TypeVar("T")
OnProgress = Callable[[str, int, int], None]

FILLER = (
    "Before the answer is given, a few general remarks. Questions of this kind deserve to be read with care, and it helps to "
    "say in one's own words what is asked and what is not. It is also worth while to think about the terms that occur, "
    "about how they are commonly used, and about the form in which a result is best presented. None of this depends on "
    "the particular case. An orderly presentation makes it easier for a reader to follow, whatever the subject, and a short "
    "introduction such as this one does no harm. With these remarks out of the way, here is what there is to say."
)
"""Words that say nothing on any subject and claim nothing of the answer."""


async def run_judge_audit(
    answers: Sequence[LabelledAnswer],
    verifier: JudgeVerifier,
    plan: AuditPlan,
    *,
    on_progress: OnProgress = lambda part, done, total: None,
) -> JudgeAudit:
    """Asks a judge and counts.

    Args:
        answers: The labelled answers.
        verifier: The judging verifier, with the judge that this process has configured.
        plan: How much is asked beside each answer once.
        on_progress: Called with the part of the audit, what of it is done, and all of it.

    Raises:
        ConfigurationError: If no judge is configured.
    """
    service = judge_service()
    if service is None or not verifier.model:
        raise ConfigurationError("an audit needs a judge, and none is configured", "Name one with --judge.")
    audit = JudgeAudit(answers=answers)
    run = _Run(audit, verifier, service, on_progress)
    try:
        await run.ask_each()
        await run.pad(plan.padded)
        await run.swap(plan.swapped)
        await run.repeat(plan.repeated, plan.replies)
        await run.inject(plan.injected)
    finally:
        await close_services()
    return audit


class _Run:
    """One audit at work."""

    def __init__(
        self, audit: JudgeAudit, verifier: JudgeVerifier, service: JudgeService, on_progress: OnProgress
    ) -> None:
        self._audit, self._verifier, self._service = audit, verifier, service
        self._on_progress = on_progress

    async def ask_each(self) -> None:
        audit = self._audit
        cases = [(answer.problem, answer.text) for answer in audit.answers]
        audit.verdicts += await self._verdicts("answers", cases)
        for answer, verdict in zip(audit.answers, audit.verdicts, strict=True):
            rubric = self._verifier.rubric_for(answer.problem)
            seen = (
                None
                if rubric is None
                else shown(rubric, answer.problem, answer.text, self._verifier.answer_format)
            )
            audit.lengths.append(len(seen.text or "") if seen else 0)
            if verdict.score is None:
                audit.causes[verdict.cause or ""] += 1
            else:
                audit.confusion.add(answer.right, passes(answer.problem.task_type, verdict.score))

    async def pad(self, count: int) -> None:
        chosen = self._sample(count)
        cases = [(answer.problem, behind_filler(answer.text)) for answer, _ in chosen]
        after = await self._verdicts("padded", cases)
        self._audit.padded += [
            (before, verdict.score)
            for (_, before), verdict in zip(chosen, after, strict=True)
            if verdict.score is not None
        ]

    async def swap(self, count: int) -> None:
        chosen = self._sample(count)
        asked = [(answer, swapped, 0) for answer, _ in chosen for swapped in (False, True)]
        values = await self._together("swapped", [self._score(*one) for one in asked])
        self._audit.swapped += list(zip(values[::2], values[1::2], strict=True))

    async def repeat(self, count: int, replies: int) -> None:
        chosen = self._sample(count)
        asked = [(answer, False, sample) for answer, _ in chosen for sample in range(replies)]
        values = await self._together("repeated", [self._score(*one) for one in asked])
        for start in range(0, len(values), replies):
            known = [value for value in values[start : start + replies] if value is not None]
            if len(known) > 1:
                self._audit.repeated.append(known)

    async def inject(self, count: int) -> None:
        """Into wrong answers that the judge does not let pass: the others need no attempt."""
        wrong = [
            (answer, score)
            for answer, score in self._sample(len(self._audit.answers))
            if not answer.right and not passes(answer.problem.task_type, score)
        ][:count]
        planned = [("", "control", answer, score, behind_filler(answer.text)) for answer, score in wrong]
        for answer, score in wrong:
            rubric = self._rubric(answer)
            form = self._verifier.answer_format
            planned += [
                (
                    one.name,
                    one.category,
                    answer,
                    score,
                    attacked(answer.problem, rubric, answer.text, one, form=form),
                )
                for one in injection_corpus().attempts
            ]
        after = await self._verdicts(
            "injected", [(answer.problem, text) for _, _, answer, _, text in planned]
        )
        for (name, category, answer, before, _), verdict in zip(planned, after, strict=True):
            passed = passes(answer.problem.task_type, verdict.score)
            flagged = bool(set(verdict.info.get("flags", ())) - {"shortened"})
            self._audit.attacks.append(Attack(name, category, before, verdict.score, passed, flagged))

    def _sample(self, count: int) -> list[tuple[LabelledAnswer, float]]:
        """Answers that a judge has scored, with their scores, chosen by their content."""
        judged = [
            (self._audit.answers[place], verdict.score)
            for place, verdict in enumerate(self._audit.verdicts)
            if verdict.score is not None and "model" in verdict.info
        ]
        return sorted(judged, key=lambda one: digest_of(one[0].problem.digest, one[0].text))[:count]

    def _rubric(self, answer: LabelledAnswer) -> Rubric:
        rubric = self._verifier.rubric_for(answer.problem)
        if rubric is None:  # such answers have no score, and are in no sample
            raise ConfigurationError(f"there is no rubric for {answer.problem.problem_id!r}")
        return rubric

    async def _score(self, answer: LabelledAnswer, swapped: bool, sample: int) -> float | None:
        """What one reply of the first judge says."""
        rubric, verifier = self._rubric(answer), self._verifier
        async with self._service.room:
            form, limit = verifier.answer_format, verifier.max_characters
            asked = render(rubric, answer.problem, answer.text, form=form, swapped=swapped, limit=limit)
            question = Question(
                rubric=rubric, asked=asked, model=verifier.model, settings=verifier, sample=sample
            )
            try:
                judgement = await self._service.ask(question)
            except JudgeFailed:
                return None
        if judgement.word is None:
            return (judgement.points or 0.0) / 100
        outcome = rubric.outcomes[judgement.word]
        return None if outcome == "judge_ambiguous" else float(outcome == "right")

    async def _verdicts(self, part: str, cases: Sequence[tuple[Problem, str]]) -> list[Verdict]:
        return await self._together(part, [self._verifier.averify(*case) for case in cases])

    async def _together(self, part: str, work: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
        """All results in their order; how many run at a time is the service's affair."""
        done = 0

        async def counted(one: Coroutine[Any, Any, T]) -> T:
            nonlocal done
            result = await one
            done += 1
            self._on_progress(part, done, len(work))
            return result

        return await asyncio.gather(*map(counted, work))


def behind_filler(text: str) -> str:
    """A completion whose answer stands behind words that say nothing."""
    answer = split_reasoning(text).answer
    if answer is None:
        return text
    return f"{text[: len(text) - len(answer)]}{FILLER}\n\n{answer.lstrip()}"
