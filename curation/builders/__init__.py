"""Builders: raw dumps become verifiable problems, each of which its own verifier serves."""

from genesys.curation.builders.builder import BUILDERS, Builder, BuildOptions
from genesys.curation.builders.report import BuildReport
from genesys.curation.builders.runner import Build

__all__ = ["BUILDERS", "Build", "BuildOptions", "BuildReport", "Builder"]
