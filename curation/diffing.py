"""What changes between two verifiers: from stored scores, and in the sets that a recipe would make.

    report = diff(["runs/first"], "synthetic-1", before=["math-verify"], after=["math@1"])
    report.matrix["right"]["wrong"]

Nothing is verified and no dataset is written: the runs are sifted twice, once by each choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from genesys.curation.diffing_queries import compare_sets, count_moves, pick_samples, remember
from genesys.curation.diffing_report import DiffReport
from genesys.curation.intake import Intake, take_in
from genesys.curation.lake import Lake
from genesys.curation.recipe import Recipe
from genesys.curation.recipe_file import load_recipe
from genesys.curation.sifting import sift
from genesys.curation.snapshot import Snapshot, open_runs, take_snapshot
from genesys.errors import ConfigurationError, UnknownName


def diff(
    runs: Sequence[Path | str],
    recipe: Recipe | Path | str,
    *,
    before: Sequence[str],
    after: Sequence[str],
    samples: int = 3,
    memory: str | None = None,
    threads: int | None = None,
    on_stage: Callable[[str], None] = lambda stage: None,
) -> DiffReport:
    """Compares what two choices of verifiers say, and the datasets that would come of either.

    Task types that a choice does not speak of keep the verifier that `curate` would take for them.

    Args:
        runs: Run folders. A response that stands in several counts once.
        recipe: A recipe, the name of one that genesys brings, or the path of a TOML file.
        before: Keys of verifiers, or names where one key has that name.
        after: The same, of the other side.
        samples: How many flips of each kind to show, from as many sources as there are.
        memory: DuckDB's memory limit, such as "2GB"; the rest spills to the folder for temporary files.
        threads: Of DuckDB; all cores by default.
        on_stage: Is told what happens, in a few words.

    Raises:
        MissingExtra: If DuckDB is not installed.
        ConfigurationError: If a name names no verifier, or several.
        DataError: If a run cannot be read or holds nothing.
        Conflict: If runs contradict one another.
    """
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe)
    readers = open_runs(runs)
    keys = sorted({key for reader in readers for key in reader.verifier_keys()})
    first, second = (tuple(named_key(name, keys) for name in names) for names in (before, after))
    snapshot = take_snapshot(readers)
    with TemporaryDirectory(prefix="genesys-diff-") as folder:
        kept = Path(folder) / "kept"
        kept.mkdir()
        with Lake(Path(folder) / "spill", memory=memory, threads=threads) as lake:
            on_stage(f"sifting by {', '.join(first)}")
            was = _sift(lake, snapshot, recipe, first)
            remember(lake, recipe.outputs, kept)
        with Lake(Path(folder) / "spill", memory=memory, threads=threads) as lake:
            on_stage(f"sifting by {', '.join(second)}")
            now = _sift(lake, snapshot, recipe, second)
            on_stage("comparing")
            moves = count_moves(lake, kept)
            return DiffReport(
                before=was.verifiers,
                after=now.verifiers,
                recipe=recipe.name,
                completions=now.responses,
                moves=moves,
                sets=compare_sets(lake, recipe.outputs, kept),
                samples=pick_samples(lake, samples),
            )


def _sift(lake: Lake, snapshot: Snapshot, recipe: Recipe, verifiers: tuple[str, ...]) -> Intake:
    intake = take_in(lake, snapshot, recipe, verifiers)
    for output in recipe.outputs:
        sift(lake, output)
    return intake


def named_key(name: str, keys: Iterable[str]) -> str:
    """The one key that a name names: itself, its name with version, or its name alone.

    Raises:
        UnknownName: If there is none.
        ConfigurationError: If there are several.
    """
    found = [key for key in keys if name in (key, key.partition("+")[0], key.partition("@")[0])]
    if name in found:
        return name
    if not found:
        raise UnknownName.of("verifier key in these runs", name, keys)
    if len(found) > 1:
        raise ConfigurationError(
            f"{name!r} names several verifiers: {', '.join(found)}", "Write one of them out."
        )
    return found[0]
