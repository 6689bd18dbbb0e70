"""How a judged batch becomes the next version of a silver table: anew, or merged in.

Either way the split is counted first, the books are checked before anything is published,
the quarantine is written before the silver table (a kill between the two repeats the same
rows), and each commit's own metrics confirm the counts after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame

from jobs import mending, quarantine, split
from jobs import standing as standings
from jobs.commits import Commit
from jobs.match import matched
from jobs.quarantine import ID, OPEN, RELEASE, SUPERSEDED, WAITING
from jobs.restate import restated
from jobs.split import VALID, FileCount
from jobs.upsert import upsert
from jobs.work import WHOLE, Work, silver_rows, written

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
    note = work.next_note(books, stubs=mended.stub_count > 0, lost=repeats.superseded)
    work.quarantine.begin(work.seq)
    _replace_quarantine(work, mended, bad)
    rows = silver_rows(split.winners(valid, repeats, work.source), work)
    handed = work.is_referred_to and books["published"] <= work.limits.in_memory
    if handed:
        rows = work.lake.storage.keep(rows)
    before = work.last.total if work.last else 0
    commit = work.lake.storage.overwrite(rows, work.path, note, order=work.order)
    work.quarantine.settle(work.seq)
    if handed:
        work.lake.hand_over(WHOLE, work.source, commit.version, rows)
    what = f"silver.{work.source.silver}"
    return books["published"], written(commit, what, added=books["published"], removed=before)


def _replace_quarantine(work: Work, mended: mending.Mended, bad: int) -> None:
    if not bad and not mended.stub_count and not work.quarantine.exists():
        return
    rows = _quarantine_rows(work, mended.judged.where(f"NOT ({VALID})"))
    if mended.stubs is not None:
        rows = rows.unionByName(mended.stubs)
    # The few are gathered after all cores have looked for them, not while one does.
    commit = work.quarantine.replace(rows.repartition(1), {"run": work.lake.run_id})
    written(commit, "silver.quarantine", added=bad + mended.stub_count, removed=commit.removed)


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
    moved = standings.moved(work)
    standing = standings.standing(work, rows, all_valid - repeats.lost, moved)
    match = matched(work, rows, all_valid - repeats.lost, standing)
    again = restated(work, match, moved, standing)
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
    lost = repeats.superseded + match.superseded
    note = work.next_note(books, stubs=work.note["stubs"] or told.stub_count > 0, lost=lost)
    _prepare_quarantine(work, told, bad, freed if released else None)
    commit = upsert(work, match, again, standing, note)
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
        if work.note["stubs"] and mine.exists():
            # A stub may stand for some of them already.
            there = mine.read().selectExpr("_quarantine_id AS _there")
            rows = rows.join(there, rows["_quarantine_id"] == there["_there"], "left_anti")
        mine.append(rows.coalesce(1), {"run": work.lake.run_id})
    if marks:
        mine.mark(reduce(DataFrame.unionByName, marks), work.seq)
