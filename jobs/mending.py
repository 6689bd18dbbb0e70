"""Rows that were landed again to mend quarantined ones.

The quarantine's export carries ``_quarantine_id``; when such a row comes back valid, the row
it names counts as superseded, once, whichever of the two arrives first.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import quarantine
from jobs.quarantine import ID, STUB, SUPERSEDE, SUPERSEDED
from jobs.split import VALID
from jobs.sqltext import name
from jobs.work import NeedsRebuild, Work


@dataclass(frozen=True)
class Mended:
    """A judged batch with ``_mended`` said.

    valid, invalid: rows of the batch that are superseded by the row that mends them.
    elsewhere: quarantined rows of earlier runs that are superseded so, named by ``marks``.
    stubs: what stands for rows that have not come yet.
    """

    judged: DataFrame
    valid: int = 0
    invalid: int = 0
    elsewhere: int = 0
    marks: DataFrame | None = None
    stubs: DataFrame | None = None
    stub_count: int = 0


def in_whole(work: Work, judged: DataFrame) -> Mended:
    """For a batch that is all of bronze."""
    if not _relands(work):
        return _nothing(judged)
    mending = _mending(judged)
    told, valid, invalid = _told(judged, mending)
    unknown = mending.join(_ids(judged), F.expr("_mends = _id"), "left_anti")
    stubs = quarantine.stubs(unknown, work.source.name, work.lake.run_id)
    return Mended(told, valid, invalid, stubs=stubs, stub_count=unknown.count())


def in_batch(work: Work, judged: DataFrame) -> Mended:
    """For a batch that is merged into what is there. Raises NeedsRebuild where a published
    row is mended: the row it displaced may have to come back."""
    if not work.note["stubs"] and not _relands(work):
        return _nothing(judged)
    mending = _mending(judged)
    known = _known(work)
    stubs = known.where(STUB).selectExpr("_quarantine_id AS _mends")
    told, valid, invalid = _told(judged, mending.unionByName(stubs).distinct())
    fresh = judged.where("NOT _released")
    others = mending.join(_ids(fresh), F.expr("_mends = _id"), "left_anti")
    marks = (
        known.where(f"state <> '{SUPERSEDED}'")
        .join(others, F.expr("_quarantine_id = _mends"), "left_semi")
        .selectExpr("_quarantine_id", f"'{SUPERSEDE}' AS pending")
    )
    ids = known.selectExpr("_quarantine_id AS _id")
    unknown = work.keep(others.join(ids, F.expr("_mends = _id"), "left_anti"))
    count = unknown.count()
    if count and _published(work, unknown):
        raise NeedsRebuild("a row that was landed again names one that is published")
    stub_rows = quarantine.stubs(unknown, work.source.name, work.lake.run_id)
    return Mended(told, valid, invalid, marks.count(), marks, stub_rows, count)


def _nothing(judged: DataFrame) -> Mended:
    return Mended(judged.selectExpr("*", "false AS _mended"))


def _relands(work: Work) -> bool:
    """Whether any row of this batch may carry a quarantine id."""
    expected = work.expected()
    return any(
        quarantine.ID_HEADER in event.header
        for path, event in work.files.items()
        if path in expected or (work.refs_moved and event.in_bronze)
    )


def _mending(judged: DataFrame) -> DataFrame:
    """The ids that valid rows say they mend: ``_mends``."""
    rows = judged.where(f"{VALID} AND _quarantine_id IS NOT NULL")
    return rows.selectExpr("_quarantine_id AS _mends").distinct()


def _ids(judged: DataFrame) -> DataFrame:
    return judged.selectExpr(f"{ID} AS _id")


def _known(work: Work) -> DataFrame:
    if work.quarantine.exists():
        return work.quarantine.read()
    return work.lake.storage.rows([], quarantine.DDL)


def _told(judged: DataFrame, mends: DataFrame) -> tuple[DataFrame, int, int]:
    """``judged`` with ``_mended``, and how many valid and invalid new rows that is."""
    told = judged.join(mends, F.expr(f"{ID} = _mends"), "left").selectExpr(
        *(name(c) for c in judged.columns), "_mends IS NOT NULL AS _mended"
    )
    counts = (
        told.where("_mended AND NOT _released").groupBy(F.expr(VALID).alias("valid")).count()
    ).collect()
    by_valid = {row["valid"]: row["count"] for row in counts}
    return told, by_valid.get(True, 0), by_valid.get(False, 0)


def _published(work: Work, ids: DataFrame) -> bool:
    assert work.last is not None
    table = work.lake.storage.read(work.path, work.last.version).selectExpr(f"{ID} AS _id")
    return bool(ids.join(table, F.expr("_mends = _id"), "left_semi").limit(1).count())
