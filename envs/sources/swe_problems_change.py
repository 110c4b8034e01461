"""One change to one file: what a software engineering problem is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Change:
    """A request to change a file, with the file before and after.

    Attributes:
        name: Part of the problem's id.
        path: The file's path in its repository.
        language: As fences name it: python, javascript, rust, cpp.
        request: What is asked for.
        before: The file as it is given.
        after: The file with the change made.
    """

    name: str
    path: str
    language: str
    request: str
    before: str
    after: str
