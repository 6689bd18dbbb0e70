"""The silver step: what bronze holds of a source, typed, judged, deduplicated, enriched.

One publish is one commit of the silver table. Its note says which bronze batch and which
versions of the other sources it consumed, which files it holds back, and the books.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import publish, quarantine, references, split
from jobs.conform import conform, stood_columns
from jobs.definition import Source
from jobs.holds import missing_columns, reason_bad, reason_missing
from jobs.ingest import BATCH
from jobs.lake import Lake, Step
from jobs.ledger import ACCEPTED, HELD, INGESTED, FileEvent
from jobs.load import LINEAGE
from jobs.plan import CHANGED
from jobs.report import FileNote
from jobs.sqltext import literal, literals, name
from jobs.work import NeedsRebuild, Work, checked, start


def refine(lake: Lake, source: Source) -> None:
    """Publishes what waits for this source: new bronze rows, released rows, changed references."""
    with lake.step("silver", source.silver) as step:
        work = start(lake, source)
        if work is None:
            return
        if not work.quarantine.settle(work.seq - 1):
            work = replace(work, full=True, held=set())
        if not work.full:
            _remember_noted(work)
        if not (work.full or work.fresh or work.refs_moved):
            return
        try:
            _publish(work, step)
        except NeedsRebuild as reason:
            step.detail = f"rebuilt from bronze: {reason}"
            _publish(replace(work, full=True, held=set()), step)


def _publish(work: Work, step: Step) -> None:
    judged = work.keep(_judged(work))
    try:
        counts = split.count_files(judged)
        expected = work.expected()
        rows = {path: count.rows for path, count in counts.items()}
        checked(rows, expected, {*rows, *expected})
        work.reasons |= (reasons := _reasons_to_hold(work, judged, counts, expected))
        newly_held = sorted(reasons)
        if newly_held:
            work.held |= set(newly_held)
            judged = judged.where(f"source_file NOT IN ({literals(newly_held)})")
        kept = [count for path, count in counts.items() if path not in work.held]
        how = publish.rebuilt if work.full else publish.merged
        step.rows_in = sum(count.rows for count in kept)
        step.rows_out, step.commit = how(work, judged, kept)
    finally:
        work.forget()
    _remember_held(work, newly_held, expected)


def _judged(work: Work) -> DataFrame:
    lake, source = work.lake, work.source
    bronze = _bronze(work)
    frame = conform(bronze, source).selectExpr("*", "false AS _released")
    if not work.full and work.refs_moved and work.quarantine.exists():
        frame = frame.unionByName(_waiting(work, bronze))
    found = references.attach(frame, source, lake.definition.sources, work.reference_tables())
    # Valid rows are kept in memory without what stood in the file.
    return found.withColumn("_raw", F.expr(f"CASE WHEN NOT ({split.VALID}) THEN _raw END"))


def _bronze(work: Work) -> DataFrame:
    """The bronze rows that this publish takes."""
    lake, source = work.lake, work.source
    table = lake.storage.read(lake.bronze_path(source), work.bronze.version)
    batch = lake.handed(BATCH, source, work.bronze.note["batch"])
    if batch is not None and work.of_latest_batch():
        have = set(batch.columns)
        # The table has the columns of other batches, too.
        return batch.selectExpr(
            *(name(c) if c in have else f"cast(null AS STRING) AS {name(c)}" for c in table.columns)
        )
    if work.full:
        return table
    also = f" OR source_file IN ({literals(work.accepted)})" if work.accepted else ""
    return table.where(f"_batch > {work.note['batch']}{also}")


def _waiting(work: Work, bronze: DataFrame) -> DataFrame:
    """The rows that wait for a reference, judged anew from their raw values."""
    rows = work.quarantine.read().where(f"state = '{quarantine.WAITING}'")
    fields = [f"raw[{literal(c)}] AS {name(c)}" for c in stood_columns(bronze)]
    nothing = ["cast(null AS STRING) AS _malformed", "cast(null AS STRING) AS _record"]
    stood = rows.selectExpr(*LINEAGE, *fields, *nothing)
    return conform(stood, work.source).selectExpr("*", "true AS _released")


def _reasons_to_hold(
    work: Work, judged: DataFrame, counts: Mapping[str, split.FileCount], taken: Iterable[str]
) -> dict[str, str]:
    """{file: why} of the files of this batch that are put on hold: those that lack a column, and
    those with more bad rows than the contract bears."""
    files, source = work.files, work.source
    judging = [path for path in taken if files[path].status != ACCEPTED]
    reasons = {}
    for path in judging:
        header = files[path].header
        if missing := missing_columns(source, header):
            reasons[path] = reason_missing(source, header, missing)
    over = {
        path: count
        for path in judging
        if path not in reasons
        and (count := counts.get(path))
        and count.broken > source.max_bad_share * count.rows
    }
    return {**reasons, **(_bad_rows(source, over, judged) if over else {})}


def _bad_rows(
    source: Source, over: Mapping[str, split.FileCount], judged: DataFrame
) -> dict[str, str]:
    """{file: why} of files with too many bad rows: what is wrong with how many of them."""
    here = judged.where(f"NOT _released AND source_file IN ({literals(sorted(over))})")
    found: dict[str, list[tuple[str, int]]] = {path: [] for path in over}
    violations = here.selectExpr("source_file", "explode(_broken.rule) AS rule")
    for row in violations.groupBy("source_file", "rule").count().collect():
        found[row["source_file"]].append((row["rule"], row["count"]))
    return {
        path: reason_bad(over[path].broken, over[path].rows, source.max_bad_share, found[path])
        for path in over
    }


def _held(work: Work, path: str) -> FileEvent:
    # A table published before reasons were noted has none.
    reason = work.reasons.get(path) or (
        f"more than {work.source.max_bad_share:.0%} of its rows are bad; "
        "`lake accept` takes it as it is"
    )
    return replace(work.files[path], status=HELD, reason=reason)


def _remember_noted(work: Work) -> None:
    """The files that the table's note holds back, where a killed run did not live to say so."""
    unsaid = [path for path in sorted(work.held) if work.files[path].status == INGESTED]
    events = [_held(work, path) for path in unsaid]
    work.lake.files.add(events, work.lake.run_id)
    work.lake.notes.extend(FileNote(work.source.name, e.path, HELD, e.reason) for e in events)


def _remember_held(work: Work, newly_held: list[str], published: Iterable[str]) -> None:
    """Which files are held from now on, and which are so no more: a contract that bears more, or
    asks less, has let them in."""
    events = [_held(work, path) for path in newly_held if work.files[path].reason != CHANGED]
    in_bounds = [
        replace(work.files[path], status=INGESTED, reason="")
        for path in published
        if path not in work.held
        and work.files[path].status == HELD
        and work.files[path].reason != CHANGED
    ]
    work.lake.files.add(events + in_bounds, work.lake.run_id)
    work.lake.files.save()
    # What was said of them before they were judged again is no longer so.
    work.lake.no_more_noted(work.source.name, {event.path for event in events + in_bounds})
    work.lake.notes.extend(FileNote(work.source.name, e.path, HELD, e.reason) for e in events)
