"""From which score on a completion counts as right: SYNTHETIC-1's thresholds for its SFT set."""

from __future__ import annotations

PASS = {
    "verifiable_math": 1.0,
    "code_output_prediction": 1.0,
    "verifiable_code": 0.9,
    "llm_judgeable_groundtruth_similarity": 0.9,
}
"""Task type -> least score that passes; other task types need a full score."""


def passes(task_type: str, score: float | None) -> bool:
    """Whether a score passes; an unscorable one does not."""
    return score is not None and score >= PASS.get(task_type, 1.0)
