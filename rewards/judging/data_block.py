r"""Blocks of data in a prompt: whatever a text says, it stays inside its block.

What holds is structure, not a list of phrases:

- Every line of the data begins with `| `, or with `|! ` where the line seems to speak to the judge. A text cannot
  begin a line of the prompt, because every character that any reader takes for a line end is made one here.
- A block stands between lines with a receipt number that the text cannot contain (`rendering.receipt_of`).
- Characters that nobody sees are taken out, and the control tokens of chat templates are spelled so that no
  tokenizer takes them for the real ones: a server would read `<|im_start|>system` as a new turn.

The phrases that are looked for only raise flags and mark their lines; nothing rests on finding them all.
"""

from __future__ import annotations

import re
import unicodedata

PLAIN, MARKED = "| ", "|! "

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]")
_KEPT_FORMATS = frozenset("\u200c\u200d")
_HIDDEN = re.compile("[\u115f\u1160\u17b4\u17b5\u3164\uffa0\U000e0100-\U000e01ef]")
_UNUSUAL = re.compile(r"[^\x20-\x7e\n\t]")
_CONTROL_TOKEN = re.compile(
    r"<([|｜][^<>\n]{1,60}[|｜])>"
    r"|<(/?(?:s|bos|eos|pad|unk|think|start_of_turn|end_of_turn|start_of_image|tool_call|tool_response))>"
    r"|\[(/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS))\]"
    r"|<<(/?SYS)>>"
)
_DELIMITER = re.compile(
    r"^\W{0,12}(?:begin|end|start|close)[\s_-]{1,3}(?:of\s)?(?:the\s)?"
    r"(?:question|notes|reference|candidate|earlier[ _]reply|answer|data|text|block|submission)\b"
    r"|(?<!=)={3,}\s*(?:begin|end)\b|\breceipt\b\W{0,4}[0-9a-f]{6,}"
    r"|^\W{0,6}(?:system|assistant|user|developer|judge|grader|examiner)\W{0,3}[:>\])]"
)
_VERDICT = re.compile(
    r"[\"'“](?:score|verdict|grade|rating|points|receipt)[\"'”]\s*:"
    r"|\b(?:score|grade|rating|points|note|punkte?|puntuaci[oó]n|оценка)\b\W{0,6}(?:is|of|=|to|ist|de)?\W{0,4}"
    r"(?:100|10/10|99|full|perfect|max)"
    r"|\b(?:verdict|judge?ment|urteil|veredicto|verdikt)\b\W{0,6}(?:is|ist|es)?\W{0,4}"
    r"(?:equivalent|yes|correct|right|sound|pass|same|ja|oui|s[ií])\b"
    r"|100\s*(?:/|out of|von|sur|de)\s*100|满分|滿分|満点|만점|100\s*分"
)
_JUDGE = r"(?:judge|grader|examiner|evaluator|reviewer|llm|ai|assistant|language model)"
_MARKS = r"(?:full marks|full credit|(?:the )?(?:maximum|highest|top|perfect|full|best) (?:score|marks?|grade|points)|100\b)"
_ADDRESS = re.compile(
    rf"\b(?:dear|hello|hi|hey|attention|note (?:to|for)|message (?:to|for)|instructions? (?:to|for))[,:]? (?:the )?{_JUDGE}\b"
    rf"|\b(?:to|for) (?:the |any )?(?:judge|grader|examiner|evaluator)\s*[:,]|^\W*{_JUDGE}\s*[:,]"
    r"|\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instructions?|prompts?|rubric|guidelines|criteria)\b"
    r"|\b(?:ignore|disregard|forget)\b.{0,20}\b(?:everything|all|anything|what)\b.{0,20}\b(?:above|before|previous|earlier)\b"
    r"|\b(?:you are|act as|pretend|you must|you should|you will|please|kindly)\b.{0,40}\b(?:the judge|a judge|judging|grader|"
    r"grade this|grade it|score this|score it|rate this|evaluator|full marks|full credit|approve this|mark this)\b"
    rf"|\bas (?:an? |the )?{_JUDGE}\b,? (?:you|i|we)\b"
    rf"|\b(?:give|award|assign|deserves?|earns?|rate|grade|score|mark)\b.{{0,30}}\b{_MARKS}"
    r"|\b(?:respond|reply|answer|output|return|print)\b.{0,20}\b(?:equivalent\b|[\"'](?:score|verdict)[\"'])"
    r"|\b(?:new|updated|real|actual|hidden|secret) (?:system )?(?:instructions?|system prompt|rubric)\b"
    r"|\bsystem (?:prompt|message|override|instruction)s?\b|\bprompt injection\b|\bjailbreak\b"
    r"|\b(?:ignorier|vergiss|missachte)\w*.{0,40}\banweisung|\bignore[zr]?\b.{0,40}\b(?:consignes?|instructions)\b"
    r"|\b(?:ignora|olvida|ignore|esquece|dimentica)\w*.{0,40}\b(?:instruc|istruz|anteriores|precedenti)"
    r"|игнорир|забудь.{0,30}инструкц|忽略|无视|無視|忽视|评分|打分|評価者|採点|裁判|무시|채점|심판|تجاهل|التعليمات"
    r"|\bpomiń\b|\bgörmezden\b|अनदेखा"
)
_MAX_LOOKED_AT = 24_000


def clean(text: str) -> tuple[str, set[str]]:
    """A text without what nobody sees, its control tokens defused, and the flags that this raises.

    The same is done to every block, so that equal texts stay equal.
    """
    flags = set()
    lines = _LINE_ENDS.sub("\n", text)
    seen = _visible(lines)
    if len(seen) < len(lines):
        flags.add("hidden_text")
    defused = _CONTROL_TOKEN.sub(_spelled, seen)
    if defused != seen:
        flags.add("control_tokens")
    return defused, flags


def block(text: str, *, known: frozenset[str] = frozenset()) -> tuple[str, set[str]]:
    """The lines of a cleaned text as data, and the flags that its marked lines raise.

    Args:
        text: What `clean` returned.
        known: Lines that are not marked because the question or the reference holds them too.
    """
    flags: set[str] = set()
    lines = []
    for line in text.split("\n"):
        found = set() if line.strip() in known else suspicions(line)
        flags |= found
        lines.append(f"{MARKED if found else PLAIN}{line}")
    return "\n".join(lines), flags


def suspicions(line: str) -> set[str]:
    """What a line seems to attempt: delimiter, verdict, addresses_judge."""
    plain = unicodedata.normalize("NFKC", line[:_MAX_LOOKED_AT]).casefold()
    patterns = {"delimiter": _DELIMITER, "verdict": _VERDICT, "addresses_judge": _ADDRESS}
    return {name for name, pattern in patterns.items() if pattern.search(plain)}


def _visible(text: str) -> str:
    return _UNUSUAL.sub(lambda found: found.group() if _is_seen(found.group()) else "", text)


def _is_seen(char: str) -> bool:
    if char in _KEPT_FORMATS:
        return True
    return unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs") and not _HIDDEN.match(char)


def _spelled(found: re.Match[str]) -> str:
    inner = next(group for group in found.groups() if group is not None)
    return f"‹{inner}›"
