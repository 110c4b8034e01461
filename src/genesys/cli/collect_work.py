"""From the flags of `genesys collect` to the work that they describe."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from genesys.cli.console import stderr
from genesys.errors import ConfigurationError

if TYPE_CHECKING:
    from genesys.rollouts.cluster.settings import ClusterSettings
    from genesys.rollouts.collecting import Harvest
    from genesys.rollouts.collector import CollectSettings
    from genesys.rollouts.continuing import Continuation
    from genesys.rollouts.presets import Preset

Flags = Mapping[str, Any]
"""The flags by their names in Python, with None or a default where not given."""

_NOT_CONTINUED = (
    "env", "problems", "mixture", "template", "preset", "temperature", "top_p", "top_k", "open_think",
    "until_correct", "until_pair", "shard", "spool",
)  # fmt: skip
_HOUR = 3600.0


def harvest_of(asked: Flags) -> tuple[Harvest, str | None]:
    """The harvest that flags describe, and the answer format that its template asks for, or None.

    Raises:
        ConfigurationError: If there is nothing to harvest, or flags contradict each other.
        UnknownName: If there is no such preset, sampler or template.
    """
    from genesys.rollouts.collecting import Harvest
    from genesys.rollouts.mixture import MIXTURE, read_mixture
    from genesys.rollouts.sampler import SamplerSettings

    if (asked["env"] is None) == (asked["mixture"] is None):
        raise ConfigurationError(
            "give either --env or --mixture", "`genesys envs` lists the environments' ids."
        )
    if asked["mixture"] and asked["problems"]:
        raise ConfigurationError("--problems stands in the --mixture file, for each source of its own")
    if asked["model"] is None:
        raise ConfigurationError("give --model", "Its name or path; of a recording, its file of responses.")
    chosen = _chosen(asked)
    mixture = read_mixture(asked["mixture"]) if asked["mixture"] else ()
    harvest = Harvest(
        env_id=asked["env"] or MIXTURE,
        problems=asked["problems"],
        template=chosen.template,
        mixture=mixture,
        sampler=SamplerSettings(
            name=asked["sampler"],
            model=asked["model"],
            sampling=chosen.sampling,
            options=_sampler_options(asked, chosen.repetition),
        ),
        seed=asked["seed"],
        settings=_settings(asked, chosen.opening),
        skip_malformed=asked["skip_malformed"],
        spool=asked["spool"],
        cluster=_cluster(asked),
    )
    return harvest, None if chosen.template is None else _answer_format(chosen.template)


def continuation_of(asked: Flags) -> Continuation:
    """What `--continue-truncated` describes.

    Raises:
        ConfigurationError: If no limit is given, or flags that the run itself answers.
    """
    from genesys.rollouts.continuing import Continuation

    given = [name for name in _NOT_CONTINUED if asked[name] not in (None, False)]
    if given:
        raise ConfigurationError(
            f"--{given[0].replace('_', '-')} has no part in --continue-truncated",
            "The run says what its problems, its template and its sampling are.",
        )
    if asked["max_tokens"] is None:
        raise ConfigurationError("--continue-truncated needs --max-tokens", "Give the new, higher limit.")
    return Continuation(
        sampler=asked["sampler"],
        model=asked["model"],
        max_tokens=asked["max_tokens"],
        options=_sampler_options(asked, bool(asked["stop_repetition"])),
        settings=_settings(asked, ""),
        cluster=_cluster(asked),
    )


def _chosen(asked: Flags) -> Preset:
    """The preset under the flags beside it; says which of its values they change."""
    from genesys.rollouts.presets import THINK, preset, with_flags

    given = {name: asked[name] for name in ("temperature", "top_p", "top_k", "max_tokens", "template")}
    given["repetition"] = asked["stop_repetition"]
    given["opening"] = {True: THINK, False: "", None: None}[asked["open_think"]]
    chosen, notes = with_flags(preset(asked["preset"]), given)
    for note in notes:
        stderr.print(f"note: {note}", highlight=False, soft_wrap=True)
    return chosen


def _sampler_options(asked: Flags, repetition: bool) -> dict[str, Any]:
    """The sampler's options, with the one that ends loops where the sampler has it."""
    from genesys.cli.collect import parse_options
    from genesys.rollouts.sampler import SAMPLERS

    options = parse_options(asked["sampler_option"] or [])
    if asked["endpoint"]:
        if asked["sampler"] != "server":
            raise ConfigurationError(f"sampler {asked['sampler']} has no --endpoint", "Add --sampler server.")
        options["endpoints"] = asked["endpoint"]
    if repetition and "repetition" not in options:
        if "repetition" in inspect.signature(SAMPLERS.load(asked["sampler"])).parameters:
            return {**options, "repetition": True}
        stderr.print(
            f"note: sampler {asked['sampler']} does not end completions that have fallen into a loop"
        )
    return options


def _cluster(asked: Flags) -> ClusterSettings | None:
    from genesys.cli.cluster_options import cluster_of

    names = ("samplers", "gpus_per_sampler", "cpus_per_sampler", "verify_on")
    return cluster_of(asked["cluster"], asked["ray_address"], **{name: asked[name] for name in names})


def _answer_format(name: str) -> str | None:
    from genesys.envs.templates import template

    return template(name).answer_format


def _settings(asked: Flags, opening: str) -> CollectSettings:
    from genesys.rollouts.budgets import Budget, Prices
    from genesys.rollouts.collector import CollectSettings
    from genesys.rollouts.shard import Shard
    from genesys.rollouts.tallies import stopping_rule

    if asked["max_hours"] is not None and asked["max_seconds"] is not None:
        raise ConfigurationError("--max-hours and --max-seconds are the same budget: give one")
    seconds = asked["max_seconds"] if asked["max_hours"] is None else asked["max_hours"] * _HOUR
    prices = Prices(prompt=asked["price_prompt"], completion=asked["price_completion"])
    return CollectSettings(
        n=asked["n"],
        limit=asked["limit"],
        shard=None if asked["shard"] is None else Shard.parse(asked["shard"]),
        concurrency=asked["concurrency"],
        verify=asked["verify"],
        on_bad_gold=asked["on_bad_gold"],
        stop=stopping_rule(asked["until_correct"], asked["until_pair"]),
        budget=Budget(
            completions=asked["max_completions"],
            tokens=asked["max_total_tokens"],
            cost=asked["max_cost"],
            seconds=seconds,
            prices=prices,
            grace=asked["grace"],
        ),
        opening=opening,
    )
