"""Sampling and verifying on a Ray cluster; plan, run folder and identity stay with the command that began it."""
