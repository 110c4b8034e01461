"""Builder `code`: programming problems of many dumps in one schema of tests, their golds run here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from genesys.curation.builders.builder import BuildOptions
from genesys.curation.builders.candidate import Candidate, Outcome
from genesys.curation.builders.coding_checkers import adapted_checker
from genesys.curation.builders.coding_folders import candidates_of_folders, problem_folders
from genesys.curation.builders.coding_golds import Solved, fenced
from genesys.curation.builders.coding_problem import CALL, LANGUAGES
from genesys.curation.builders.coding_rows import candidate_of_row
from genesys.curation.builders.coding_rules import judge_statement, judge_tests
from genesys.curation.builders.coding_translation import Faithful, translation
from genesys.curation.builders.row_files import ENDINGS, candidates_of_files
from genesys.curation.builders.stage import Each, Stage
from genesys.envs.sources.rows import Row
from genesys.errors import ConfigurationError
from genesys.schema import Problem

DEFAULTS: Mapping[str, Any] = {"languages": [], "require_gold": False, "source": None}
"""Options: languages to translate to (javascript, rust, cpp, python), whether problems without a solution are
dropped, and what to call a source whose rows do not say."""


def _is_translated(candidate: Candidate) -> bool:
    return bool(candidate.get("translated_from"))


class CodeBuilder:
    """Programming problems with tests.

    Args:
        options: `extra` may hold what `DEFAULTS` lists.

    Raises:
        ConfigurationError: If an option is unknown or has a value that makes no sense.
    """

    name = "code"
    version = "1"
    task_type = "verifiable_code"
    compares = True

    def __init__(self, options: BuildOptions) -> None:
        unknown = sorted(set(options.extra) - set(DEFAULTS))
        if unknown:
            raise ConfigurationError(
                f"the builder 'code' has no option {unknown[0]!r}", f"Its options: {', '.join(DEFAULTS)}."
            )
        self._options = options
        self._set = {**DEFAULTS, **options.extra}
        languages = self._set["languages"]
        if not isinstance(languages, str | list) or not isinstance(self._set["require_gold"], bool):
            raise ConfigurationError(
                "--option languages is a list and --option require_gold true or false",
                """Such as --option 'languages=["rust", "cpp"]' --option require_gold=true.""",
            )
        self._languages = [languages] if isinstance(languages, str) else languages
        strangers = [name for name in self._languages if name not in LANGUAGES]
        if strangers:
            raise ConfigurationError(
                f"no problem can be put in {strangers[0]!r}", f"Choose among {', '.join(LANGUAGES)}."
            )

    def candidates(self, sources: Sequence[Path | str], limit: int | None) -> Iterator[Outcome]:
        """Problems of folders (APPS, Kattis packages) and of rows (APPS, TACO, CodeContests, Codeforces, MBPP).

        Raises:
            ConfigurationError: If there is no such file.
        """
        if not sources:
            yield from candidates_of_files([], self._of_row)  # says what to name
        for source in map(Path, sources):
            folders = problem_folders(source) if source.is_dir() else []
            if folders:
                yield from candidates_of_folders(folders)
            else:
                yield from candidates_of_files([source], self._of_row, (*ENDINGS, ".json"))

    def _of_row(self, row: Row, path: Path) -> Candidate:
        return candidate_of_row(row, self._set["source"] or path.name.split(".")[0])

    def stages(self) -> Sequence[Stage]:
        """Rules, golds, and translations with their golds."""
        rules: list[Stage] = [
            Each(name="statement", judge=judge_statement),
            Each(name="tests", judge=judge_tests),
            Solved(self._form, required=self._set["require_gold"]),
        ]
        if not self._languages or not self._options.llm:
            return rules
        steps = [translation(language) for language in self._languages]
        return [*rules, *steps, Faithful(), Solved(self._form, wants=_is_translated, name="translated")]

    def problem(self, candidate: Candidate) -> Problem:
        """The problem in its language, with the gold that passes."""
        return self._form(candidate, candidate["language"])

    def _form(self, candidate: Candidate, language: str) -> Problem:
        statement = candidate["statement"]
        lead = f"Solve the following coding problem using the programming language {language}:\n\n"
        starter = candidate.get("starter")
        prompt = statement if statement.startswith("Solve the following coding problem") else lead + statement
        if starter and language == "python":
            prompt += f"\n\nBegin with this code:\n```python\n{str(starter).rstrip()}\n```"
        called = {str(test["fn_name"]) for test in candidate["tests"] if test.get("type") == CALL}
        unnamed = sorted(name for name in called if name not in prompt)
        if unnamed:  # a translation has no starter code, and nobody could guess the name
            prompt += f"\n\nName the function `{unnamed[0]}`."
        info: dict[str, Any] = {"language": language, "test_cases": candidate["tests"]}
        info |= {name: candidate[name] for name in ("time_limit", "memory_limit") if candidate.get(name)}
        checker = adapted_checker(candidate.get("checker"))
        gold = candidate.get("gold")
        kept = ("difficulty", "url", "licence", "translated_from", "tests_given")
        wrong = [one for one in candidate.get("wrong") or [] if one["language"] == language]
        return Problem(
            problem_id=candidate.candidate_id,
            source=candidate.source,
            task_type=self.task_type,
            in_source_id=candidate["name"],
            prompt=prompt,
            gold_standard_solution=fenced({"language": language, "code": gold}) if gold else None,
            verification_info=info | ({"checker": checker} if checker else {}),
            metadata={
                "gold_verified": bool(gold),
                **{name: candidate[name] for name in kept if candidate.get(name) is not None},
                **({"incorrect_solution": fenced(wrong[0])} if wrong else {}),
            },
        )

    def licences(self) -> Mapping[str, str]:
        """As the publishers of the datasets state them."""
        return {
            "apps": "MIT (Hendrycks et al., 2021)",
            "codecontests": "CC BY 4.0 (Li et al., AlphaCode, 2022)",
            "codeforces": "CC BY 4.0 (open-r1/codeforces)",
            "mbpp": "CC BY 4.0 (Austin et al., 2021)",
            "kattis": "each package's own: metadata.licence",
        }
