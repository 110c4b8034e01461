"""The command line: `genesys --help`."""

from genesys.cli.app import app, main

__all__ = ["app", "main"]
