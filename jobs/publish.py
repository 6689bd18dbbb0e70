"""How a judged batch becomes the next version of a silver table: anew, or merged in.

Either way the split is counted first, the books are checked before anything is published,
the quarantine is written before the silver table (a kill between the two repeats the same
rows), and each commit's own metrics confirm the counts after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame

from jobs import mending, quarantine, restate, split
from jobs.changes import SIGN, remember
from jobs.lake import IN_MEMORY
from jobs.match import Matched, matched
from jobs.quarantine import ID, OPEN, RELEASE, SUPERSEDED, WAITING
from jobs.restate import Again
from jobs.split import VALID, FileCount
from jobs.sqltext import name, one_of
from jobs.storage import Commit
from jobs.work import FEW, PROPERTIES, WHOLE, Work, silver_rows, written

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
    rows = silver_rows(split.winners(valid, repeats, work.source), work)
    if books["published"] <= IN_MEMORY:
        rows = work.lake.storage.keep(rows)
    options = {**PROPERTIES, "delta.dataSkippingStatsColumns": ",".join(_stats(work))}
    commit = work.lake.storage.overwrite(rows, work.path, note, options=options)
    work.quarantine.settle(work.seq)
    if books["published"] <= IN_MEMORY:
        work.lake.hand_over(WHOLE, work.source, commit.version, rows)
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
    again = restate.restated(work, match)
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
        if match.inserts <= FEW:
            _hand_over(work, rows, None)
        return written(commit, {"numOutputRows": match.inserts}, what)
    if again.rows is not None:
        rows = rows.unionByName(again.rows)
    gone = _replaced(work, match, again)
    if gone is not None and match.new is not None and again.before is not None:
        where = one_of(work.source.surrogate_key, [*gone, *match.new])
        commit = storage.overwrite(rows, work.path, note, where=where)
        _hand_over(work, rows, again.before.where(one_of(work.source.surrogate_key, gone)))
        counts = {"numOutputRows": match.inserts + len(gone), "numDeletedRows": len(gone)}
        return written(commit, counts, what)
    commit = _merge(work, rows, match, again, note)
    counts = {
        "numTargetRowsInserted": match.inserts,
        "numTargetRowsUpdated": match.updates + again.count,
    }
    return written(commit, counts, what)


def _replaced(work: Work, match: Matched, again: Again) -> list[int] | None:
    """The surrogate keys of the published rows that go, where these are few.

    A MERGE reads every column of each file that it changes a row in; where the keys are few, the
    rows are named instead, and only the keys are read.
    """
    if again.before is None or match.replaced is None or again.count > FEW:
        return None
    keys = again.rows.select(work.source.surrogate_key).collect() if again.rows else []
    return [*match.replaced, *(row[0] for row in keys)]


def _merge(
    work: Work, rows: DataFrame, match: Matched, again: Again, note: dict[str, object]
) -> Commit:
    key = name(work.source.surrogate_key)
    within = "" if again.count or match.within == "true" else f" AND t.{match.within}"
    return work.lake.storage.merge(
        rows,
        work.path,
        f"t.{key} = s.{key}{within}",
        "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
        note,
    )


def _hand_over(work: Work, came: DataFrame, went: DataFrame | None) -> None:
    """Tells the later steps of this run what changed: few rows, which stay in memory."""
    rows = came.selectExpr("*", f"1 AS {SIGN}")
    if went is not None:
        rows = rows.unionByName(went.selectExpr("*", f"-1 AS {SIGN}"))
    assert work.last is not None
    remember(work.lake, work.source, work.last.stamp, rows)
