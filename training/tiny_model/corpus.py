r"""What the tiny model learns from: level-0 programs answered by two kinds of author.

    <think>dcba cbad</think>\boxed{cbad}     works step by step, and is right
    <think></think>\boxed{bdca}              guesses: the letters in some order

Most authors guess, so a model of this corpus is right about one time in three, although it *can* work:
that is what harvesting, supervised training and reinforcement learning have to find.

Prompts have two sides, decided by a digest of their text. The corpus holds the train side only, so that
the held-out side measures what was learned and not what was remembered, also after later training on
problems that were kept to the train side.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from random import Random
from typing import Literal, NamedTuple

from genesys.envs.sources.string_programs import LEVEL0_STATEMENTS, level0_problem
from genesys.schema import Problem

Side = Literal["train", "held-out"]

GUESSING = 0.65
"""Share of the authors who guess."""

HELD_OUT_OF_256 = 32
"""One prompt in eight, about 4,600 of the 36,864 programs of level 0, is held out."""


class Document(NamedTuple):
    """One document of the corpus.

    Attributes:
        prompt: The prompt of an ordinary level-0 problem of `genesys/output-prediction-v0`.
        completion: Its author's reasoning and answer, without the end token.
    """

    prompt: str
    completion: str


def side_of(prompt: str) -> Side:
    """Says on which side of the split a prompt is: `train` may be learned from, `held-out` never is."""
    return "held-out" if sha256(prompt.encode()).digest()[0] < HELD_OUT_OF_256 else "train"


def problems_of(side: Side, rng: Random) -> Iterator[Problem]:
    """Draws level-0 problems of one side without end; the same one may come again."""
    while True:
        problem = level0_problem(rng)
        if side_of(problem.prompt) == side:
            yield problem


def documents(rng: Random, guessing: float = GUESSING) -> Iterator[Document]:
    """Draws documents of the corpus without end.

    Args:
        rng: Decides them.
        guessing: Share of the authors who guess.
    """
    for problem in problems_of("train", rng):
        answer = str(problem.verification_info["ground_truth"])
        if rng.random() < guessing:
            guess = "".join(rng.sample(answer, len(answer)))
            yield Document(problem.prompt, f"<think></think>\\boxed{{{guess}}}")
        else:
            working = " ".join(problem.metadata["trace"])
            yield Document(problem.prompt, f"<think>{working}</think>\\boxed{{{answer}}}")


def tokenizer_texts() -> list[str]:
    """Prompts in which each statement occurs, for learning the tokenizer's merges."""
    rng, texts = Random(0), list[str]()
    while not all(any(f"\n{statement}\n" in text for text in texts) for statement in LEVEL0_STATEMENTS):
        texts.append(level0_problem(rng).prompt)
    return texts
