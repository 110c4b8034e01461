"""The code reward: a submission is run on tests, and the score is the share that it passes.

answer.py       the program in a completion
suite.py        the tests of a problem
comparison.py   what counts as the expected output
values.py       what counts as the expected result of a function
assemble.py     a solution and its tests as a program
outcome.py      what one run came to
judging.py      a solution on all tests
verifier.py     the verifier "code"
"""
