"""Any Delta reader opens the tables, and they agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars
import pytest
from deltalake import DeltaTable

from lake.native import Native
from lake.options import Place
from tests.lakes import TinyLake
from tests.small_retail import FILES, land, small_retail


@pytest.fixture(scope="module")
def lake(spark, tmp_path_factory) -> TinyLake:
    """A lake whose tables were appended to, replaced in part and written anew."""
    lake = small_retail(tmp_path_factory.mktemp("readers"), spark)
    for day in (("people/1.csv", "goods/1.csv", "sales/1.csv"), tuple(FILES)):
        land(lake, *day)
        lake.run()
    return lake


def columns_of(table: Any) -> dict[str, int]:
    """{column: how many values it has} of an Arrow table: nulls count for nothing."""
    return {name: table.num_rows - table[name].null_count for name in table.column_names}


def test_every_reader_gives_the_same_rows_of_every_table(lake, spark):
    tables = sorted(log.parent for log in Path(lake.root).rglob("_delta_log"))
    assert len(tables) == 12
    duckdb = Native(Place("", lake.zones, lake.settings.definition)).connection
    for table in tables:
        path = str(table)
        expected = columns_of(DeltaTable(path).to_pyarrow_table())
        found = {
            "pandas": {c: int(n) for c, n in DeltaTable(path).to_pandas().count().items()},
            "polars": {c.name: c.len() - c.null_count() for c in polars.read_delta(path)},
            "duckdb": columns_of(duckdb.execute(f"FROM delta_scan('{path}')").fetch_arrow_table()),
            "spark": spark.read.format("delta").load(path).selectExpr(
                *(f"count(`{c}`) AS `{c}`" for c in expected)
            ).first().asDict(),
        }  # fmt: skip
        assert found == dict.fromkeys(found, expected), path
        protocol = DeltaTable(path).protocol()
        assert (protocol.min_reader_version, protocol.min_writer_version) == (1, 2)
