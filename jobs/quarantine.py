"""The quarantine: the rows that break a rule, each with its raw values and every rule it broke.

One row per quarantined record. state: ``open``; ``waiting`` for a required reference that has
not come; ``superseded`` by a row that was landed again to mend it. ``pending`` says what the
silver publish numbered ``pending_seq`` does to the row; it is settled once that publish is
known to have happened or not, so that a kill between the two tables leaves nothing undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.commits import Commit
from jobs.conform import BROKEN_TYPE
from jobs.files import open_store
from jobs.rows import Rows
from jobs.sqltext import literal
from jobs.state import Cache, DamagedState, StateFile
from jobs.storage import Storage

DDL = (
    "source STRING, _quarantine_id STRING, source_file STRING, source_line BIGINT, state STRING, "
    f"broken {BROKEN_TYPE}, raw MAP<STRING,STRING>, record STRING, "
    "first_run STRING, pending STRING, pending_seq BIGINT"
)
OPEN, WAITING, SUPERSEDED = "open", "waiting", "superseded"
RELEASE, SUPERSEDE = "release", "supersede"
# Where a source's publish that has begun is remembered until it is settled.
UNSETTLED = "pending"
BEGUN = {"seq": int, "run": str, "marks": bool}
ID_HEADER = "_quarantine_id"
ID = "concat(source_file, '#', source_line)"
# A re-landed row can come before the row it mends; until then a row without a file stands for it.
STUB = "source_file IS NULL"


@dataclass(frozen=True)
class Quarantine:
    """The quarantine table, as one source sees it."""

    storage: Storage
    lake: str
    path: str
    source: str

    @property
    def mine(self) -> str:
        """SQL: the rows of this source."""
        return f"source = {literal(self.source)}"

    def exists(self) -> bool:
        """Whether there is a quarantine table at all."""
        return self.storage.head(self.path) is not None

    def read(self) -> DataFrame:
        """This source's rows."""
        return self.storage.read(self.path).where(self.mine)

    def replace(self, rows: DataFrame, note: Mapping[str, Any]) -> Commit:
        """All of this source's rows, in one commit; makes the table where there is none."""
        if self.exists():
            return self.storage.replace(rows, self.path, note, self._those())
        # Two sources may find no table at once; the first one makes it.
        return self.append(rows, note)

    def append(self, rows: DataFrame, note: Mapping[str, Any]) -> Commit:
        """More rows of this source, in one commit; makes the table where there is none."""
        return self.storage.append(rows, self.path, note)

    @property
    def _begun(self) -> str:
        return f"{UNSETTLED}/{self.source}"

    def begin(self, seq: int, run_id: str = "", *, marks: bool = False) -> None:
        """Remembers, until it is settled, that the silver publish ``seq`` changes this table.
        run_id: the run whose rows are added; empty: all rows are replaced. marks: rows that
        are there are marked, too."""
        file = Cache(self.lake, self._begun)
        file.read()
        file.write({"seq": seq, "run": run_id, "marks": marks})

    def settle(self, published_seq: int) -> bool:
        """Finishes or undoes what a silver publish meant to do, by whether it happened; False
        where it cannot be undone: then only all of bronze tells what belongs here."""
        store = open_store(self.lake)
        try:
            begun = StateFile(self.lake, self._begun).read()
        except DamagedState:
            return False
        if begun is None:
            return True
        if not BEGUN.items() <= {name: type(value) for name, value in begun.items()}.items():
            return False
        happened = begun["seq"] <= published_seq
        if not happened and not begun["run"]:
            return False
        if self.exists() and (begun["marks"] or not happened):
            self._settle_rows(published_seq, "" if happened else begun["run"])
        store.delete(self._begun)
        return True

    def _settle_rows(self, published_seq: int, undone_run: str) -> None:
        added = f"first_run = {literal(undone_run)}"
        concerned = f"pending IS NOT NULL OR {added}"
        rows = self.read().where(concerned)
        if rows.isEmpty():
            return
        happened = f"pending IS NOT NULL AND pending_seq <= {published_seq}"
        released = f"{happened} AND pending = '{RELEASE}'"
        settled = {
            "state": f"CASE WHEN {happened} THEN '{SUPERSEDED}' ELSE state END",
            "pending": "cast(null AS STRING)",
            "pending_seq": "cast(null AS BIGINT)",
        }
        stay = rows.where(f"NOT ({added} OR ({released}))").withColumns(
            {column: F.expr(value) for column, value in settled.items()}
        )
        self.storage.replace(
            stay, self.path, {"settled": published_seq}, self._those(f"({concerned})")
        )

    def mark(self, rows: DataFrame, seq: int) -> Commit:
        """Marks rows (``_quarantine_id``, ``pending``) as what the publish ``seq``, which has
        begun, will do."""
        marks = rows.selectExpr("_quarantine_id AS _marked", "pending AS _pending")
        there = self.read()
        found = there.join(marks, there["_quarantine_id"] == marks["_marked"])
        marked = {"pending": "_pending", "pending_seq": f"cast({seq} AS BIGINT)"}
        fresh = found.withColumns({c: F.expr(value) for c, value in marked.items()})
        fresh = self.storage.keep(fresh.select(*there.columns), at_once=True)
        gone = self._those(keys=fresh.select("_quarantine_id"))
        try:
            return self.storage.replace(fresh, self.path, {"pending": seq}, gone)
        finally:
            self.storage.free(fresh)

    def _those(self, where: str = "true", keys: DataFrame | None = None) -> Rows:
        """This source's rows: where a condition holds, or of some ids."""
        return Rows(
            f"{self.mine} AND {where}",
            "_quarantine_id",
            keys,
            lambda file: file.may_hold("source", self.source, self.source),
        )


def rows(judged: DataFrame, source: str, run_id: str) -> DataFrame:
    """The quarantine rows of judged rows (``_state`` says which state each is in)."""
    return judged.selectExpr(
        f"{literal(source)} AS source",
        f"{ID} AS _quarantine_id",
        "source_file",
        "source_line",
        "_state AS state",
        "coalesce(_broken, _waiting) AS broken",
        "_raw AS raw",
        "_record AS record",
        f"{literal(run_id)} AS first_run",
        "cast(null AS STRING) AS pending",
        "cast(null AS BIGINT) AS pending_seq",
    )


def stubs(ids: DataFrame, source: str, run_id: str) -> DataFrame:
    """Rows that stand for ones not yet landed, but mended already. ids: ``_mends``."""
    nothing = [f"cast(null AS {kind})" for kind in ("STRING", "BIGINT")]
    return ids.selectExpr(
        f"{literal(source)} AS source",
        "_mends AS _quarantine_id",
        f"{nothing[0]} AS source_file",
        f"{nothing[1]} AS source_line",
        f"'{SUPERSEDED}' AS state",
        f"cast(null AS {BROKEN_TYPE}) AS broken",
        "cast(null AS MAP<STRING,STRING>) AS raw",
        f"{nothing[0]} AS record",
        f"{literal(run_id)} AS first_run",
        f"{nothing[0]} AS pending",
        f"{nothing[1]} AS pending_seq",
    )


def by_rule(table: DataFrame) -> DataFrame:
    """source, rule, count: how many rows that still wait break each rule."""
    waiting = table.where(f"state <> '{SUPERSEDED}'")
    rules = waiting.selectExpr("source", "explode(broken.rule) AS rule")
    return rules.groupBy("source", "rule").count().orderBy("source", "rule")
