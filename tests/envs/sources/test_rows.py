"""Reading rows: three kinds of file, and every way in which one can be broken."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from genesys.envs.sources.rows import read_rows
from genesys.errors import ConfigurationError, DataError, MalformedRow

ROWS = [{"a": 1, "b": "é"}, {"a": 2, "b": None}]
JSONL = "".join(json.dumps(row) + "\n" for row in ROWS).encode()


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_jsonl_gzip_and_parquet_give_the_same_rows(tmp_path: Path) -> None:
    plain = write(tmp_path / "rows.jsonl", JSONL)
    zipped = write(tmp_path / "rows.jsonl.gz", gzip.compress(JSONL))
    table = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(ROWS), table)
    for path in (plain, zipped, table):
        assert list(read_rows(path)) == [(1, ROWS[0]), (2, ROWS[1])]


def test_the_first_bytes_decide_and_not_the_name(tmp_path: Path) -> None:
    assert len(list(read_rows(write(tmp_path / "rows.txt", gzip.compress(JSONL))))) == 2


def test_blank_lines_count_and_yield_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", b'\xef\xbb\xbf{"a":1}\n\n  \n{"a":2}')
    assert list(read_rows(path)) == [(1, {"a": 1}), (4, {"a": 2})]


@pytest.mark.parametrize(
    "line",
    [b"{oops", b"[1]", b"\xff\xfe", b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}", b"null", b'"a"'],
    ids=["syntax", "list", "utf-8", "nesting", "huge integer", "null", "text"],
)
def test_a_malformed_line_is_named_by_file_and_line(tmp_path: Path, line: bytes) -> None:
    path = write(tmp_path / "rows.jsonl", b'{"a":1}\n' + line + b'\n{"a":3}\n')
    with pytest.raises(MalformedRow, match=r"rows\.jsonl:2: the line"):
        list(read_rows(path))
    errors: list[MalformedRow] = []
    assert [row for _, row in read_rows(path, on_malformed=errors.append)] == [{"a": 1}, {"a": 3}]
    assert len(errors) == 1


def test_parquet_reads_only_the_columns_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(ROWS), path)
    assert [row for _, row in read_rows(path, columns=["a", "not there"])] == [{"a": 1}, {"a": 2}]


def test_rows_are_numbered_across_parquet_batches(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"a": list(range(2500))}), path, row_group_size=700)
    assert [(number, row["a"]) for number, row in read_rows(path)] == [(i + 1, i) for i in range(2500)]


def test_a_missing_file_suggests_a_near_name(tmp_path: Path) -> None:
    write(tmp_path / "problems.jsonl", JSONL)
    with pytest.raises(ConfigurationError, match=r"no file .*problms.*\n.*Did you mean .*problems\.jsonl"):
        list(read_rows(tmp_path / "problms.jsonl"))


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is a folder"):
        list(read_rows(tmp_path))


def test_a_cut_gzip_stream_names_where_it_ends(tmp_path: Path) -> None:
    cut = write(tmp_path / "rows.jsonl.gz", gzip.compress(JSONL * 1000)[:-20])
    with pytest.raises(DataError, match=r"rows\.jsonl\.gz:\d+: the file is damaged"):
        list(read_rows(cut))


def test_a_broken_parquet_file_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Parquet file is damaged"):
        list(read_rows(write(tmp_path / "rows.parquet", b"PAR1 and then nothing of the kind")))


def test_lone_surrogates_become_replacement_characters(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", rb'{"a": ["x\ud800y", "\ud83d\ude00"]}')
    assert list(read_rows(path)) == [(1, {"a": ["x\ufffdy", "😀"]})]
