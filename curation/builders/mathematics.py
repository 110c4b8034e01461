"""Builder `math`: rows of competition and textbook mathematics become questions with a value to compare.

Reads rows as NuminaMath has them (problem, solution, answer, question_type, source) and the common schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from genesys.curation.builders import math_free_form as free_form
from genesys.curation.builders.builder import BuildOptions
from genesys.curation.builders.candidate import Candidate, Outcome
from genesys.curation.builders.json_replies import read_object
from genesys.curation.builders.llm_step import LlmStep, MalformedReply
from genesys.curation.builders.math_kinds import tell_kind, without_show_that
from genesys.curation.builders.prompt import load_prompt
from genesys.curation.builders.row_files import candidates_of_files
from genesys.curation.builders.stage import Each, Stage, drop
from genesys.errors import ConfigurationError, MalformedRow
from genesys.rewards.answers import read_boxed
from genesys.schema import Problem, digest_of, parse_struct

_STATEMENTS = ("problem", "question", "prompt", "informal_statement")
_SOLUTIONS = ("solution", "gold_standard_solution", "answer_detail", "informal_proof")
_HASHES = re.compile(r"####\s*(.+?)\s*\Z")
LONGEST = 10_000
"""Characters of a statement; the rules' patterns look at each place of it, some of them far ahead."""

_INVALID = ("problem_is_valid", "solution_is_valid")
"""NuminaMath-1.5's columns that say "Yes", or what is wrong."""

_ASKED = ("verifiable", "proof", "mcq", "multi_part", "open", "figure")
_NOT_ANSWERS = frozenset({"proof", "not found", "nan", "none", "notfound", "n/a", "open"})


class MathBuilder:
    """Questions with values.

    Args:
        options: `extra` may hold `mcq`: "convert" (the default) makes free-form questions of multiple choice,
            "drop" leaves them out.
    """

    name = "math"
    version = "1"
    task_type = "verifiable_math"
    compares = True

    def __init__(self, options: BuildOptions) -> None:
        unknown = sorted(set(options.extra) - {"mcq"})
        if unknown:
            raise ConfigurationError(f"the builder 'math' has no option {unknown[0]!r}", "Its option: mcq.")
        self._mcq = options.extra.get("mcq", "convert")
        if self._mcq not in ("convert", "drop"):
            raise ConfigurationError(f"--option mcq must be 'convert' or 'drop', not {self._mcq!r}")
        self._options = options

    def candidates(self, sources: Sequence[Path | str], limit: int | None) -> Iterator[Outcome]:
        """Rows of files, each with its statement, solution and answer.

        Raises:
            ConfigurationError: If there is no such file.
        """
        return candidates_of_files(sources, lambda row, path: _candidate(row, path.name.split(".")[0]))

    def stages(self) -> Sequence[Stage]:
        """What is usable, kinds, golds, and free forms."""
        convert = self._mcq == "convert"
        stages: list[Stage] = [Each(name="usable", judge=_usable), Each(name="kind", judge=_kind)]
        if self._options.llm:
            stages.append(
                LlmStep(
                    name="unsure",
                    prompt=load_prompt("math-kind@1"),
                    fields=lambda candidate: {"statement": candidate["statement"]},
                    read=_read_kind,
                    wants=lambda candidate: candidate["kind"] == "unsure",
                )
            )
        stages += [
            Each(name="kept", judge=_kept_kinds if convert else _kept_without_mcq, version=f"1-{self._mcq}"),
            Each(name="gold", judge=_with_gold),
        ]
        if convert:
            stages.append(Each(name="choice", judge=_choice))
            if self._options.llm:
                stages.append(
                    LlmStep(
                        name="free_form",
                        prompt=load_prompt("math-free-form@1"),
                        fields=free_form.told,
                        read=free_form.read_rewrite,
                        wants=free_form.wants_model,
                    )
                )
            stages.append(Each(name="rewrite", judge=free_form.check_rewrite))
        return stages

    def problem(self, candidate: Candidate) -> Problem:
        """The question with its value."""
        kept = ("question_type", "problem_type", "level", "was", "rewritten_by", "uuid", "url")
        return Problem(
            problem_id=candidate.candidate_id,
            source=candidate.source,
            task_type=self.task_type,
            in_source_id=candidate.get("in_source_id"),
            prompt=candidate["statement"],
            gold_standard_solution=candidate.get("solution") or None,
            verification_info={"ground_truth": candidate["gold"]},
            metadata={name: candidate[name] for name in kept if candidate.get(name) not in (None, "")},
        )

    def licences(self) -> Mapping[str, str]:
        """As their publishers state them."""
        return {
            "gsm8k": "MIT (Cobbe et al., 2021)",
            "hendrycks_math": "MIT (Hendrycks et al., 2021)",
            "numina": "Apache-2.0 (Li et al., NuminaMath, 2024)",
        }


def _candidate(row: Mapping[str, Any], file: str) -> Candidate:
    statement = next((row[name] for name in _STATEMENTS if isinstance(row.get(name), str)), "")
    if not statement.strip():
        raise MalformedRow(f"none of {', '.join(_STATEMENTS)} holds the problem")
    info = parse_struct(row.get("verification_info"), column="verification_info")
    metadata = parse_struct(row.get("metadata"), column="metadata")
    solution = next((row[name] for name in _SOLUTIONS if isinstance(row.get(name), str)), "")
    source = str(row.get("source") or file)
    told = {**row, **metadata}
    return Candidate(
        candidate_id=str(row.get("problem_id") or f"{source}-{digest_of(statement, bits=64)}"),
        source=source,
        fields={
            "statement": statement.strip(),
            "solution": solution,
            "gold": _answer(info.get("ground_truth", row.get("answer"))),
            "question_type": str(told.get("question_type") or ""),
            "problem_type": told.get("problem_type") or told.get("type"),
            "level": told.get("level") or told.get("difficulty"),
            "options": told.get("options"),
            **{name: told.get(name) for name in _INVALID},
            "uuid": told.get("uuid"),
            "url": told.get("url"),
            "in_source_id": None if row.get("in_source_id") is None else str(row["in_source_id"]),
        },
    )


def _answer(value: object) -> str:
    """A row's answer; "" where it has none, or says that it is none."""
    if value is None or isinstance(value, bool | list | dict):
        return ""
    text = str(value).strip()
    final = _HASHES.search(text)
    text = final.group(1) if final else text
    return "" if text.lower() in _NOT_ANSWERS else text


def _usable(candidate: Candidate) -> Outcome:
    """Drops `long`, and as `problem_is_valid` and `solution_is_valid` what its source says is none."""
    if len(candidate["statement"]) > LONGEST:
        return drop(candidate, "long", f"{len(candidate['statement']):,} characters")
    for name in _INVALID:
        if str(candidate[name] or "Yes").strip().lower() not in ("yes", "true"):
            return drop(candidate, name, candidate[name])
    return candidate


def _kind(candidate: Candidate) -> Outcome:
    told = tell_kind(candidate["statement"], candidate["question_type"])
    return candidate.having(kind=told.kind, kind_words=told.words)


def _read_kind(candidate: Candidate, reply: str) -> Outcome:
    kind = str(read_object(reply, kind=str)["kind"]).strip().lower()
    if kind not in _ASKED:
        raise MalformedReply(f"the kind {kind[:40]!r}")
    return candidate.having(kind=kind, kind_words="a language model")


def _kept_kinds(candidate: Candidate) -> Outcome:
    """Drops the kinds that no value answers; what gives its value away becomes a question."""
    kind = candidate["kind"]
    if kind == "show_that":
        return _shown(candidate)
    if kind in ("verifiable", "mcq"):
        return candidate
    return drop(candidate, kind, candidate["kind_words"])


def _kept_without_mcq(candidate: Candidate) -> Outcome:
    kept = _kept_kinds(candidate)
    return drop(kept, "mcq") if isinstance(kept, Candidate) and kept["kind"] == "mcq" else kept


def _shown(candidate: Candidate) -> Outcome:
    """The question without "Show that it is X.", and X as its gold; its options make it multiple choice."""
    parts = without_show_that(candidate["statement"])
    if parts is None:
        return drop(candidate, "proof", candidate["kind_words"])
    question, value = parts
    kind = "mcq" if tell_kind(question).kind == "mcq" else "verifiable"
    return candidate.having(statement=question, gold=value, kind=kind, was="show_that")


def _with_gold(candidate: Candidate) -> Outcome:
    """The row's answer, or the last box of its solution."""
    if candidate["gold"]:
        return candidate
    boxed = read_boxed(candidate["solution"]).text if candidate["solution"] else None
    return candidate.having(gold=boxed) if boxed else drop(candidate, "no_gold")


def _choice(candidate: Candidate) -> Outcome:
    if candidate["kind"] != "mcq":
        return candidate
    split = free_form.split_choice(candidate)
    return free_form.by_rule(split) if isinstance(split, Candidate) else split
