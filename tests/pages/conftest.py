"""A small retail lake of three years and a day, run once for all that reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from jobs.run import run
from jobs.settings import RunSettings, Zones
from lake.generate import generate, generate_day
from lake.native import Native
from lake.options import Place, place

SIZES = {"sales": 3000, "customers": 300, "products": 60, "locations": 12, "years": 3, "seed": 7}


@pytest.fixture(scope="session")
def retail(spark, tmp_path_factory) -> Place:
    """The lake, after two runs; whoever reads it changes nothing."""
    root = tmp_path_factory.mktemp("retail")
    zones = Zones.under(str(root))
    generate(Path(zones.landing), **SIZES)
    run(RunSettings(zones))
    generate_day(Path(zones.landing), rows=20)
    run(RunSettings(zones))
    return place({"root": str(root)})


class Memory(Native):
    """A lake whose tables are DuckDB's own, given as SQL: no file and no Spark."""

    def __init__(self, **tables: str) -> None:
        self.place = place({"root": "/nowhere"})
        self.connection = duckdb.connect()
        for layer in ("bronze", "silver", "gold", "ledger"):
            self.connection.execute(f"CREATE SCHEMA {layer}")
        for name, sql in tables.items():
            layer, _, table = name.partition("__")
            self.connection.execute(f"CREATE TABLE {layer}.{table} AS {sql}")
        self._there = {tuple(name.split("__")) for name in tables}

    def prepare(self, sql: str) -> None:
        pass  # every table is there already

    def view(self, layer: str, table: str) -> bool:
        return (layer, table) in self._there


@pytest.fixture
def memory() -> Callable[..., Memory]:
    """Makes a lake in memory: ``memory(gold__sums="SELECT ...")``."""
    return Memory
