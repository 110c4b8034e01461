"""Builder `swe`: commits become requests to change a file, with the file after the commit as the gold.

Rows as in CommitPackFT (Muennighoff et al., OctoPack, 2023): commit, old_file, new_file, old_contents,
new_contents, subject, message, lang, license, repos.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from genesys.curation.builders.builder import BuildOptions
from genesys.curation.builders.candidate import Candidate, Outcome
from genesys.curation.builders.json_replies import read_object
from genesys.curation.builders.llm_step import LlmStep
from genesys.curation.builders.prompt import load_prompt
from genesys.curation.builders.row_files import candidates_of_files
from genesys.curation.builders.software_leaks import judge_leak
from genesys.curation.builders.software_rules import judge_change, judge_file
from genesys.curation.builders.stage import Each, Stage, drop
from genesys.errors import ConfigurationError, MalformedRow
from genesys.schema import Problem, digest_of

JUDGING = (
    "The reference is the file as it stood after the real change. Score how far the candidate's file makes the "
    "same change in behaviour; other ways to the same effect count in full, unrelated edits count against it."
)
_LONGEST_MESSAGE = 4_000
_TRAILER = re.compile(
    r"^(signed-off-by|co-authored-by|reviewed-by|fixes|closes|refs?|see)\b.*$", re.IGNORECASE | re.MULTILINE
)
_ISSUE = re.compile(
    r"[ \t]{0,9}\(?(?:\b(?:fix(?:es|ed)?|clos(?:es|ed?)|resolv(?:es|ed?)|refs?|see|issue|pr)\b[: \t]{1,9})?(?:#|GH-)\d+\)?",
    re.IGNORECASE,
)


class SoftwareBuilder:
    """Requests to change a file as a commit did.

    Args:
        options: `extra` is empty: this builder has no options.
    """

    name = "swe"
    version = "1"
    task_type = "llm_judgeable_groundtruth_similarity"
    compares = False

    def __init__(self, options: BuildOptions) -> None:
        if options.extra:
            raise ConfigurationError(f"the builder 'swe' has no option {min(options.extra)!r}")
        self._options = options

    def candidates(self, sources: Sequence[Path | str], limit: int | None) -> Iterator[Outcome]:
        """Rows of JSONL or Parquet files, or of all such files of a folder.

        Raises:
            ConfigurationError: If there is no such file.
        """
        return candidates_of_files(sources, lambda row, path: _candidate(row))

    def stages(self) -> Sequence[Stage]:
        """Rules, then the instruction, then whether it leaks."""
        asked: Stage = Each(name="instruction", judge=_from_message)
        if self._options.llm:
            asked = LlmStep(
                name="instruction", prompt=load_prompt("swe-instruction@1"), fields=_told, read=_read
            )
        return [
            Each(name="file", judge=judge_file),
            Each(name="change", judge=judge_change),
            asked,
            Each(name="leaks", judge=judge_leak),
        ]

    def problem(self, candidate: Candidate) -> Problem:
        """The request with the old file; the gold is the new one."""
        fence = _fence(candidate["old"])
        language = str(candidate["language"])
        prompt = (
            f"Below is the file {candidate['path']} ({language}). Change it as requested, and return the whole new "
            f"file in one fenced code block.\n\nRequest: {candidate['instruction']}\n\n"
            f"{fence}{language.lower()}\n{candidate['old'].rstrip()}\n{fence}"
        )
        kept = ("path", "language", "licence", "repository", "commit", "changed", "instruction_from")
        return Problem(
            problem_id=candidate.candidate_id,
            source=candidate.source,
            task_type=self.task_type,
            in_source_id=candidate["commit"],
            prompt=prompt,
            gold_standard_solution=candidate["new"],
            verification_info={"judging_instructions": JUDGING, "rubric": "similarity-code"},
            metadata={name: candidate[name] for name in kept},
        )

    def licences(self) -> Mapping[str, str]:
        """Each problem's own licence stands in its metadata."""
        return {
            "commits": "each file under the licence of its repository: metadata.licence, metadata.repository"
        }


def _candidate(row: Mapping[str, Any]) -> Candidate:
    for name in ("old_contents", "new_contents", "message"):
        if not isinstance(row.get(name), str):
            raise MalformedRow(f"{name} must be text, not {row.get(name)!r:.60}")
    path = str(row.get("new_file") or row.get("old_file") or "")
    repository = str(row.get("repos") or row.get("repo") or "")
    commit = str(row.get("commit") or digest_of(row["old_contents"], row["new_contents"], bits=160))
    return Candidate(
        candidate_id=f"commit-{commit[:12]}-{digest_of(path, bits=32)}",
        source="commits",
        fields={
            "commit": commit,
            "path": path,
            "old_path": str(row.get("old_file") or path),
            "old": row["old_contents"],
            "new": row["new_contents"],
            "message": row["message"] or str(row.get("subject") or ""),
            "language": row.get("lang") or "text",
            "licence": row.get("license") or "",
            "repository": repository.split(",")[0],
        },
    )


def _told(candidate: Candidate) -> dict[str, str]:
    names = ("path", "language", "message", "diff")
    return {name: str(candidate[name]) for name in names}


def _read(candidate: Candidate, reply: str) -> Outcome:
    found = read_object(reply, instruction=str, self_contained=bool)
    if not found["self_contained"]:
        return drop(candidate, "not_self_contained", found["instruction"])
    return _checked(candidate, found["instruction"], "a language model")


def _from_message(candidate: Candidate) -> Outcome:
    """The message as the request, where no model is asked."""
    message = _ISSUE.sub("", _TRAILER.sub("", candidate["message"][:_LONGEST_MESSAGE])).strip()
    return _checked(candidate, message, "the commit's message")


def _checked(candidate: Candidate, instruction: str, by: str) -> Outcome:
    instruction = instruction.strip()
    if len(instruction.split()) < 4:
        return drop(candidate, "short_instruction", instruction)
    if len(instruction) > 2000:
        return drop(candidate, "long_instruction", instruction)
    return candidate.having(instruction=instruction, instruction_from=by)


def _fence(text: str) -> str:
    """A fence that no line of the text ends."""
    longest = max((len(run) for run in re.findall(r"^`{3,}", text, re.MULTILINE)), default=2)
    return "`" * (longest + 1)
