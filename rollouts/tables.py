"""The Arrow schemas of a run folder: public, and readable by anyone with DuckDB.

run/run.json                       identity and settings
run/problems/part-00000.parquet    PROBLEMS, one row a problem that was sampled
run/completions/part-*.parquet     COMPLETIONS, the long text last
run/scores/<verifier>/part-*.parquet   SCORES, keyed (response_id, text_digest, problem_digest, verifier)
run/log.jsonl                      what happened, one JSON object a line
run/spool.sqlite                   committed rows that no part holds yet
"""

from __future__ import annotations

import pyarrow as pa

MESSAGES = pa.list_(pa.struct([("content", pa.string()), ("role", pa.string())]))

PROBLEMS = pa.schema(
    [
        ("problem_id", pa.string()),
        ("source", pa.string()),
        ("task_type", pa.string()),
        ("in_source_id", pa.string()),
        ("prompt", pa.string()),
        ("gold_standard_solution", pa.string()),
        ("verification_info", pa.string()),
        ("metadata", pa.string()),
        ("problem_digest", pa.string()),
        ("messages", MESSAGES),
    ]
)
"""The published task columns (structs as JSON), the problem's digest and the messages it was put as."""

COMPLETIONS = pa.schema(
    [
        ("response_id", pa.string()),
        ("problem_id", pa.string()),
        ("problem_digest", pa.string()),
        ("sample_index", pa.int32()),
        ("finish_reason", pa.string()),
        ("prompt_tokens", pa.int32()),
        ("completion_tokens", pa.int32()),
        ("model", pa.string()),
        ("model_revision", pa.string()),
        ("template", pa.string()),
        ("sampling", pa.string()),
        ("parent_id", pa.string()),
        ("started_at", pa.float64()),
        ("seconds", pa.float64()),
        ("host", pa.string()),
        ("text_digest", pa.string()),
        ("token_ids", pa.list_(pa.int32())),
        ("logprobs", pa.list_(pa.float32())),
        ("text", pa.string()),
    ]
)
"""`Completion.to_row`, with the digests that join it to its problem and its scores."""

SCORES = pa.schema(
    [
        ("response_id", pa.string()),
        ("problem_id", pa.string()),
        ("text_digest", pa.string()),
        ("problem_digest", pa.string()),
        ("verifier", pa.string()),
        ("score", pa.float64()),
        ("cause", pa.string()),
        ("info", pa.string()),
        ("cost", pa.string()),
    ]
)
"""One verdict; `info` and `cost` are JSON. A null score is unscorable, never wrong."""

VOLATILE = ("started_at", "seconds", "host", "cost")
"""Columns in which two runs of one identity may differ."""
