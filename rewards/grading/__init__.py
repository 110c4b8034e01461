"""The grader and its processes; `genesys.rewards` is the way in."""
