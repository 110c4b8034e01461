"""Runs become datasets, by recipe."""
