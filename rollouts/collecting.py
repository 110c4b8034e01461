"""A harvest from its settings: environment, sampler and run folder brought together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gymnasium

from genesys.environments import load_installed_environments
from genesys.errors import ConfigurationError, UnknownName
from genesys.rewards import Grader
from genesys.rewards.judging import require_judge
from genesys.rollouts.cluster.settings import ClusterSettings
from genesys.rollouts.collector import Collector, CollectSettings
from genesys.rollouts.identity import RunIdentity
from genesys.rollouts.mixture import MixedSource, Mixture
from genesys.rollouts.progress import Progress
from genesys.rollouts.remote_run import opened_place
from genesys.rollouts.restoring import restore_problems
from genesys.rollouts.run_folder import PART_CHARACTERS, RunFolder
from genesys.rollouts.run_reader import SPOOL_FILE
from genesys.rollouts.sampler import Sampler, SamplerSettings
from genesys.rollouts.scoring import score_completions, unscored
from genesys.schema import digest_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Harvest:
    """Everything that a harvest needs to know.

    Attributes:
        env_id: The environment; "mixture" where there are several.
        problems: Path or generator; None is the environment's default.
        template: How a problem becomes messages; None is the environment's default.
        mixture: Several sources with weights, instead of one environment's problems.
        sampler: The sampler and its model.
        seed: The run's seed.
        settings: How much and how.
        skip_malformed: Whether rows of a problem file that do not parse are counted and left out.
        spool: Local folder for the spool; None is the run folder.
        part_characters: Characters of rows that become a Parquet part.
        progress: Counters to watch.
        cluster: Where the samplers run; None is this process.
    """

    env_id: str
    sampler: SamplerSettings
    problems: str | None = None
    template: str | None = None
    mixture: Sequence[MixedSource] = ()
    seed: int = 0
    settings: CollectSettings = field(default_factory=CollectSettings)
    skip_malformed: bool = False
    spool: Path | None = None
    part_characters: int = PART_CHARACTERS
    progress: Progress = field(default_factory=Progress)
    cluster: ClusterSettings | None = None

    async def run(self, out: Path, grader: Grader | None = None) -> Progress:
        """Harvests what is missing in a run folder.

        Raises:
            UnknownName: If there is no such environment, template or sampler.
            RunError: If the folder may not be written as asked.
            SamplerError: If the sampler cannot go on.
        """
        own = Grader() if grader is None else None
        chosen = grader or own
        assert chosen is not None  # one of the two
        environment = self._environment(chosen)
        sampler = await opened_sampler(self.sampler, self.cluster, self.settings, self.progress)
        _warn(self.sampler.name, sampler, self.settings)
        try:
            return await self._collect(environment, sampler, out, chosen)
        finally:
            await sampler.aclose()
            if own is not None:
                own.close()

    async def _collect(self, environment: Any, sampler: Sampler, out: Path, grader: Grader) -> Progress:
        with (
            opened_place(out, self.spool) as place,
            RunFolder(
                place.folder,
                self._identity(environment, sampler),
                spool=None if place.is_copy else self._spool_path(out),
                part_characters=self.part_characters,
                on_part=place.on_part,
                flush_seconds=place.flush_seconds,
            ) as run,
        ):
            shard = None if self.settings.shard is None else str(self.settings.shard)
            run.log(
                "collect",
                n=self.settings.n,
                limit=self.settings.limit,
                shard=shard,
                sampler=self.sampler.name,
            )
            restore_problems(run, environment)
            collector = Collector(
                environment, sampler, run, self.settings, progress=self.progress, grader=grader
            )
            return await collect_into(run, collector, grader, self.settings)

    def _environment(self, grader: Grader) -> Any:
        """The environment, or several as one, with their verifiers made known to the grader."""
        if not self.mixture:
            environment = make_environment(
                self.env_id,
                problems=self.problems,
                template=self.template,
                skip_malformed=self.skip_malformed,
            )
            _introduce(environment, grader, verify=self.settings.verify)
            return environment
        environments = [
            make_environment(
                source.env,
                problems=source.problems,
                template=source.template or self.template,
                skip_malformed=source.skip_malformed or self.skip_malformed,
            )
            for source in self.mixture
        ]
        for environment in environments:
            _introduce(environment, grader, verify=self.settings.verify)
        mixed = Mixture(self.mixture, environments, seed=self.seed)
        mixed.problems.on_exhausted = self._exhausted
        return mixed

    def _exhausted(self, name: str, served: int) -> None:
        logger.warning("%s has no more than its %d problems: the others go on", name, served)
        self.progress.exhausted.append(name)

    def _identity(self, environment: Any, sampler: Sampler) -> RunIdentity:
        return RunIdentity(
            env_id=self.env_id,
            source=environment.problems.identity,
            template=environment.template,
            model=sampler.model,
            model_revision=sampler.model_revision,
            sampling=sampler.sampling.identity(),
            settings=deciding_settings(sampler, self.settings.opening),
            seed=self.seed,
        )

    def _spool_path(self, out: Path) -> Path | None:
        """One file a run: runs of one name in different folders must not share it."""
        if self.spool is None:
            return None
        place = out.resolve()
        return self.spool / f"{place.name}-{digest_of(str(place), bits=48)}.{SPOOL_FILE}"


async def opened_sampler(
    sampler: SamplerSettings, cluster: ClusterSettings | None, settings: CollectSettings, progress: Progress
) -> Sampler:
    """The sampler: in this process, or in many of a cluster."""
    if cluster is None:
        return sampler.build()
    from genesys.rollouts.cluster.cluster_sampler import ClusterSampler

    return await ClusterSampler.open(sampler, cluster, concurrency=settings.concurrency, progress=progress)


async def collect_into(
    run: RunFolder, collector: Collector, grader: Grader, settings: CollectSettings
) -> Progress:
    """Collects into an open run, and verifies what earlier calls left unverified."""
    progress = collector.progress
    if settings.stop is not None:  # who decides by verdicts needs all that can be had
        await asyncio.to_thread(_catch_up, run, grader, progress)
    try:
        await collector.collect()
        if settings.verify:
            await asyncio.to_thread(_catch_up, run, grader, progress)
    finally:
        run.log(
            "collected",
            completions=progress.completions,
            failed=progress.failed,
            seconds=round(progress.seconds, 3),
            stopped_by=progress.stopped_by,
        )
    return progress


def deciding_settings(sampler: Sampler, opening: str) -> dict[str, Any]:
    """What decides a text beside model, messages and sampling, for a run's identity."""
    return {**sampler.settings, **({"opening": opening} if opening else {})}


def _introduce(environment: Any, grader: Grader, *, verify: bool) -> None:
    """Looks at an environment's first problem, and lets the grader know its verifier.

    Raises:
        ConfigurationError: If the completions are to be verified by a judge that nobody has named.
    """
    first = environment.problems[0]
    environment.messages(first)  # a wrong task type is found before anything is made
    if getattr(environment, "verifier_spec", None) is not None:
        grader.prefer(first.task_type, environment.verifier_spec)
    if verify:
        require_judge([grader.spec_for(first)])


def _warn(name: str, sampler: Sampler, settings: CollectSettings) -> None:
    """Says what a run with this sampler cannot promise."""
    promised = sampler.capabilities
    if settings.opening and not promised.opens:
        logger.warning(
            "sampler %s cannot open the answer with %r: the model's chat template has to",
            name,
            settings.opening,
        )
    if sampler.sampling.temperature > 0 and not (promised.reproducible or promised.honours_seed):
        logger.warning("sampler %s honours no seeds: the same run made again has other texts", name)


def _catch_up(run: RunFolder, grader: Grader, progress: Progress) -> None:
    """Verifies what an earlier call committed and was stopped before verifying."""
    _, missing = unscored(run, grader)
    score_completions(run, grader, missing, progress)


def make_environment(env_id: str, **options: Any) -> Any:
    """Makes a registered environment, without Gymnasium's wrappers; None and False options are left out.

    Raises:
        UnknownName: If no such id is registered, with a suggestion.
        ConfigurationError: If it does not take the options, or serves no problems.
    """
    if env_id not in gymnasium.registry:
        load_installed_environments()
    if env_id not in gymnasium.registry:
        raise UnknownName.of("environment", env_id, (name for name in gymnasium.registry if "/" in name))
    given = {name: value for name, value in options.items() if value not in (None, False)}
    try:
        environment = gymnasium.make(env_id, disable_env_checker=True, **given).unwrapped
    except TypeError as error:
        raise ConfigurationError(f"{env_id} does not take {', '.join(given)}: {error}") from error
    if not hasattr(environment, "problems") or not hasattr(environment, "messages"):
        raise ConfigurationError(
            f"{env_id} serves no problems: it cannot be harvested",
            "Use a genesys environment, or give yours `problems`, `template` and `messages(problem)`.",
        )
    return environment
