"""Rows with long texts come in their order, whatever fits into memory."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pytest

from genesys.curation.lake import Lake
from genesys.curation.ordering import in_order


@pytest.mark.parametrize("bytes_per_bucket", [1, 1000, 33_333, 10**9])
def test_rows_come_in_order_from_buckets_of_any_size(tmp_path: Path, bytes_per_bucket: int) -> None:
    places = list(range(1, 5001))
    sizes = [place % 97 for place in places]
    kept = [place for place in places if place % 3]
    random.Random(0).shuffle(kept)
    rows = pa.table({"place": kept, "text": [f"«{place}»" * (place % 5) for place in kept]})
    with Lake(tmp_path / "spill") as lake:
        lake.connection.register("given", pa.table({"place": places, "size": sizes}))
        lake.execute("CREATE TABLE candidate AS FROM given")
        lake.connection.register("rows_given", rows)
        batches = in_order(lake, "FROM rows_given", tmp_path / "buckets", bytes_per_bucket=bytes_per_bucket)
        found = pa.Table.from_batches(list(batches))
    assert found.equals(rows.sort_by("place"))
    assert not list(tmp_path.glob("buckets/*"))


def test_no_rows_are_no_rows(tmp_path: Path) -> None:
    with Lake(tmp_path / "spill") as lake:
        lake.connection.register("given", pa.table({"place": [1, 2], "size": [9, 9]}))
        lake.execute("CREATE TABLE candidate AS FROM given")
        query = "SELECT * FROM candidate WHERE false"
        assert not list(in_order(lake, query, tmp_path / "buckets", bytes_per_bucket=1))
