r"""The records everything else speaks of.

One problem, one completion of it, and the verdict on that completion:

    problem = Problem(
        problem_id="arithmetic-0-17", source="arithmetic", task_type="verifiable_math",
        prompt="What is 12 + 30?", verification_info={"ground_truth": "42"},
    )
    text = "<think>12 + 30 is 42.</think>The answer is \\boxed{42}."
    genesys.rewards.verify(problem, text)   # Verdict(score=1.0, cause=None, verifier="math@1", ...)

Records are frozen, carry no code, and are rebuilt from JSON or Arrow rows by `from_row`.
"""

from genesys.schema.completion import Completion, FinishReason, Sampling
from genesys.schema.digests import canonical_json, digest_of, text_digest
from genesys.schema.parsing import parse_struct
from genesys.schema.problem import TASK_TYPES, Problem, canonical_task_type
from genesys.schema.text import CanonicalParts, canonical_text, open_think, split_reasoning
from genesys.schema.verdict import Verdict

SCHEMA_VERSION = 1
"""Version of the records and of the run folder that holds them; a reader refuses a newer one."""

__all__ = [
    "SCHEMA_VERSION",
    "TASK_TYPES",
    "CanonicalParts",
    "Completion",
    "FinishReason",
    "Problem",
    "Sampling",
    "Verdict",
    "canonical_json",
    "canonical_task_type",
    "canonical_text",
    "digest_of",
    "open_think",
    "parse_struct",
    "split_reasoning",
    "text_digest",
]
