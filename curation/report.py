"""What a curation did, in numbers that add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from genesys.curation.shards import DataFile
from genesys.errors import DataError


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What went in, what stayed, and why the rest went: `read` = `kept` + the sum of `dropped`.

    Attributes:
        unit: What is counted: "completions" or "problems".
        read: How many went in.
        kept: How many stayed.
        dropped: Reason -> how many, in the order of the steps.
    """

    unit: str
    read: int
    kept: int
    dropped: Mapping[str, int]

    def __post_init__(self) -> None:
        if self.read != self.kept + sum(self.dropped.values()):
            raise DataError(
                f"{self.read} {self.unit} went in, but {self.kept} were kept and {dict(self.dropped)} dropped",
                "That is a defect of genesys: please report it.",
            )


@dataclass(frozen=True, kw_only=True)
class OutputReport:
    """One dataset that was made.

    Attributes:
        name: The output: "sft".
        layout: Its columns.
        rows: Rows written.
        steps: Name, settings and facts of each step, and of the rule after them.
        completions: What the steps did.
        problems: What the rule did, where there is one; a problem that is kept has one row or more.
        files: The Parquet files.
    """

    name: str
    layout: str
    rows: int
    steps: tuple[Mapping[str, Any], ...]
    completions: Tally
    problems: Tally | None
    files: tuple[DataFile, ...]


@dataclass(frozen=True, kw_only=True)
class SourceCount:
    """The verdicts on one source's completions of one task type.

    Attributes:
        source: Of the problems.
        task_type: Of the problems.
        completions: All of them; the sum of the four that follow.
        passed: With a score that reaches the threshold.
        failed: With a score below it.
        unscorable: With a verdict but no score.
        unscored: Without a verdict.
        causes: Cause -> completions, the most frequent first.
    """

    source: str
    task_type: str
    completions: int
    passed: int
    failed: int
    unscorable: int
    unscored: int
    causes: Mapping[str, int]

    @property
    def pass_rate(self) -> float | None:
        """Passed among those with a score; None where none has one."""
        scored = self.passed + self.failed
        return self.passed / scored if scored else None


@dataclass(frozen=True, kw_only=True)
class RunCount:
    """A run that was read.

    Attributes:
        name: Name of its folder.
        identity: What it is, from run.json.
        completions: Its distinct responses.
    """

    name: str
    identity: Mapping[str, Any]
    completions: int


@dataclass(frozen=True, kw_only=True)
class CurationReport:
    """What a curation did.

    Attributes:
        recipe: Name of the recipe.
        out: The dataset's folder.
        runs: What was read.
        merged: Responses that stand in more than one run, and count once.
        completions: Distinct responses; each output's steps start from all of them.
        problems: Problems with at least one of them; each rule starts from all of them.
        verifiers: Task type -> key of the verifier whose scores count.
        thresholds: Task type -> least score that passes; "default" for all others.
        sources: Verdicts by source and task type.
        outputs: The datasets, in the recipe's order.
        configs: Config -> the outputs it puts together.
        licences: Source -> licence of its problems; None where nobody states one.
        rejected: The files of the rows that are not in an output, where they were asked for.
    """

    recipe: str
    out: Path
    runs: tuple[RunCount, ...]
    merged: int
    completions: int
    problems: int
    verifiers: Mapping[str, str]
    thresholds: Mapping[str, float]
    sources: tuple[SourceCount, ...]
    outputs: tuple[OutputReport, ...]
    configs: Mapping[str, tuple[str, ...]]
    licences: Mapping[str, str | None]
    rejected: tuple[DataFile, ...] = ()

    @property
    def unscored(self) -> int:
        """Completions that the verifiers whose scores count have not seen."""
        return sum(source.unscored for source in self.sources)

    def output(self, name: str) -> OutputReport:
        """The report of one output.

        Raises:
            KeyError: If there is none of that name.
        """
        return {output.name: output for output in self.outputs}[name]

    def to_json(self) -> dict[str, Any]:
        """The report as JSON types."""
        return asdict(self) | {"out": str(self.out), "unscored": self.unscored}
