"""Verifiers and the grader."""
