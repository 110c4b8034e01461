"""The one runner of all builders: rows through stages, each stage once, and the result published."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from genesys.curation.builders.builder import BUILDERS, Builder, BuildOptions
from genesys.curation.builders.checks import Formed, GoldAudited, GoldChecked, Unique, problem_of
from genesys.curation.builders.comparisons import Decontaminated, NearlyUnique
from genesys.curation.builders.context import BuildContext
from genesys.curation.builders.llm_step import LlmStep
from genesys.curation.builders.published import publish
from genesys.curation.builders.reading import Read
from genesys.curation.builders.report import BuildReport, Spread
from genesys.curation.builders.stage import Stage
from genesys.curation.builders.stage_files import StageFiles, StageReport
from genesys.curation.out_folder import check_out
from genesys.errors import DataError
from genesys.rewards import Grader
from genesys.rewards.judging import asks_judge, judge_config
from genesys.rewards.registry import DEFAULTS, default_spec
from genesys.rollouts.run_lock import RunLock
from genesys.rollouts.sampler import SamplerSettings
from genesys.schema import Problem, digest_of
from genesys.version import __version__

DRY_ROWS = 1000
"""Rows that a dry run looks at, where no limit is given."""


@dataclass(kw_only=True)
class Build:
    """One build: raw dumps in, verifiable problems out. Run it again after an interruption: it continues.

    Attributes:
        builder: Name of the builder (`BUILDERS`).
        sources: Files, folders or names that the builder reads.
        options: What the builder is told.
        sampling: The model of its LLM steps, or None.
        limit: Only the first so many rows.
        concurrency: Prompts in flight at most.
        tests: Test sets whose problems must not be among those made (`genesys.curation.held_out`).
        on_stage: Is told the name of a stage and how many candidates it has read.
    """

    builder: str
    sources: Sequence[Path | str]
    options: BuildOptions = field(default_factory=BuildOptions)
    sampling: SamplerSettings | None = None
    limit: int | None = None
    concurrency: int = 64
    tests: Sequence[str] = ()
    on_stage: Callable[[str, int], None] = lambda name, done: None

    def run(self, out: Path, grader: Grader, *, overwrite: bool = False) -> BuildReport:
        """Builds into a folder; working files and replies of the model lie beside it, in `<out>.work`.

        Raises:
            UnknownName: If there is no such builder.
            ConfigurationError: If the sources or the folder make no sense.
            SamplerError: If the model cannot go on, or left prompts unanswered.
            DataError: If no problem is left.
            StorageError: If the disk refuses.
            RunLocked: If another process builds into the same folder.
            VerifierError: If golds cannot be verified for now: no sandbox, or a judge that cannot be reached.
        """
        check_out(out, [], overwrite=overwrite)
        BUILDERS.load(self.builder)(self.options)  # says what is wrong before anything is written
        work = out.resolve().with_name(f"{out.resolve().name}.work")
        with self._context(work, grader, dry=False) as context, _locked(work):
            builder, files, reports = self._stages(context)
            if not reports[-1].kept:
                reasons = ", ".join(f"{report.name}: {dict(report.dropped)}" for report in reports)
                raise DataError(f"no problem is left of {reports[0].read} rows ({reasons})")
            spread = Spread()
            publish(
                out,
                _counted((problem_of(one) for one in files[-1].kept()), spread),
                chain.from_iterable(stage.dropped() for stage in files),
                lambda: self._report(builder, reports, spread, out, grader),
            )
        return self._report(builder, reports, spread, out, grader)

    def dry_run(self, grader: Grader) -> BuildReport:
        """What each stage would take of a sample, and the prompts it would ask; writes nothing that stays."""
        with TemporaryDirectory() as folder, self._context(Path(folder), grader, dry=True) as context:
            builder, files, reports = self._stages(context)
            spread = Spread()
            for problem in (problem_of(one) for one in files[-1].kept()):
                spread.add(problem)
            report = self._report(builder, reports, spread, None, grader)
            return replace(report, shown=dict(context.prompts))

    def _context(self, work: Path, grader: Grader, *, dry: bool) -> BuildContext:
        return BuildContext(
            work=work,
            grader=grader,
            sampling=self.sampling,
            seed=self.options.seed,
            concurrency=self.concurrency,
            on_stage=self.on_stage,
            dry=dry,
        )

    def _stages(self, context: BuildContext) -> tuple[Builder, list[StageFiles], list[StageReport]]:
        builder: Builder = BUILDERS.load(self.builder)(self.options)
        limit = self.limit or (DRY_ROWS if context.dry else None)
        stages: list[Stage] = [
            Read(builder, self.sources, limit),
            *builder.stages(),
            Formed(builder.problem, version=builder.version),
            Unique(folded=builder.compares),
            *((NearlyUnique(),) if builder.compares else ()),
            *((Decontaminated(self.tests),) if self.tests else ()),
            GoldAudited(auditor) if (auditor := _auditor(builder)) else GoldChecked(),
        ]
        key = self._key(builder, limit)
        files: list[StageFiles] = []
        reports: list[StageReport] = []
        for place, stage in enumerate(stages):
            key = digest_of(key, stage.name, stage.version, self._asked(stage), bits=128)
            current = StageFiles(context.work, place, stage.name, key)
            reports.append(current.report() or self._run(stage, current, files, context))
            files.append(current)
        return builder, files, reports

    def _run(
        self, stage: Stage, current: StageFiles, files: Sequence[StageFiles], context: BuildContext
    ) -> StageReport:
        self.on_stage(stage.name, 0)
        context.on_asked = lambda done, wanted: self.on_stage(
            f"{stage.name}, {wanted:,} replies wanted", done
        )
        before = files[-1].kept() if files else iter(())
        return current.write(
            before, lambda rows: stage.run(rows, context), lambda done: self.on_stage(stage.name, done)
        )

    def _key(self, builder: Builder, limit: int | None) -> str:
        """What all outcomes depend on: sources, options, and the genesys whose rules and verifiers decide."""
        sources = [_source_digest(source) for source in self.sources]
        options = [self.options.llm, self.options.seed, json.dumps(dict(self.options.extra), sort_keys=True)]
        verifiers = [default_spec(kind).key for kind in ("verifiable_math", "verifiable_code")]
        return digest_of(
            builder.name, builder.version, sources, limit, options, __version__, verifiers, bits=128
        )

    def _asked(self, stage: Stage) -> list[Any]:
        """What an LLM step's outcomes depend on besides: its wording and its model. What was asked is kept apart."""
        if not isinstance(stage, LlmStep):
            return []
        model = self.sampling
        if model is None:
            return [stage.prompt.digest]
        options = json.dumps(dict(model.options), sort_keys=True)
        return [stage.prompt.digest, model.name, model.model, model.sampling.identity(), options]

    def _report(
        self,
        builder: Builder,
        reports: Sequence[StageReport],
        spread: Spread,
        out: Path | None,
        grader: Grader,
    ) -> BuildReport:
        asked = [stage for stage in builder.stages() if isinstance(stage, LlmStep)]
        return BuildReport(
            builder=f"{builder.name}@{builder.version}",
            task_type=builder.task_type,
            out=out,
            stages=reports,
            problems=reports[-1].kept,
            sources=dict(sorted(spread.sources.items())),
            verifier=_auditor(builder),
            model=self.sampling.model if asked and self.sampling is not None else None,
            prompts=[stage.prompt.key for stage in asked],
            licences=builder.licences(),
            spread=spread.counts(),
        )


@contextmanager
def _locked(work: Path) -> Iterator[None]:
    lock = RunLock(work)
    try:
        yield
    finally:
        lock.release()


def _auditor(builder: Builder) -> str | None:
    """Key of the verifier that can audit the golds here; None where it would ask a judge that nobody named."""
    if builder.task_type not in DEFAULTS:
        return None
    spec = default_spec(builder.task_type)
    return None if asks_judge(spec) and judge_config() is None else spec.key


def _source_digest(source: Path | str) -> str:
    """A file or folder by name, size and change; anything else is a name that says what it is."""
    path = Path(source)
    files = sorted(path.rglob("*")) if path.is_dir() else [path] if path.is_file() else []
    found = [[file.name, file.stat().st_size, file.stat().st_mtime_ns] for file in files if file.is_file()]
    return digest_of(str(source), found, bits=128)


def _counted(problems: Iterator[Problem], spread: Spread) -> Iterator[Problem]:
    for problem in problems:
        spread.add(problem)
        yield problem
