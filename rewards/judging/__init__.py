"""Judged rewards: an LLM compares an answer with the gold, by a rubric.

    from genesys.rewards import verify
    from genesys.rewards.judging import configure_judge

    configure_judge("http://127.0.0.1:8000/v1#Qwen/Qwen3-32B")
    verify(problem, "<think>...</think>Because the air scatters blue light more.")   # 0.9, say

A judge is noisy, slow, costs money and can be talked to by those it judges: `docs/rewards/judge.md` says what is
done about each.
"""

from genesys.rewards.judging.config_file import JudgeConfig, JudgeServer
from genesys.rewards.judging.configuration import VARIABLE, configure_judge, judge_config
from genesys.rewards.judging.ledger import JudgeLedger, judge_ledger
from genesys.rewards.judging.rendering import Asked, render
from genesys.rewards.judging.replies import Judgement, UnreadableReply, read_reply
from genesys.rewards.judging.required import asks_judge, require_judge
from genesys.rewards.judging.rubric import Rubric, rubric_keys, rubric_named
from genesys.rewards.judging.verifier import JudgeVerifier

__all__ = [
    "VARIABLE",
    "Asked",
    "JudgeConfig",
    "JudgeLedger",
    "JudgeServer",
    "JudgeVerifier",
    "Judgement",
    "Rubric",
    "UnreadableReply",
    "asks_judge",
    "configure_judge",
    "judge_config",
    "judge_ledger",
    "read_reply",
    "render",
    "require_judge",
    "rubric_keys",
    "rubric_named",
]
