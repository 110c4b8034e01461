"""What a run gave for its tokens."""

from __future__ import annotations

import numpy as np

from genesys.curation.reporting.binning import share, short
from genesys.curation.reporting.charts import curves, legend, table
from genesys.curation.reporting.document import Section
from genesys.curation.reporting.markup import element, joined
from genesys.curation.reporting.run_numbers import RunNumbers
from genesys.rollouts.run_reader import RunReader
from genesys.rollouts.run_yield import run_yield

_POINTS = 60


def yield_section(run: RunReader, numbers: RunNumbers, verifier: str | None) -> Section | None:
    """Tokens for each right completion, and what other token limits would have kept and cost.

    None where nobody counted the tokens.
    """
    if numbers.unit != "tokens" or not len(numbers) or not numbers.length.sum():
        return None
    found = run_yield(run, verifier=verifier)
    right = numbers.length[numbers.outcome == "right"]
    most = float(numbers.length.max())
    limits = np.linspace(0, most, _POINTS)
    kept = [(float(at / most), float((right <= at).mean()) if len(right) else 0.0) for at in limits]
    spent = [
        (float(at / most), float(np.minimum(numbers.length, at).sum() / numbers.length.sum()))
        for at in limits
    ]
    rows = [
        (
            one.limit,
            one.right,
            share(one.right, found.right),
            one.tokens,
            "–" if one.tokens_per_right is None else round(one.tokens_per_right),
        )
        for one in found.limits
    ]
    ticks = [short(most * part) for part in (0, 0.25, 0.5, 0.75, 1)]
    body = joined(
        [
            legend({"right": "right completions that fit", "plain": "tokens that would be sampled"}),
            curves({"right": kept, "plain": spent}, ticks, words="What a token limit keeps and costs"),
            element("h3", "Token limits compared"),
            table(("limit", "right", "of all right", "tokens", "tokens per right"), rows),
        ]
    )
    each = "–" if found.tokens_per_right is None else f"{found.tokens_per_right:,.0f}"
    intro = f"{each} sampled tokens for each right completion. What a limit of so many tokens would have kept and cost:"
    return Section(name="yield", title="Token yield", body=body, intro=intro, wide=False)
