"""How a judged batch becomes the next version of a silver table: anew, or merged in.

Either way the split is counted first, the books are checked before anything is published,
the quarantine is written before the silver table (a kill between the two repeats the same
rows), and each commit's own metrics confirm the counts after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame

from jobs import mending, quarantine, restate, split
from jobs.match import UPDATE, Matched, matched
from jobs.quarantine import ID, OPEN, RELEASE, SUPERSEDED, WAITING
from jobs.split import VALID, FileCount
from jobs.sqltext import name
from jobs.storage import Commit
from jobs.work import PROPERTIES, NeedsRebuild, Work, silver_rows, written

STATE = (
    f"CASE WHEN _mended THEN '{SUPERSEDED}' WHEN _broken IS NOT NULL THEN '{OPEN}' "
    f"ELSE '{WAITING}' END AS _state"
)


def rebuilt(work: Work, judged: DataFrame, counts: Sequence[FileCount]) -> tuple[int, Commit]:
    """Replaces the table by what all of bronze gives."""
    mended = mending.in_whole(work, judged)
    valid = mended.judged.where(f"{VALID} AND NOT _mended")
    repeats = split.repeats(valid, work.source, work.keep)
    bad = sum(count.broken + count.waiting for count in counts)
    all_valid = sum(count.rows for count in counts) - bad
    books = {
        "landed": work.landed(),
        "published": all_valid - mended.valid - repeats.lost,
        "quarantined": bad - mended.invalid,
        "superseded": repeats.lost + mended.valid + mended.invalid,
    }
    note = work.next_note(books, stubs=mended.stub_count > 0)
    work.quarantine.begin(work.seq)
    _replace_quarantine(work, mended, bad)
    rows = split.winners(valid, repeats, work.source)
    options = {**PROPERTIES, "delta.dataSkippingStatsColumns": ",".join(_stats(work))}
    commit = work.lake.storage.overwrite(silver_rows(rows, work), work.path, note, options=options)
    work.quarantine.settle(work.seq)
    expected = {"numOutputRows": books["published"]}
    return books["published"], written(commit, expected, f"silver.{work.source.silver}")


def _stats(work: Work) -> list[str]:
    """The columns worth statistics: those that reads are narrowed by."""
    source = work.source
    moments = [c for c, s in source.columns.items() if s.kind in ("date", "timestamp")]
    refer = [r.by for r in source.referring.values()]
    named = [*source.key, *refer, *moments, source.surrogate_key, "source_file"]
    return list(dict.fromkeys(named))


def _replace_quarantine(work: Work, mended: mending.Mended, bad: int) -> None:
    if not bad and not mended.stub_count and not work.quarantine.exists():
        return
    rows = _quarantine_rows(work, mended.judged.where(f"NOT ({VALID})"))
    if mended.stubs is not None:
        rows = rows.unionByName(mended.stubs)
    # The few are gathered after all cores have looked for them, not while one does.
    commit = work.quarantine.replace(rows.repartition(1), {"run": work.lake.run_id})
    written(commit, {"numOutputRows": bad + mended.stub_count}, "silver.quarantine")


def _quarantine_rows(work: Work, invalid: DataFrame) -> DataFrame:
    return quarantine.rows(invalid.selectExpr("*", STATE), work.source.name, work.lake.run_id)


def merged(work: Work, judged: DataFrame, counts: Sequence[FileCount]) -> tuple[int, Commit]:
    """Merges what is new, what is released and what is restated into the table.

    Raises NeedsRebuild where only all of bronze can tell what is right.
    """
    told = mending.in_batch(work, judged)
    valid = told.judged.where(f"{VALID} AND NOT _mended")
    repeats = split.repeats(valid, work.source, work.keep)
    freed = told.judged.where(f"_released AND {VALID} AND NOT _mended")
    released = freed.count() if work.refs_moved else 0
    bad = sum(count.broken + count.waiting for count in counts)
    all_valid = sum(count.rows for count in counts) - bad + released - told.valid
    rows = split.winners(valid, repeats, work.source)
    match = matched(work, rows, all_valid - repeats.lost)
    again = _restated(work, match)
    before = work.note["books"]
    gone = told.invalid + told.elsewhere
    books = {
        "landed": work.landed(),
        "published": before["published"] + match.inserts,
        "quarantined": before["quarantined"] + bad - gone - released,
        "superseded": before["superseded"]
        + repeats.lost
        + match.updates
        + match.losses
        + told.valid
        + gone,
    }
    note = work.next_note(books, stubs=work.note["stubs"] or told.stub_count > 0)
    _prepare_quarantine(work, told, bad, freed if released else None)
    commit = _upsert(work, match, again, note)
    work.quarantine.settle(work.seq)
    return match.inserts + match.updates + again.count, commit


@dataclass(frozen=True)
class Again:
    """Published rows that are restated."""

    rows: DataFrame | None = None
    count: int = 0


def _restated(work: Work, match: Matched) -> Again:
    rows = restate.restated(work) if work.refs_moved else None
    if rows is None:
        return Again()
    if match.updates:
        later = match.rows.where(f"_act = '{UPDATE}'").selectExpr("_key AS _later")
        rows = rows.join(later, rows[work.source.surrogate_key] == later["_later"], "left_anti")
    rows = work.keep(rows)
    found = rows.selectExpr("count(*) AS n", "count(_waiting) AS lost").first()
    assert found is not None
    if found["lost"]:
        raise NeedsRebuild("rows that others refer to are no longer there")
    return Again(rows.drop("_waiting"), found["n"])


def _prepare_quarantine(
    work: Work, told: mending.Mended, bad: int, freed: DataFrame | None
) -> None:
    """Everything the quarantine must hold before the silver commit; nothing taken away yet."""
    mine = work.quarantine
    marks = []
    if freed is not None:
        marks.append(freed.selectExpr(f"{ID} AS _quarantine_id", f"'{RELEASE}' AS pending"))
    if told.marks is not None and told.elsewhere:
        marks.append(told.marks)
    if bad or told.stub_count or marks:
        mine.begin(work.seq, work.lake.run_id, marks=bool(marks))
    if bad or told.stub_count:
        rows = _quarantine_rows(work, told.judged.where(f"NOT _released AND NOT ({VALID})"))
        if told.stubs is not None:
            rows = rows.unionByName(told.stubs)
        if mine.exists():
            # A stub may stand for some of them already.
            there = mine.read().selectExpr("_quarantine_id AS _there")
            rows = rows.join(there, rows["_quarantine_id"] == there["_there"], "left_anti")
        mine.append(rows.coalesce(1), {"run": work.lake.run_id})
    if marks:
        mine.mark(reduce(DataFrame.unionByName, marks), work.seq)


def _upsert(work: Work, match: Matched, again: Again, note: dict[str, object]) -> Commit:
    storage, what = work.lake.storage, f"silver.{work.source.silver}"
    rows = silver_rows(match.upserts, work)
    if not match.updates and not again.count:
        commit = storage.append(rows, work.path, note)
        return written(commit, {"numOutputRows": match.inserts}, what)
    if again.rows is not None:
        rows = rows.unionByName(again.rows)
    key = name(work.source.surrogate_key)
    within = "" if again.count else f" AND t.{match.within}"
    commit = storage.merge(
        rows,
        work.path,
        f"t.{key} = s.{key}{within if match.within != 'true' else ''}",
        "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
        note,
    )
    counts = {
        "numTargetRowsInserted": match.inserts,
        "numTargetRowsUpdated": match.updates + again.count,
    }
    return written(commit, counts, what)
