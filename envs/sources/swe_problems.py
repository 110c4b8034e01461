"""Eight requests to change a file, in four languages: the built-in problems of `genesys/swe-v0`.

    SWE_PROBLEMS.by_id("swe-lru-expiry")

Requests and files are this project's own, and have the form of real commits: the file before, what is wanted, and
the file after as the gold. `tests/envs` runs every file: what the request asks for holds after the change and
not before.
"""

from __future__ import annotations

from genesys.envs.sources.listed import ListedProblems
from genesys.envs.sources.swe_problems_change import Change
from genesys.envs.sources.swe_problems_cpp import CPP
from genesys.envs.sources.swe_problems_javascript import JAVASCRIPT
from genesys.envs.sources.swe_problems_python import PYTHON
from genesys.envs.sources.swe_problems_rust import RUST
from genesys.schema import Problem

VERSION = "1"
CHANGES = (*PYTHON, *JAVASCRIPT, *RUST, *CPP)
"""All changes, language by language."""

JUDGING = (
    "The reference is the file with the change made. Score how far the candidate's file makes the same change in "
    "behaviour; another way to the same effect counts in full, edits that nobody asked for count against it."
)


def _problem(change: Change) -> Problem:
    before = change.before.strip()
    prompt = (
        f"Below is the file {change.path}. Change it as requested, and return the whole new file in one fenced code "
        f"block.\n\nRequest: {change.request}\n\n```{change.language}\n{before}\n```"
    )
    return Problem(
        problem_id=f"swe-{change.name}",
        source="swe-problems",
        task_type="llm_judgeable_groundtruth_similarity",
        in_source_id=change.name,
        prompt=prompt,
        gold_standard_solution=change.after.strip(),
        verification_info={"judging_instructions": JUDGING, "rubric": "similarity-code"},
        metadata={"language": change.language, "path": change.path, "incorrect_solution": before},
    )


SWE_PROBLEMS = ListedProblems("swe-problems", VERSION, tuple(map(_problem, CHANGES)))
"""All of them. A file returned as it was is each one's near miss: it makes none of the change."""
