"""The filters of `genesys show`, and the ranges they take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from genesys.errors import ConfigurationError

if TYPE_CHECKING:
    from genesys.curation.browsing import Span

Cause = Annotated[
    str | None,
    typer.Option(
        "--cause", help='Only traces of this cause; "right" for full scores, "unscored" for none yet.'
    ),
]
ProblemId = Annotated[
    str | None, typer.Option("--problem", help="Only traces of problems whose id begins so.")
]
Response = Annotated[str | None, typer.Option("--response", help="Only traces whose id begins so.")]
Source = Annotated[str | None, typer.Option("--source", help="Only traces of problems of this source.")]
Finish = Annotated[
    str | None, typer.Option("--finish", help="Only traces that ended so: stop, length, repetition, error.")
]
Score = Annotated[
    str | None,
    typer.Option("--score", metavar="RANGE", help='Only scores in a range: "0.2..0.8", "0.9..", "1".'),
]
Tokens = Annotated[
    str | None, typer.Option("--tokens", metavar="RANGE", help='Only lengths in a range of tokens: "..4096".')
]
Search = Annotated[
    str | None,
    typer.Option(
        "--search", help="Only traces with this text in completion, prompt or gold, whatever its case."
    ),
]


def span(text: str | None, option: str) -> Span | None:
    """Reads a range: "0.2..0.8", "0.9..", "..4096" or one number; both ends belong to it.

    Raises:
        ConfigurationError: If it is none.
    """
    from genesys.curation.browsing import Span

    if text is None:
        return None
    low, dots, high = text.partition("..")
    try:
        least, most = (float(end) if end.strip() else None for end in (low, high if dots else low))
    except ValueError:
        least, most = 1.0, 0.0
    if (least is None and most is None) or (least is not None and most is not None and not least <= most):
        raise ConfigurationError(
            f"{option} {text!r} is no range", 'Write "0.2..0.8", "0.9..", "..4096" or one number.'
        )
    return Span(least=least, most=most)
