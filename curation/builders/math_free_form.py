"""From multiple choice to free form: rules where the stem is a question by itself, a model where it is not.

Nothing that a model writes is believed: the answer must be the right option's value by the math verifier, and
the question must neither speak of options nor give the answer away.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice

from genesys.curation.builders.candidate import Candidate, Outcome
from genesys.curation.builders.json_replies import read_object
from genesys.curation.builders.math_options import gold_letter, options_text, read_choice, tidy_option
from genesys.curation.builders.stage import drop
from genesys.rewards import verify
from genesys.schema import Problem

_NEEDS_OPTIONS = re.compile(
    r"\b((?<!for )(?<!in )(?<!at )which|following|these|those|options?|choices?|choose|select|closest|nearest|approximately|about|best|except|true|"
    r"false|not|(?:could|may|might|must|can) (?:be|also|have|represent)|equivalent|equals? to one)\b",
    re.IGNORECASE,
)
_SPEAKS_OF_OPTIONS = re.compile(
    r"\b(which of (?:the|these)|of the following|following (?:is|are|options?|choices?|statements?)|option|choices?|multiple.choice|"
    r"answer (?:choice|letter)|(?:correct|right) letter)\b|\([A-E]\)|(?:^|\n)\s*[A-E][.):]\s|\\(?:textbf|mathrm|text)\{\s*\(?[A-E]\)",
    re.IGNORECASE,
)
_SPEAKS_OF_LETTERS = re.compile(r"\([A-E]\)|(?:^|\n)\s*[A-E][.):]\s|\\(?:textbf|mathrm|text)\{\s*\(?[A-E]\)")
_NOBODY = re.compile(
    r"none of|all of|cannot be|can't be|not enough|no solution|data (?:is )?inadequate|both|neither|either",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_UNIT = re.compile(r"^(-?[\d,]*\.?\d+)\s*(?:[a-zA-Z%°./]+\.?\s*){1,3}$")
MAX_ANSWER = 120


def split_choice(candidate: Candidate) -> Outcome:
    """Adds stem, options, letter and the right option's text; drops what has none of them."""
    choice = read_choice(candidate["statement"], candidate.get("options"))
    if choice is None or not choice.stem.strip():
        return drop(candidate, "mcq:no_stem")
    gold = candidate.get("gold") or ""
    named = gold_letter(gold)
    letter = named[0] if named else _letter_of_value(gold, choice.options)
    if letter is None or letter not in choice.options:
        return drop(candidate, "mcq:no_right_option", gold)
    value = choice.options[letter]
    if named and named[1] and not _equal(value, named[1]):
        return drop(candidate, "mcq:gold_contradicts_option", f"{gold} and {value}")
    if not value or len(value) > MAX_ANSWER or _NOBODY.search(value):
        return drop(candidate, "mcq:option_is_no_value", value)
    if not _is_value(value):
        return drop(candidate, "mcq:option_is_no_value", value)
    same = [other for name, other in choice.options.items() if name != letter and _equal(value, other)]
    if same:
        return drop(candidate, "mcq:two_options_alike", f"{value} and {same[0]}")
    return candidate.having(stem=choice.stem, choices=dict(choice.options), letter=letter, value=value)


def by_rule(candidate: Candidate) -> Candidate:
    """The stem as the question, where it asks for a value by itself; else the candidate as it is."""
    stem = candidate["stem"].strip()
    if not _LETTERS.search(_COMMANDS.sub("", candidate["value"])):
        stem = _EQUAL_TO.sub(_valued, stem)
    asking = [one for one in re.split(r"(?<=\?)\$*\s*|(?<=[.!])\$*\s+|\n\n", stem) if _asks_value(one)]
    if not asking or _NEEDS_OPTIONS.search(" ".join(asking)) or _SPEAKS_OF_OPTIONS.search(stem):
        return candidate
    if not _MATHEMATICAL.search(candidate["value"]) or _other_unit(" ".join(asking), candidate["value"]):
        return candidate
    unfinished = stem.endswith(("=", ":", " is", " are"))
    question = f"Complete with a value: {stem}" if unfinished else stem
    return candidate.having(question=question, answer=candidate["value"], rewritten_by="rules")


_EQUAL_TO = re.compile(r"\bwhich of the following (?:is|are) (?:equal|equivalent) to\b", re.IGNORECASE)
_LETTERS, _COMMANDS = re.compile(r"[A-Za-z]"), re.compile(r"\\[a-zA-Z]+")


def _valued(found: re.Match[str]) -> str:
    """What is equal to a number has a value: it can be asked for without the options."""
    return "What is the value of" if found.group()[0] == "W" else "what is the value of"


_MATHEMATICAL = re.compile(r"\d|\\|\$|^[a-z]$")
"""What a verifier compares well; a word such as "median" is one of few, and easily guessed."""

_TIMES = {
    "second": "s",
    "sec": "s",
    "minute": "m",
    "min": "m",
    "hour": "h",
    "hr": "h",
    "day": "d",
    "week": "w",
}
_TIME = re.compile(r"\b(second|sec|minute|min|hour|hr|day|week)s?\b", re.IGNORECASE)
_HOW_MANY = re.compile(r"\b(?:how many|in) (\w+?)s?\b", re.IGNORECASE)


def _other_unit(question: str, value: str) -> bool:
    """Whether a question asks for hours, say, and the value is in minutes: one of the two is mistaken."""
    given = _TIME.search(value)
    asked = {_TIMES[word.lower()] for word in _HOW_MANY.findall(question) if word.lower() in _TIMES}
    return bool(given and asked and _TIMES[given.group(1).lower()] not in asked)


_ASKS_VALUE = re.compile(
    r"\b(what|how|find|compute|calculate|evaluate|determine|solve|simplify)\b", re.IGNORECASE
)


def _asks_value(sentence: str) -> bool:
    return bool(_ASKS_VALUE.search(sentence)) or sentence.rstrip(" :").endswith(("=", " is", " are", "?"))


def wants_model(candidate: Candidate) -> bool:
    """Whether rules have left a multiple-choice problem as it was."""
    return candidate["kind"] == "mcq" and not candidate.get("question")


def told(candidate: Candidate) -> dict[str, str]:
    """The fields of the prompt."""
    return {
        "stem": candidate["stem"],
        "options": options_text(candidate["choices"]),
        "letter": candidate["letter"],
    }


def read_rewrite(candidate: Candidate, reply: str) -> Outcome:
    """The question and the answer that a model wrote; the checks come after."""
    found = read_object(reply, possible=bool, question=str, answer=str)
    if not found["possible"]:
        return drop(candidate, "mcq:needs_its_options")
    return candidate.having(
        question=found["question"].strip(),
        answer=tidy_option(found["answer"]),
        rewritten_by="a language model",
    )


def check_rewrite(candidate: Candidate) -> Outcome:
    """Drops rewrites as `rewrite:other_value`, `:options_left`, `:leaks_answer`, `:other_numbers`, `:short`."""
    if candidate["kind"] != "mcq":
        return candidate
    if not candidate.get("question"):
        return drop(candidate, "mcq:not_rewritten")
    question, answer, value = candidate["question"], candidate["answer"], candidate["value"]
    if not answer or not _equal(value, answer):
        return drop(candidate, "rewrite:other_value", f"{answer!r} for {value!r}")
    if len(question.split()) < 4:
        return drop(candidate, "rewrite:short", question)
    options = _SPEAKS_OF_OPTIONS.search(question)
    if options and (candidate["rewritten_by"] != "rules" or _SPEAKS_OF_LETTERS.search(question)):
        return drop(candidate, "rewrite:options_left", options.group())
    if _leaks(question, candidate["stem"], value, candidate["choices"]):
        return drop(candidate, "rewrite:leaks_answer", value)
    lost = _numbers(candidate["stem"]) - _numbers(question)
    if lost:
        return drop(candidate, "rewrite:other_numbers", ", ".join(sorted(lost)))
    return candidate.having(statement=question, gold=candidate["answer"], was="mcq")


def _leaks(question: str, stem: str, value: str, options: dict[str, str]) -> bool:
    """Whether the question says an option's value that the stem does not, or says it once more."""
    told_numbers = set(Counter(_listed(question)) - Counter(_listed(stem)))
    for option in options.values():
        plain = _plain(option)
        if len(plain) > 2 and plain in _plain(question) and plain not in _plain(stem):
            return True
    if told_numbers & _numbers(value):
        return True
    new = dict.fromkeys(
        [*_formulas(question), *sorted(told_numbers)]
    )  # the value may be said in another form
    known = set(_formulas(stem))
    return any(_equal(value, one) for one in islice((one for one in new if one not in known), _FEW))


_FORMULA = re.compile(r"\$+([^$]{1,200})\$+")
_FEW = 20


def _formulas(text: str) -> list[str]:
    return [found.strip() for found in _FORMULA.findall(text)]


def _numbers(text: str) -> set[str]:
    return set(_listed(text))


def _listed(text: str) -> list[str]:
    return _NUMBER.findall(text.replace(",", ""))


def _plain(text: str) -> str:
    return re.sub(r"[\s${}\\,]", "", text).lower()


def _is_value(text: str) -> bool:
    """Whether the math verifier takes a text as a gold, and knows it again."""
    return _equal(text, text)


def _equal(gold: str, answer: str) -> bool:
    """Whether the math verifier finds two values equal."""
    bare = _UNIT.match(gold.strip().strip("$"))
    for truth in (gold, bare.group(1)) if bare else (gold,):
        problem = Problem(
            problem_id="x",
            source="x",
            task_type="verifiable_math",
            prompt="",
            verification_info={"ground_truth": truth},
        )
        if verify(problem, f"\\boxed{{{answer}}}").score == 1.0:
            return True
    return False


def _letter_of_value(gold: str, options: dict[str, str]) -> str | None:
    """The letter of the only option that has the gold's value."""
    found: Sequence[str] = [letter for letter, text in options.items() if gold and _equal(gold, text)]
    return found[0] if len(found) == 1 else None
