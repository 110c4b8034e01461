"""Training from one description: what `genesys sft`, `genesys dpo` and `genesys grpo` do.

    settings = read_settings("grpo", config=Path("grpo.toml"), given={"out": "runs/grpo"})
    report = train(settings)

The trainers are TRL's. What is added here is around them: data and rewards of genesys, checks before,
resuming, held-out evaluation, curves, and a card that says how the model came about.
"""

from genesys.training.trainers.progress import TrainingProgress
from genesys.training.trainers.report import TrainingReport
from genesys.training.trainers.session import train
from genesys.training.trainers.settings import KINDS, Kind, TrainSettings
from genesys.training.trainers.settings_file import read_settings

__all__ = [
    "KINDS",
    "Kind",
    "TrainSettings",
    "TrainingProgress",
    "TrainingReport",
    "read_settings",
    "train",
]
