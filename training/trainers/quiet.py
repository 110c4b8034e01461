"""The libraries' own screen and warnings, where they say nothing that a person could act on."""

# mypy: untyped-calls-exclude="torch,transformers,trl"
# Parts of their interfaces carry no annotations.

from __future__ import annotations

import ast
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from datasets.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

from genesys.rollouts.samplers.local_model import no_progress_bar

_MISSING = re.compile(r"There were missing keys in the checkpoint model loaded: (\[.*\])\.\Z", re.DOTALL)
_SAME_SECOND = "mtime may not be reliable on this filesystem"


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Progress bars of transformers and datasets off: the screen is the caller's.

    And no word of checkpoints that were written within one second, which are then ordered by their number.
    """
    shown, logger = not are_progress_bars_disabled(), logging.getLogger("transformers.trainer_utils")
    disable_progress_bars()
    logger.addFilter(_is_news)
    try:
        with no_progress_bar():
            yield
    finally:
        logger.removeFilter(_is_news)
        if shown:
            enable_progress_bars()


@contextmanager
def quiet_resuming(model: Any) -> Iterator[None]:
    """No warning of weights that a checkpoint leaves out since they are another's, as tied embeddings are.

    Args:
        model: The model that is resumed; keys that it really misses are still warned of.
    """
    own = {name for name, _ in model.named_parameters()}
    tied = {name for name, _ in model.named_parameters(remove_duplicate=False)} - own

    def is_news(record: logging.LogRecord) -> bool:
        found = _MISSING.match(record.getMessage())
        return found is None or not set(ast.literal_eval(found[1])) <= tied

    logger = logging.getLogger("transformers.trainer")
    logger.addFilter(is_news)
    try:
        yield
    finally:
        logger.removeFilter(is_news)


def _is_news(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(_SAME_SECOND)
