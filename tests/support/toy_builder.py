"""A small builder for tests of the runner: capitals are asked, one rule, one LLM step."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from genesys.curation.builders import BuildOptions
from genesys.curation.builders.candidate import Candidate, Outcome
from genesys.curation.builders.llm_step import LlmStep, MalformedReply
from genesys.curation.builders.prompt import Prompt
from genesys.curation.builders.stage import Each, Stage, drop
from genesys.schema import Problem

PROMPT = Prompt(key="toy@1", text="Double {{number}}. Reply as JSON.")


def _small(candidate: Candidate) -> Outcome:
    return drop(candidate, "too_large", candidate["number"]) if candidate["number"] > 100 else candidate


def _read(candidate: Candidate, reply: str) -> Outcome:
    try:
        doubled = json.loads(reply)["doubled"]
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedReply("no JSON with 'doubled'") from error
    if doubled is None:
        return drop(candidate, "refused")
    return candidate.having(gold=str(doubled))


class ToyBuilder:
    """Rows {"number": n} become "What is twice n?"."""

    name = "toy"
    version = "1"
    task_type = "verifiable_math"
    compares = True

    def __init__(self, options: BuildOptions) -> None:
        self.options = options

    def candidates(self, sources: Sequence[Path | str], limit: int | None) -> Iterator[Outcome]:
        for source in sources:
            for number, line in enumerate(Path(source).read_text().splitlines()):
                yield Candidate(candidate_id=f"row-{number}", source="toy", fields=json.loads(line))

    def stages(self) -> Sequence[Stage]:
        step = LlmStep(
            name="doubling",
            prompt=PROMPT,
            fields=lambda candidate: {"number": str(candidate["number"])},
            read=_read,
            wants=lambda candidate: candidate["number"] != 0,
            attempts=2,
        )
        return [Each(name="small", judge=_small), step]

    def problem(self, candidate: Candidate) -> Problem:
        return Problem(
            problem_id=candidate.candidate_id,
            source=candidate.source,
            task_type=self.task_type,
            prompt=f"What is twice {candidate['number']}?",
            verification_info={"ground_truth": candidate.get("gold", "0")},
            metadata={"size": "small" if candidate["number"] < 10 else "large"},
        )

    def licences(self) -> Mapping[str, str]:
        return {"toy": "CC0"}
