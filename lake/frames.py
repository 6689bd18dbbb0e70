"""A lake as pandas frames, for notebooks and scripts: read-only, and without a JVM.

>>> lake = open_lake()                                              # doctest: +SKIP
>>> lake.sql("SELECT * FROM gold.monthly_sales_summary LIMIT 5")    # doctest: +SKIP
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from jobs.errors import DefinitionError
from jobs.files import open_store
from lake.native import Native, versions
from lake.options import DEFAULT_ROOT, ENVIRONMENT, Place, place
from lake.report.ask import frame


@dataclass(frozen=True)
class Frames:
    """The tables of a lake. Whoever reads sees whole versions, even while a run goes on."""

    native: Native

    @property
    def place(self) -> Place:
        """Where the lake is."""
        return self.native.place

    def sql(self, sql: str, **values: Any) -> pd.DataFrame:
        """The answer to a question in DuckDB's SQL over bronze, silver, gold and ledger.

        values: what stands for ``$name`` in it. Times are UTC; decimals come as doubles.
        """
        return frame(self.native, sql, values)

    def tables(self) -> pd.DataFrame:
        """layer, table and latest version of every table."""
        rows = [(*pair, versions(self.native.uri(*pair))[-1]) for pair in self.native.tables()]
        return pd.DataFrame(rows, columns=["layer", "table", "version"])

    def history(self, table: str) -> pd.DataFrame:
        """version, at (UTC) and operation of every version of ``silver.sales`` that can still be
        read, the oldest first."""
        uri = self._uri(table)
        store, rows = open_store(uri), []
        for version in versions(uri):
            log = store.read_bytes(f"_delta_log/{version:020}.json").decode()
            entries = (json.loads(line) for line in log.splitlines())
            info: dict[str, Any] = next((e["commitInfo"] for e in entries if "commitInfo" in e), {})
            at = pd.to_datetime(info.get("timestamp"), unit="ms")
            rows.append((version, at, info.get("operation", "")))
        return pd.DataFrame(rows, columns=["version", "at", "operation"])

    def at(self, table: str, version: int) -> pd.DataFrame:
        """A table as it was: ``at("silver.sales", 0)``. Raises DefinitionError where there is no
        such version."""
        uri = self._uri(table)
        there = versions(uri)
        if version not in there:
            raise DefinitionError(f"{table} has no version {version}: it has {there}.")
        self.native.prepare(table)
        scan = "SELECT * FROM delta_scan($uri, version => $version)"
        readable = uri.replace("s3a://", "s3://")
        return frame(self.native, scan, {"uri": readable, "version": version})

    def _uri(self, table: str) -> str:
        layer, _, name = table.partition(".")
        if (layer, name) not in self.native.tables():
            there = ", ".join(".".join(pair) for pair in self.native.tables())
            raise DefinitionError(f"There is no table {table}; there are {there or 'none yet'}.")
        return self.native.uri(layer, name)


def open_lake(root: str = "", definition: str = "") -> Frames:
    """The lake at ``root``; else the one that LAKE_ROOT or LAKE_LANDING, LAKE_BRONZE, ... name;
    else ``lake-data``, here or in a folder above. definition: its folder, the retail lake's where
    neither it nor LAKE_DEFINITION says."""
    told = {name: os.environ.get(variable, "") for name, variable in ENVIRONMENT.items()}
    if root:
        told = {"definition": told["definition"], "root": root}
    if definition:
        told["definition"] = definition
    if not any(value for name, value in told.items() if name != "definition"):
        folders = (Path.cwd(), *Path.cwd().parents)
        found = next((f for f in folders if (f / DEFAULT_ROOT).is_dir()), Path.cwd())
        told["root"] = str(found / DEFAULT_ROOT)
    return Frames(Native(place(told)))
