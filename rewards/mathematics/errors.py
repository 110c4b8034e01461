"""What stops the reading of an answer; internal, each ends in a verdict."""

from __future__ import annotations


class NotMathError(Exception):
    """The tokens are no expression of this grammar."""


class NotEvaluatedError(NotMathError):
    """They are a task, such as a sum over an index, and not a value."""


class TooComplexError(Exception):
    """Reading or evaluating them costs more than any plain answer needs."""


class NeedsWorkerError(Exception):
    """The question needs slow work that must not run in the caller."""
