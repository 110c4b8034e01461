"""What a build lends its stages: a grader, a model, a place for files, and a loop to wait on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

from genesys.errors import ConfigurationError
from genesys.rewards import Grader
from genesys.rollouts.durable import storage_errors
from genesys.rollouts.sampler import Sampler, SamplerSettings

T = TypeVar("T")


@dataclass(kw_only=True)
class BuildContext:
    """The means of one build; use it as a context manager.

    Attributes:
        work: Folder of the build's working files.
        grader: Verifies golds and runs programs.
        sampling: The model that LLM steps ask, or None where there is none.
        seed: Of every random choice.
        concurrency: Prompts in flight at most.
        on_stage: Is told the name of a stage and how far it is, from time to time.
        on_asked: Is told, while a model is asked, how many replies are there and how many are wanted.
        dry: Whether prompts are kept in `prompts` and not asked.
        prompts: The first prompts of each LLM step of a dry run, by step.
    """

    work: Path
    grader: Grader
    sampling: SamplerSettings | None = None
    seed: int = 0
    concurrency: int = 64
    on_stage: Callable[[str, int], None] = lambda name, done: None
    on_asked: Callable[[int, int], None] = lambda done, wanted: None
    dry: bool = False
    prompts: dict[str, list[str]] = field(default_factory=dict)
    _runner: asyncio.Runner | None = field(default=None, repr=False)
    _sampler: Sampler | None = field(default=None, repr=False)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine on the build's loop, on which its sampler lives."""
        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(work)

    def sampler(self) -> Sampler:
        """The model, made when first asked for. To be called on the build's loop.

        Raises:
            ConfigurationError: If the build has none.
        """
        if self.sampling is None:
            raise ConfigurationError(
                "this build asks a language model, and none is named",
                "Give --sampler and --model, such as --sampler server -o endpoints=http://localhost:8000/v1; "
                "or see what rules alone do with --no-llm.",
            )
        if self._sampler is None:
            self._sampler = self.sampling.build()
        return self._sampler

    def __enter__(self) -> Self:
        with storage_errors(f"cannot write in {self.work}", "Choose another --out folder."):
            self.work.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._runner is None:
            return
        try:
            if self._sampler is not None:
                self._runner.run(self._sampler.aclose())
        finally:
            self._runner.close()
