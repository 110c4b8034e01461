"""The dataset card: a README that says what is inside, where it comes from and how to make it again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from genesys.curation.recipe import REJECTED, Recipe
from genesys.curation.report import CurationReport, OutputReport, RunCount, Tally
from genesys.rewards.measured import Rate, measured_errors
from genesys.schema import canonical_json
from genesys.version import __version__

RECIPE_FILE = "recipe.toml"

_LICENCE = (
    "No licence is granted here. The problems are under the licences of their sources, and the completions under "
    "the terms of the models that wrote them, named under Runs. Sources without a stated licence: state it under "
    "[licences] in the recipe before you publish."
)

_UNSCORABLE = (
    "The pass rate is over completions that have a score. Unscorable is not wrong: where the completion is "
    "not at fault, it has no score."
)


def card_text(report: CurationReport, recipe: Recipe) -> str:
    """The card as Markdown, with the configs that `datasets.load_dataset` reads in its header."""
    parts = [
        _header(report),
        f"# {report.recipe}\n\n{recipe.summary}".rstrip(),
        _overview(report),
        *(_output(output) for output in report.outputs),
        _verdicts(report),
        _thresholds(report),
        _errors(report),
        _runs(report.runs),
        _reproduce(report, recipe),
        _licences(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _header(report: CurationReport) -> str:
    members = {output.name: (output.name,) for output in report.outputs} | dict(report.configs)
    members |= {REJECTED: (REJECTED,)} if report.rejected else {}
    configs = "\n".join(
        f"- config_name: {name}\n  data_files:\n  - split: train\n    path:\n"
        + "\n".join(f"    - {folder}/*.parquet" for folder in folders)
        for name, folders in members.items()
    )
    return f"---\nconfigs:\n{configs}\ntags:\n- genesys\n- reasoning\n- verifiable-rewards\n---"


def _overview(report: CurationReport) -> str:
    merged = f", after {report.merged:,} that stand in several runs were merged" if report.merged else ""
    made = (
        f"Made by genesys {__version__} (genesys-rl) from {report.completions:,} completions of "
        f"{report.problems:,} problems{merged}. `manifest.json` has the digest of every file."
    )
    rows: list[tuple[object, ...]] = [
        (output.name, output.rows, f"`{output.layout}`") for output in report.outputs
    ]
    rows_of = {output.name: output.rows for output in report.outputs}
    rows += [
        (name, sum(rows_of[member] for member in members), " and ".join(members))
        for name, members in report.configs.items()
    ]
    rejected: list[tuple[object, ...]] = [
        (REJECTED, sum(file.rows for file in report.rejected), "why a completion is not in an output")
    ]
    return made + "\n\n" + _table(("config", "rows", "layout"), rows + (rejected if report.rejected else []))


def _output(output: OutputReport) -> str:
    steps = [f"`{canonical_json({step['name']: step['settings']})}`" for step in output.steps]
    parts = [f"## {output.name}", f"Steps: {', '.join(steps)}." if steps else "", _tally(output.completions)]
    if output.problems is not None:
        parts += [
            "Among the completions kept, the rule selects once for each problem:",
            _tally(output.problems),
        ]
    return "\n\n".join(part for part in parts if part)


def _tally(tally: Tally) -> str:
    rows: list[tuple[object, ...]] = [("read", tally.read)]
    rows += [(f"dropped: `{reason}`", count) for reason, count in tally.dropped.items()]
    return _table(("", tally.unit), [*rows, ("**kept**", tally.kept)])


def _verdicts(report: CurationReport) -> str:
    counts = [
        (
            source.source,
            source.task_type,
            source.completions,
            "–" if source.pass_rate is None else f"{100 * source.pass_rate:.1f} %",
            source.passed,
            source.failed,
            source.unscorable,
            source.unscored,
        )
        for source in report.sources
    ]
    causes = [
        (source.source, source.task_type, f"`{cause}`", count)
        for source in report.sources
        for cause, count in source.causes.items()
    ]
    columns = ("source", "task type", "completions", "pass rate", "pass", "fail", "unscorable", "unscored")
    parts = [
        "## Verdicts by source",
        _UNSCORABLE,
        _table(columns, counts),
    ]
    parts += [_table(("source", "task type", "cause", "completions"), causes)] if causes else []
    return "\n\n".join(parts)


def _thresholds(report: CurationReport) -> str:
    named = sorted({source.task_type for source in report.sources} | set(report.thresholds))
    default = report.thresholds["default"]
    rows = [(name, report.thresholds.get(name, default), _code(report.verifiers.get(name))) for name in named]
    return "## Thresholds and verifiers\n\n" + _table(("task type", "passes from", "scores of"), rows)


def _errors(report: CurationReport) -> str:
    """What was measured of the verifiers whose scores count."""
    rows: list[tuple[object, ...]] = []
    for key in sorted(set(report.verifiers.values())):
        errors = measured_errors(key)
        if errors is None:
            rows.append((_code(key), "not measured", "–", "–", "–"))
        else:
            rates = (errors.false_negatives, errors.false_positives, errors.undecided)
            rows.append((_code(key), errors.cases, *map(_rate, rates)))
    columns = ("verifier", "measured on", "false negatives", "false positives", "undecided")
    return "How often these verifiers are wrong, with 95 % intervals:\n\n" + _table(columns, rows)


def _rate(rate: Rate | None) -> str:
    return "–" if rate is None else f"{rate[0]:.2f} % ({rate[1]:.2f} to {rate[2]:.2f})"


def _licences(report: CurationReport) -> str:
    rows = [(source, licence or "not stated") for source, licence in report.licences.items()]
    return f"## Licences\n\n{_LICENCE}\n\n" + _table(("source", "licence of its problems"), rows)


def _runs(runs: Sequence[RunCount]) -> str:
    columns = ("run", "environment", "problems", "model", "template", "sampling", "seed", "completions")
    rows = []
    for run in runs:
        identity = run.identity
        model = _code(identity["model"])
        if identity["model_revision"] is not None:
            model += f" at {_code(identity['model_revision'])}"
        sampling = _code(canonical_json(identity["sampling"]))
        shown = (_code(identity["env_id"]), _code(identity["source"]), model, _code(identity["template"]))
        rows.append((_code(run.name), *shown, sampling, identity["seed"], run.completions))
    return "## Runs\n\n" + _table(columns, rows)


def _reproduce(report: CurationReport, recipe: Recipe) -> str:
    runs = " ".join(run.name for run in report.runs)
    verifiers = " ".join(f"--verifier {key}" for key in sorted(set(report.verifiers.values())))
    lies = f"`{RECIPE_FILE}` lies beside this card. " if recipe.text else ""
    scored = "".join(f"genesys score {run.name}\n" for run in report.runs)
    return (
        "## How to make it again\n\nHarvest the runs above with `genesys collect`, with the settings of the "
        "table, then:\n\n"
        f"```sh\n{scored}genesys curate {runs} {verifiers} --recipe {RECIPE_FILE if recipe.text else recipe.name} --out DIR\n```\n\n"
        f"{lies}The same runs, recipe and versions give the same bytes."
    )


def _code(value: object) -> str:
    return "–" if value is None else f"`{value}`"


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)


def _cell(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return " ".join(str(value).split()).replace("|", "\\|")
