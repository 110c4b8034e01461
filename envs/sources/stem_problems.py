"""Twelve open questions of science and mathematics: the built-in problems of `genesys/stem-v0`.

    STEM_PROBLEMS.by_id("stem-mirror-image")

Questions and answers are this project's own, in the form of a question-and-answer site: no short answer would do, and
what matters can be said in many ways. Each has a well-known wrong answer as its near miss.
"""

from __future__ import annotations

from genesys.envs.sources.listed import ListedProblems
from genesys.envs.sources.stem_problems_life import LIFE
from genesys.envs.sources.stem_problems_mathematics import MATHEMATICS
from genesys.envs.sources.stem_problems_physics import PHYSICS
from genesys.envs.sources.stem_problems_question import Question
from genesys.schema import Problem

VERSION = "1"
QUESTIONS = (*PHYSICS, *LIFE, *MATHEMATICS)
"""All questions, subject by subject."""

JUDGING = (
    "The reference is an answer that experts agree with. The candidate is right as far as it reaches the same "
    "conclusions for the same reasons; other words, another order and more correct detail are no fault."
)


def _problem(question: Question) -> Problem:
    return Problem(
        problem_id=f"stem-{question.name}",
        source="stem-problems",
        task_type="llm_judgeable_groundtruth_similarity",
        in_source_id=question.name,
        prompt=f"{question.title}\n\n{question.body}",
        gold_standard_solution=question.answer,
        verification_info={"judging_instructions": JUDGING},
        metadata={"subject": question.subject, "incorrect_solution": question.misconception},
    )


STEM_PROBLEMS = ListedProblems("stem-problems", VERSION, tuple(map(_problem, QUESTIONS)))
"""All of them."""
