"""Runs become datasets, by recipe.

    report = curate(["runs/first", "runs/second"], "synthetic-1", "data/first")
    report.output("sft").rows

A recipe is a TOML file (`curation/recipes`): outputs with their columns, steps and rules. Every row that
does not stand in an output has a reason, and the reasons add up.
"""

from genesys.curation.pipeline import curate
from genesys.curation.recipe import Output, Recipe
from genesys.curation.recipe_file import load_recipe, recipe_names
from genesys.curation.report import CurationReport, OutputReport, RunCount, SourceCount, Tally

__all__ = [
    "CurationReport",
    "Output",
    "OutputReport",
    "Recipe",
    "RunCount",
    "SourceCount",
    "Tally",
    "curate",
    "load_recipe",
    "recipe_names",
]
