"""Shaping rewards: form, length, repetition and language, beside the reward for being right.

    from genesys.training.shaping import Format, SoftOverlong, gated

    GRPOTrainer(..., reward_funcs=[reward(), Format(), SoftOverlong(limit=4096, cache=512)])
    GRPOTrainer(..., reward_funcs=gated(reward(), (Format(), 0.1)))        # form pays where the answer is right

Each is a frozen, picklable function of the completion alone (`CosineLength` also of whether it is right).
TRL calls it with a batch; `score(text, tokens=...)` gives the same number for one completion offline.
"""

from genesys.training.shaping.combining import Gated, WeightedSum, gated, weighted
from genesys.training.shaping.formatting import Format
from genesys.training.shaping.languages import LanguageConsistency
from genesys.training.shaping.lengths import CosineLength, SoftOverlong
from genesys.training.shaping.per_completion import PerCompletion
from genesys.training.shaping.repeating import Looping, NGramRepetition

__all__ = [
    "CosineLength",
    "Format",
    "Gated",
    "LanguageConsistency",
    "Looping",
    "NGramRepetition",
    "PerCompletion",
    "SoftOverlong",
    "WeightedSum",
    "gated",
    "weighted",
]
