"""Problems by difficulty: an offline run chooses and weights them, and training itself moves the weights.

    curriculum = Curriculum(read_pass_rates("runs/first"), least=0.1, most=0.9, seed=0)
    trainer = GRPOTrainer(
        ...,
        args=args,
        train_dataset=curriculum.dataset(prompt_dataset(env), args),
        reward_funcs=curriculum.watching(reward()),
        callbacks=[curriculum.callback()],
    )

TRL's trainer takes no sampler: it makes its own, behind an underscore. So the dataset does it: a slot for
each prompt that training will ask for, which is filled when it is first read. The slots of an epoch (a
*round*: as many slots as there are problems) are filled together, by the pass rates known by then.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from genesys.errors import ConfigurationError, DataError
from genesys.rewards.thresholds import passes
from genesys.schema import canonical_json, digest_of
from genesys.training.pass_rates import PassRate, choose
from genesys.training.prompt_count import prompts_needed
from genesys.training.prompt_data import problem_of
from genesys.training.watching import WatchingReward

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import TrainerCallback

STATE_FILE = "curriculum.json"
"""What a checkpoint holds of it."""

FLOOR = 0.05
"""Least weight of a problem, so that none is lost for good; the most is 1, at a pass rate of one half."""

MEMORY = 16.0
"""Completions of a problem that its running pass rate remembers, about: the model changes."""


class Curriculum:
    """Draws problems by how much a group of them can teach: p (1 - p), the variance of being right.

    Source: the learnability of Rutherford et al., "No Regrets" (arXiv:2408.15099), and Foster et al.,
    "Learning to Reason at the Frontier of Learnability" (arXiv:2502.12272).

    Args:
        pass_rates: problem_id -> its pass rate in an offline run (`read_pass_rates`).
        least: Problems below this pass rate are left out.
        most: Problems above it are left out.
        seed: Decides what is drawn.

    Raises:
        ConfigurationError: If [least, most] is no range within [0, 1].
    """

    def __init__(
        self, pass_rates: Mapping[str, PassRate], *, least: float = 0.0, most: float = 1.0, seed: int = 0
    ) -> None:
        self._chosen = choose(pass_rates, least=least, most=most)
        self._range, self._seed = (least, most), seed
        # Counts shrink to a memory's length, so that what training sees soon outweighs the offline run.
        self._counts = {name: _forget(*pass_rates[name]) for name in sorted(self._chosen)}
        self._pending: dict[str, tuple[float, float]] = {}
        self._names: list[str] = []
        self._rounds: dict[int, list[int]] = {}

    def dataset(self, prompts: Dataset, args: Any) -> Dataset:
        """The prompts in the order of training, drawn while it goes on.

        Args:
            prompts: What `prompt_dataset` gives.
            args: TRL's GRPOConfig: how many prompts there will be. Its `num_train_epochs` becomes 1 and its
                `shuffle_dataset` False, since the dataset is the order from here on.

        Returns:
            A `datasets.Dataset` of one row a prompt, in one long epoch.

        Raises:
            DataError: If no problem is within the range.
            ConfigurationError: If the loader works ahead in processes of its own.
        """
        from datasets import Dataset

        if getattr(args, "dataloader_num_workers", 0):
            raise ConfigurationError(
                f"dataloader_num_workers={args.dataloader_num_workers}: rows drawn in another process do not see "
                "the pass rates of this one",
                "Set dataloader_num_workers=0; prompts cost nothing to load.",
            )
        names = [problem_of(cell).problem_id for cell in prompts["problem"]]
        places = [place for place, name in enumerate(names) if name in self._chosen]
        if not places:
            raise DataError(
                f"none of {len(names)} problems has a pass rate in [{self._range[0]}, {self._range[1]}]",
                "Widen --min-pass-rate and --max-pass-rate, or name a run that was made on these problems.",
            )
        self._names = [names[place] for place in places]
        rows = prompts.select(places).with_format(None)
        slots = prompts_needed(len(places), args)
        args.shuffle_dataset, args.num_train_epochs = False, 1

        def fill(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
            drawn: dict[str, list[Any]] = rows[[self.place(slot) for slot in batch["slot"]]]
            return drawn

        made: Dataset = Dataset.from_dict({"slot": list(range(slots))}).with_transform(fill)
        return made

    def place(self, slot: int) -> int:
        """Which of the chosen problems fills a slot; a round is drawn when its first slot is asked for."""
        number, offset = divmod(slot, len(self._names))
        if number not in self._rounds:
            self._rounds = {known: self._rounds[known] for known in self._rounds if known >= number - 1}
            self._rounds[number] = self._draw(number)
        return self._rounds[number][offset]

    def watching(self, reward: Any) -> WatchingReward:
        """The reward, which tells this curriculum how each problem went."""
        return WatchingReward(reward, self.observe)

    def observe(self, problem_id: str, task_type: str, score: float | None) -> None:
        """Takes in a completion's score; unscorable ones say nothing. It counts from the next `settle` on."""
        if score is not None and problem_id in self._counts:
            passed, scored = self._pending.get(problem_id, (0.0, 0.0))
            self._pending[problem_id] = (passed + passes(task_type, score), scored + 1)

    def take_pending(self) -> dict[str, tuple[float, float]]:
        """What was observed since the last time, problem_id -> (passed, scored), and forgets it."""
        pending, self._pending = self._pending, {}
        return pending

    def settle(self, observed: Sequence[Mapping[str, tuple[float, float]]]) -> None:
        """Moves the running pass rates by what all processes observed; the same on each of them."""
        for counts in observed:
            for name in sorted(counts):
                passed, scored = self._counts[name]
                more_passed, more_scored = counts[name]
                self._counts[name] = _forget(passed + more_passed, scored + more_scored)

    def pass_rate(self, problem_id: str) -> float:
        """The running pass rate of a problem, drawn to one half by one imagined completion."""
        passed, scored = self._counts[problem_id]
        return (passed + 0.5) / (scored + 1.0)

    def weight(self, problem_id: str) -> float:
        """How often a problem is drawn, in proportion: `FLOOR` to 1."""
        rate = self.pass_rate(problem_id)
        return max(FLOOR, 4 * rate * (1 - rate))

    def callback(self) -> TrainerCallback:
        """What the trainer calls after each step, and to save and restore the state with checkpoints."""
        from genesys.training.curriculum_callback import CurriculumCallback

        return CurriculumCallback(self)

    def begin(self) -> None:
        """Training begins: what somebody looked at beforehand is drawn again when its turn comes."""
        self._rounds.clear()

    def save(self, folder: Path) -> None:
        """Writes the state into a checkpoint."""
        state = {"identity": self._identity(), "counts": self._counts, "rounds": self._rounds}
        (folder / STATE_FILE).write_text(json.dumps(state))

    def restore(self, folder: Path) -> None:
        """Takes the state of a checkpoint.

        Raises:
            DataError: If the checkpoint has none, or one of other problems.
        """
        try:
            state = json.loads((folder / STATE_FILE).read_text())
        except (OSError, ValueError) as error:
            raise DataError(
                f"{folder} holds no state of the curriculum: {error}", "Resume from a checkpoint that has it."
            ) from None
        if state["identity"] != self._identity():
            raise DataError(
                f"{folder} was trained on other problems, pass rates or another seed",
                "Resume with the settings that the training began with.",
            )
        self._counts = {name: (counts[0], counts[1]) for name, counts in state["counts"].items()}
        self._rounds = {int(number): places for number, places in state["rounds"].items()}

    def _identity(self) -> str:
        return digest_of(canonical_json([self._names, list(self._range), self._seed]), bits=64)

    def _draw(self, number: int) -> list[int]:
        """A round of problems: each about as often as its weight says (systematic sampling), then shuffled."""
        rng = Random(f"{self._seed}/{number}")
        ends = list(accumulate(self.weight(name) for name in self._names))
        step, start = ends[-1] / len(ends), rng.random()
        places = [bisect_right(ends, (start + count) * step) for count in range(len(ends))]
        places = [min(place, len(ends) - 1) for place in places]  # the last step may round beyond the end
        rng.shuffle(places)
        return places


def _forget(passed: float, scored: float) -> tuple[float, float]:
    """Counts of a bounded memory: the share stays, older completions weigh less."""
    kept = min(1.0, MEMORY / scored) if scored else 1.0
    return passed * kept, scored * kept
