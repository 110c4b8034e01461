"""One self-contained HTML page about a run or a dataset."""

from genesys.curation.reporting.write import write_report

__all__ = ["write_report"]
