"""Builder `output`: programs that process strings, and what they print.

Without a language model the seeded generator composes the programs (`genesys.envs.sources.string_programs`).
With one, a model writes functions from ideas and makes them harder generation by generation; each is run on
random strings and snippets of a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from genesys.curation.builders.builder import BuildOptions
from genesys.curation.builders.candidate import Candidate, Outcome
from genesys.curation.builders.llm_step import LlmStep
from genesys.curation.builders.output_execution import Executed
from genesys.curation.builders.output_functions import read_function
from genesys.curation.builders.output_ideas import IDEAS, MUTATIONS, SNIPPETS
from genesys.curation.builders.output_inputs import Texts
from genesys.curation.builders.prompt import load_prompt
from genesys.curation.builders.stage import Each, Stage
from genesys.envs.sources import open_problems
from genesys.errors import ConfigurationError
from genesys.schema import Problem, digest_of

DEFAULTS: Mapping[str, Any] = {
    "size": 1000,
    "levels": [0, 1, 2, 3, 4],
    "generations": 2,
    "inputs": 4,
    "keep": 1,
    "text": None,
}
"""Options: programs wanted (functions asked for, with a model), levels of the generator, how often functions
are made harder, texts each is run on, problems kept of each, and a file of lines to take snippets from."""

_ASK = "Return your response as a json with a field 'output' that contains the predicted output string."


class OutputBuilder:
    """Programs and what they print.

    Args:
        options: `extra` may hold what `DEFAULTS` lists.

    Raises:
        ConfigurationError: If an option is unknown or has a value that makes no sense.
    """

    name = "output"
    version = "1"
    task_type = "code_output_prediction"
    compares = False

    def __init__(self, options: BuildOptions) -> None:
        unknown = sorted(set(options.extra) - set(DEFAULTS))
        if unknown:
            raise ConfigurationError(
                f"the builder 'output' has no option {unknown[0]!r}", f"Its options: {', '.join(DEFAULTS)}."
            )
        self._options = options
        self._set = {**DEFAULTS, **options.extra}
        for name, least in (("size", 1), ("inputs", 1), ("keep", 1), ("generations", 0)):
            value = self._set[name]
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ConfigurationError(
                    f"--option {name} must be a whole number from {least}, not {value!r}"
                )
        levels = self._set["levels"]
        self._set["levels"] = levels = [levels] if isinstance(levels, int) else levels
        if not isinstance(levels, list) or not levels or not all(isinstance(one, int) for one in levels):
            raise ConfigurationError(
                f"--option levels must be whole numbers, not {levels!r}", "Such as [0,1,2]."
            )

    def candidates(self, sources: Sequence[Path | str], limit: int | None) -> Iterator[Outcome]:
        """Composed programs, or ideas for a model; there is nothing to read.

        Raises:
            ConfigurationError: If a source is given.
        """
        if sources:
            raise ConfigurationError(
                "the builder 'output' makes its programs and reads no --source",
                "Lines to take snippets from are given by --option text=FILE.",
            )
        return self._ideas() if self._options.llm else self._composed()

    def _composed(self) -> Iterator[Outcome]:
        levels = self._set["levels"]
        share, rest = divmod(self._set["size"], len(levels))
        for place, level in enumerate(levels):
            size = share + (place < rest)
            if size == 0:
                continue
            for problem in open_problems(
                f"string-programs:level={level},seed={self._options.seed},size={size}"
            ):
                program = problem.prompt.partition("```python\n")[2].partition("\n```")[0]
                fields = {"programs": [program], "generation": level}
                yield Candidate(candidate_id=problem.problem_id, source=problem.source, fields=fields)

    def _ideas(self) -> Iterator[Outcome]:
        for number in range(self._set["size"]):
            rng = Random(f"{self._options.seed}/{number}")
            yield Candidate(
                candidate_id=f"strings-{self._options.seed}-{number}",
                source="synthetic-strings",
                fields={"idea": rng.choice(IDEAS), "generation": 0},
            )

    def stages(self) -> Sequence[Stage]:
        """Writing, making harder, choosing texts; then running."""
        executed = Executed(keep=self._set["keep"])
        if not self._options.llm:
            return [executed]
        write = LlmStep(
            name="written",
            prompt=load_prompt("output-write@1"),
            fields=lambda candidate: {"idea": candidate["idea"]},
            read=lambda candidate, reply: candidate.having(code=read_function(reply)),
        )
        harder = [self._harder(generation) for generation in range(1, self._set["generations"] + 1)]
        return [
            write,
            *harder,
            Each(name="texts", judge=self._with_texts, version=self._text_digest()),
            executed,
        ]

    def _harder(self, generation: int) -> LlmStep:
        """The newest generation goes on as it is, and once more, made harder."""

        def fields(candidate: Candidate) -> dict[str, str]:
            rng = Random(f"{self._options.seed}/{candidate.candidate_id}/{generation}")
            return {"code": candidate["code"], "mutation": rng.choice(MUTATIONS)}

        def read(candidate: Candidate, reply: str) -> Sequence[Outcome]:
            code = read_function(reply)
            child = Candidate(
                candidate_id=f"{candidate.candidate_id}-g{generation}",
                source=candidate.source,
                fields={**candidate.fields, "code": code, "generation": generation},
            )
            return (candidate, child)

        return LlmStep(
            name=f"harder_{generation}",
            prompt=load_prompt("output-evolve@1"),
            fields=fields,
            read=read,
            wants=lambda candidate: candidate["generation"] == generation - 1,
            adds=f"g{generation}",
            version="2",
        )

    def _with_texts(self, candidate: Candidate) -> Outcome:
        rng = Random(f"{self._options.seed}/{candidate.candidate_id}/texts")
        source = Texts(self._text())
        texts: list[str] = []
        for _ in count():
            text = source.draw(rng)
            if text not in texts:
                texts.append(text)
            if len(texts) == self._set["inputs"]:
                break
        programs = [f"{candidate['code']}\n\n\nprint(f({text!r}))" for text in texts]
        return candidate.having(texts=texts, programs=programs)

    def _text(self) -> str:
        path = self._set["text"]
        if path is None:
            return SNIPPETS
        try:
            return Path(str(path)).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"cannot read --option text={path}: {error}") from None

    def _text_digest(self) -> str:
        return f"1-{digest_of(self._text(), bits=64)}"

    def problem(self, candidate: Candidate) -> Problem:
        """The question what the program prints."""
        metadata = {
            "answer_format": "json_output",
            "difficulty": candidate["difficulty"],
            "steps": candidate["steps"],
            "complexify_iteration": candidate["generation"],
        }
        if candidate.get("idea"):
            metadata["idea"] = candidate["idea"]
        return Problem(
            problem_id=candidate.candidate_id,
            source=candidate.source,
            task_type=self.task_type,
            prompt=f"What does this Python program print?\n\n```python\n{candidate['program']}\n```\n\n{_ASK}",
            verification_info={"ground_truth": candidate["output"]},
            metadata=metadata,
        )

    def licences(self) -> Mapping[str, str]:
        """Composed programs are ours."""
        return {"string-programs": "Apache-2.0, composed by genesys"}
