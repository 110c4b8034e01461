r"""Finding the answer in a completion, and the gold in what a dataset stores.

The default reads the box. `bare` and `answer_tag` read other people's text: an answer tag, a box, a sentence
that announces a final answer, a last line `A: 12`, at last the last formula or number.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

from genesys.rewards.answers import Answer, last_box_end, read_answer, read_boxed
from genesys.schema import Problem

FORMATS = ("boxed", "bare", "answer_tag", "fenced_code", "json_output")
MAX_PROSE = 20_000
"""Characters of a bare text that are searched, from its end."""

_MAX_WHOLE = 80
_MAX_REMARK = 400
_MARKERS = ("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "</s>", "<|user|>")
_FINAL = re.compile(r"final answer(?: is)?\s*[:*]*(?: ?the final answer is)?\s*[:*]*", re.IGNORECASE)
_ANSWER = re.compile(r"\b(?:answer|option|choice)\s*(?:is|:|=)\s*[:*]*", re.IGNORECASE)
_LINE = re.compile(r"^[ \t]*(?:A:|####)[ \t]*(?=\S)", re.MULTILINE)
_CLOSING_REMARK = re.compile(r"I hope (?:it is|this is) correct\.?|\[?Note:", re.IGNORECASE)
_SENTENCE_END = re.compile(r"\.(?=\s|$)|\n\s*\n|!(?=\s|$)")
_SPAN = re.compile(
    r"\$\$([^$]{1,2000})\$\$|\$([^$]{1,2000})\$"
    r"|\\\(((?:[^\\]|\\[^()]){1,2000})\\\)|\\\[((?:[^\\]|\\[^\[\]]){1,2000})\\\]"
)
_JOINT = re.compile(r"[\s,;]*(?:and|or)?[\s,;]*\Z")
_WORD = re.compile(r"[a-zA-Z]{2,}")
_COMMAND = re.compile(r"\\(?:begin|end)\s*\{[a-zA-Z]*\}|\\[a-zA-Z]+")
_LABEL = re.compile(r"[a-zA-Z]\s*:")
_UNIT_WORDS = re.compile(r"\A\W*(?:percent|percentage|pct|degrees?|%|[a-z]+)?\W*\Z", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?<![\w.])\d{1,2}:\d{2}(?:\s?[ap]\.?m\b\.?)?"
    r"|(?<![\w.])[-+]?\$?(?:\d+(?:,\d+)*(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?(?: ?/ ?\d+)?(?:\s?(?:%|percent\b|pct\b))?(?![\w])",
    re.IGNORECASE,
)
_COPULA = re.compile(r"\b(?:is|are|equals|be)\b|=|:")


def find_answer(problem: Problem, text: str, name: str) -> Answer:
    """The answer of a completion in one of the formats."""
    found = read_answer(text, (name,), quoted=problem.prompt if "boxed" in problem.prompt else "")
    if found.text is None or name not in ("bare", "answer_tag"):
        return found
    inner = _final_answer(found.text) if name == "bare" else _in_tag(found.text)
    return Answer(inner) if inner else Answer(None, "no_answer")


def gold_text(gold: str) -> str:
    """What a dataset means by its gold: the box or the announced answer in it, else all of it."""
    if "boxed" in gold or "\\fbox" in gold:
        boxed = read_boxed(gold.replace("\\\\boxed", "\\boxed"))
        if boxed.text is not None:
            return boxed.text
    if len(gold) > _MAX_WHOLE and _FINAL.search(gold):
        return _final_answer(gold) or gold
    return gold.strip(" \n")


def _in_tag(text: str) -> str | None:
    if "\\boxed" in text:
        return read_boxed(text).text
    return text if len(text) <= _MAX_WHOLE or "\n" not in text else _final_answer(text)


def _final_answer(text: str) -> str | None:
    text = _own_words(text)
    if "<answer>" in text:
        return _in_tag(text.rpartition("<answer>")[2].partition("</answer>")[0].strip())
    box = last_box_end(text)
    announced = _announced(text, box)
    if announced is not None:
        return announced
    if box:
        boxed = read_boxed(text).text
        if boxed is not None:
            return boxed
    return _unannounced(text[-MAX_PROSE:])


def _own_words(text: str) -> str:
    """Up to where the model began to play the other side, without closing remarks."""
    for marker in _MARKERS:
        text = text.partition(marker)[0]
    remark = _CLOSING_REMARK.search(text, max(len(text) - _MAX_REMARK, 1))
    return (text[: remark.start()] if remark else text).strip()


def _last(matches: Iterator[re.Match[str]]) -> re.Match[str] | None:
    newest = deque(matches, maxlen=1)
    return newest[0] if newest else None


def _announced(text: str, box: int) -> str | None:
    """What follows the last announcement after the last box; a final answer outranks an answer."""
    start = max(box, len(text) - MAX_PROSE)
    for pattern in (_FINAL, _LINE, _ANSWER):
        last = _last(pattern.finditer(text, start))
        if last is not None and last.end() < len(text):
            found = _in_sentence(_first_sentence(text[last.end() :]))
            if found:
                return found
    return None


def _first_sentence(text: str) -> str:
    text = text.lstrip(" \t\r\n:*")
    end = _SENTENCE_END.search(text)
    return text[: end.start()] if end else text


def _in_sentence(sentence: str) -> str | None:
    """The answer in one sentence: its last formulas, or what it says a thing is."""
    sentence = sentence.strip().strip("*\"'").strip()
    spans = list(_SPAN.finditer(sentence))
    if spans:
        return _last_spans(sentence, spans)
    if len(sentence) <= _MAX_WHOLE and _words(sentence) <= 2:
        return sentence.rstrip(".") or None
    number = _last_number(sentence)
    return number if number is not None else (sentence if len(sentence) <= _MAX_WHOLE else None)


def _last_spans(sentence: str, spans: list[re.Match[str]]) -> str:
    """The last formulas, joined where only `and` stands between; a number after them outranks them."""
    after = sentence[spans[-1].end() :]
    number = _last_number(after)
    if number is not None:
        return number
    start = len(spans) - 1
    while start > 0 and _JOINT.match(sentence[spans[start - 1].end() : spans[start].start()]):
        start -= 1
    joined = ", ".join(next(group for group in span.groups() if group is not None) for span in spans[start:])
    percent = re.match(r"\s*(%|percent|pct)", after)
    return f"{joined} {percent.group(1)}" if percent else joined


def _last_number(text: str) -> str | None:
    last = _last(_NUMBER.finditer(text))
    return last.group().strip() if last is not None else None


def _unannounced(text: str) -> str | None:
    """A short text is the answer itself; of a longer one the last sentence that holds something."""
    if len(text) <= _MAX_WHOLE and "\n" not in text:
        outside = _SPAN.sub(" ", text)
        if _UNIT_WORDS.match(outside) or (outside == text and _words(text) <= 2 and not _LABEL.search(text)):
            return text or None
    for sentence in reversed(_sentences(text)):
        spans = list(_SPAN.finditer(sentence))
        if spans:
            return _last_spans(sentence, spans)
        number = _last_number(sentence)
        if number is not None:
            return number
    return text if len(text) <= _MAX_WHOLE else None


def _words(text: str) -> int:
    """How many words it has besides LaTeX commands."""
    return len(_WORD.findall(_COMMAND.sub(" ", text)))


def _sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.!?])\s+|\n\s*\n", text)[-40:] if part.strip()]
