"""Each commit lands on the version that was read, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.commits import last_commit
from jobs.delta import commit as delta
from jobs.delta.commit import Entry
from jobs.delta.footers import DataFile, data_files
from jobs.delta.heads import Heads
from jobs.errors import LakeDamaged, Overtaken
from jobs.files import open_store
from jobs.rows import Rows
from jobs.settings import Zones
from jobs.storage import Storage

COLUMN = {"name": "n", "type": "long", "nullable": True, "metadata": {}}
SCHEMA = json.dumps({"type": "struct", "fields": [COLUMN]})


def entry(token: str, after: str = "") -> Entry:
    return Entry({"seq": 1}, token, after)


def file_of(root: Path, name: str, *numbers: int | None) -> list[DataFile]:
    """One Parquet file in a folder of its own, as an engine writes it."""
    (root / name).mkdir(parents=True)
    pq.write_table(pa.table({"n": pa.array(numbers, pa.int64())}), root / name / "part.parquet")
    return data_files(open_store(str(root)), name)


def numbers(path: Path) -> list[int]:
    from deltalake import DeltaTable

    return sorted(DeltaTable(str(path)).to_pyarrow_table()["n"].to_pylist())


@pytest.fixture
def table(tmp_path) -> Path:
    root = tmp_path / "a table [1] 100%"
    delta.create(str(root), SCHEMA, file_of(root, "data-a", 1, 2), entry("a"))
    return root


STALE: dict[str, Any] = {
    "append": lambda old, root: delta.commit(old, file_of(root, "data-x", 9), [], entry("x")),
    "replace": lambda old, root: delta.commit(
        old, file_of(root, "data-x", 9), old.files, entry("x")
    ),
    "overwrite": lambda old, root: delta.overwrite(
        old, SCHEMA, file_of(root, "data-x", 9), entry("x")
    ),
    "touch": lambda old, root: delta.commit(old, [], [], entry("x")),
    "compact": lambda old, root: delta.commit(
        old, file_of(root, "data-x", 1, 2), old.files, entry("x"), rearranged=True
    ),
    "columns": lambda old, root: delta.add_columns(old, [{**COLUMN, "name": "m"}], entry("x")),
}


@pytest.mark.parametrize("kind", STALE)
def test_a_commit_on_an_older_version_is_refused_and_leaves_the_table(table, kind):
    old = delta.open_at(str(table), 0)
    delta.commit(old, file_of(table, "data-b", 3), [], entry("b", "a"))
    with pytest.raises(Overtaken, match="another writer committed version 1"):
        STALE[kind](old, table)
    assert numbers(table) == [1, 2, 3]
    assert last_commit(str(table)).token == "b"


@pytest.mark.parametrize("kind", STALE)
def test_a_commit_on_the_version_that_was_read_lands(table, kind):
    made = STALE[kind](delta.open_at(str(table), 0), table)
    assert (made.version, last_commit(str(table)).token) == (1, "x")


def test_a_second_first_commit_is_refused(table):
    with pytest.raises(Overtaken, match="version 0"):
        delta.create(str(table), SCHEMA, file_of(table, "data-x", 9), entry("x"))
    assert numbers(table) == [1, 2]


def test_a_commit_whose_answer_was_lost_is_known_by_its_token(table):
    old = delta.open_at(str(table), 0)
    delta.commit(old, file_of(table, "data-b", 3), [], entry("b", "a"))
    again = delta.commit(old, file_of(table, "data-c", 3), [], entry("b", "a"))
    assert again.version == 1 and numbers(table) == [1, 2, 3]


def test_the_footers_tell_rows_and_bounds(tmp_path):
    (file,) = file_of(tmp_path, "data-a", 5, None, 7)
    assert (file.rows, file.low, file.high, file.nulls) == (3, {"n": 5}, {"n": 7}, {"n": 1})
    delta.create(str(tmp_path), SCHEMA, [file], entry("a"))
    (there,) = delta.open_at(str(tmp_path), 0).files
    assert there == file
    assert there.may_hold("n", 7, 9) and not there.may_hold("n", 8, 9)
    assert there.may_hold("unknown", 8, 9) and there.may_hold("n", "8", "9")


def test_a_table_with_features_of_another_release_is_refused(tmp_path):
    from deltalake import write_deltalake

    features = {"delta.enableDeletionVectors": "true"}
    write_deltalake(str(tmp_path), pa.table({"n": [1]}), configuration=features)
    with pytest.raises(LakeDamaged, match="reader version 3 and writer version 7"):
        delta.open_at(str(tmp_path), 0)


# With Spark: every way of writing that the jobs have, by two writers that read the same version.


@pytest.fixture
def lake(spark, tmp_path) -> tuple[str, Zones]:
    zones = Zones.under(str(tmp_path / "lake"))
    path = f"{zones.silver}/numbers"
    Storage(lambda: spark).append(spark.range(4).toDF("n"), path, {"seq": 1})
    Storage(lambda: spark).append(spark.range(4, 6).toDF("n"), path, {"seq": 2})
    return path, zones


def two_more(storage: Storage, path: str, way: str) -> Any:
    frame = storage.spark.range(10, 12).toDF("n")
    ways = {
        "append": lambda: storage.append(frame, path, {}),
        "replace": lambda: storage.replace(frame, path, {}, Rows("n < 2")),
        "replace keys": lambda: storage.replace(
            frame, path, {}, Rows(column="n", keys=storage.spark.range(2).toDF("n"))
        ),
        "overwrite": lambda: storage.overwrite(frame, path, {}),
        "touch": lambda: storage.touch(path, {}),
        "compact": lambda: storage.compact(path),
        "columns": lambda: storage.append(
            frame.selectExpr("n", "n AS m"), path, {}, new_columns=True
        ),
    }
    return ways[way]()


WAYS = {
    "append": [0, 1, 2, 3, 4, 5, 10, 11],
    "replace": [2, 3, 4, 5, 10, 11],
    "replace keys": [2, 3, 4, 5, 10, 11],
    "overwrite": [10, 11],
    "touch": [0, 1, 2, 3, 4, 5],
    "compact": [0, 1, 2, 3, 4, 5],
    "columns": [0, 1, 2, 3, 4, 5, 10, 11],
}


@pytest.mark.parametrize("way", WAYS)
def test_two_writers_that_read_the_same_version_and_only_the_first_commits(spark, lake, way):
    path, zones = lake
    first, second = (Storage(lambda: spark, heads=Heads.read(zones)) for _ in range(2))
    assert first.head(path) == second.head(path)
    two_more(first, path, way)
    assert numbers(Path(path)) == WAYS[way]
    left = last_commit(path)
    with pytest.raises(Overtaken):
        two_more(second, path, "append" if way == "touch" else way)
    assert (last_commit(path), numbers(Path(path))) == (left, WAYS[way])


def test_what_changed_between_two_versions_is_told_by_their_files(spark, lake):
    path, zones = lake
    storage = Storage(lambda: spark, heads=Heads.read(zones))
    since = storage.head(path).version
    two_more(storage, path, "replace")
    storage.compact(path)
    rows = storage.changes(path, since).groupBy("n").agg({"_sign": "sum"}).collect()
    net = {row["n"]: row["sum(_sign)"] for row in rows if row["sum(_sign)"]}
    assert net == {0: -1, 1: -1, 10: 1, 11: 1}
