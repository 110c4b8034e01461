"""Texts that models and attackers produce and that a verifier must survive."""

from __future__ import annotations

HOSTILE_TEXTS = (
    "",
    " \n\t",
    "<think>",
    "<think>still thinking \\boxed{1}",
    "</think></think>",
    "<think><think></think>",
    "\\boxed{",
    "\\boxed{}",
    "\\boxed{\\boxed{\\boxed{",
    "}" * 1000,
    "{" * 10_000,
    "(" * 10_000 + "1" + ")" * 10_000,
    "\\boxed{" + "9" * 20_000 + "}",
    "\\boxed{9^{9^{9^{9^9}}}}",
    "\\boxed{1/0}",
    "\\boxed{\\frac{1}{0}}",
    "```",
    "```python\nwhile True: pass",
    '{"output": ',
    '{"output": null}',
    '{"output": ' + "[" * 5000,
    "<answer>",
    "</answer><answer>",
    "\x00\x01\x02",
    "\ufeff\u202e\u0000",
    "🙂" * 1000,
    "٣٫١٤",
    "a" * 1_000_000,
    "\\boxed{" * 50_000,
)
"""None of them is a right answer to anything."""
