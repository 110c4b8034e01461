"""What a model is asked to write, and how it is asked to make it harder: data, one line each."""

from __future__ import annotations

IDEAS = (
    "reorder the characters by a rule that depends on their positions",
    "encode runs of equal characters and shorten them",
    "replace letters by others through a shifting alphabet",
    "treat the words differently by their length",
    "walk through the text with a small state machine and write what it sees",
    "count how often characters occur and describe the counts in a fixed order",
    "use a stack to cancel or match neighbouring characters",
    "interleave two halves of the text by a rule",
    "split at punctuation, transform each part, and join the parts anew",
    "compare each character with its neighbours and mark what changes",
    "build a text by a loop whose step depends on what was built so far",
    "read digits in the text as instructions for the letters that follow",
    "sort the words by an unusual key and number them",
    "rotate, reverse and swap pieces whose sizes follow from the vowels",
    "rewrite pairs of characters by a small table until nothing changes or ten rounds are over",
    "turn the text into a grid and read it in another direction",
    "remove characters by a rule like Josephus' and report who is left",
    "compute a checksum as it goes and insert its digits into the text",
    "keep a sliding window and write its most frequent character",
    "recurse on the first and the last part of the text with different rules",
)
"""Kinds of string processing, of our own wording; each build draws from them by its seed."""

MUTATIONS = (
    "add a condition that depends on the result so far",
    "replace a loop by a recursion with two different cases",
    "let a later step undo part of an earlier one, depending on the text",
    "add a second pass in the other direction that uses what the first one found",
    "keep a counter across characters that changes the rule every few steps",
    "make the handling of digits, letters and other characters different",
    "let a helper function return two values that steer the next step",
    "use a dictionary that is filled while the text is read and consulted later",
    "exchange slicing with a step for plain slicing, or the other way round, where it matters",
    "make the order of the operations depend on the length of the text",
)
"""Ways of making a program harder to follow, after evol-instruct (Xu et al., WizardLM, 2023)."""

SNIPPETS = """The ferry leaves at 07:45 and again at 12:10; on Sundays it does not run at all.
Measure twice, cut once - and then check that the saw was sharp.
In 1848 the clerk wrote "42 barrels, 7 of them leaking" beside the harbour master's name.
A lighthouse keeper counts waves: three small, one large, three small, one large.
pip install --upgrade nothing && echo "done (0 errors)"
She asked: who moved the red chair? Nobody answered; the window banged.
x = 3 * (y + 4) - z / 2  # the formula on the blackboard
Rain at dawn, sun at noon, snow by nightfall: mountain weather, said the guide.
To: all staff. Re: the coffee machine. It is NOT a toy!
Seven geese flew south, wheeled once over the barn, and flew back.
"""
"""Lines of text that functions are run on, beside random strings; `--option text=FILE` gives others."""
