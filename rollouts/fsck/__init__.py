"""Checks a run folder, and mends what can be mended; what is bad goes to lost+found/, and nothing is deleted."""

from genesys.rollouts.fsck.findings import Finding, FsckReport
from genesys.rollouts.fsck.run_check import fsck_run

__all__ = ["Finding", "FsckReport", "fsck_run"]
