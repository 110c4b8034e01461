"""Where problems come from: files in the common schema, and seeded generators."""

from genesys.envs.sources.opening import open_problems
from genesys.envs.sources.source import ProblemSource

__all__ = ["ProblemSource", "open_problems"]
