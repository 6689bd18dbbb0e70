"""The order of a run: what ``lake run``, SSM and a cluster all call."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from typing import Any, TypeVar

from pyspark.sql import SparkSession

from jobs import ledger, quarantine, summary, upkeep
from jobs.delta.heads import Heads
from jobs.errors import LakeError, LeaseLost, Overtaken
from jobs.failing import concerns_the_run, translated
from jobs.lake import Lake, never
from jobs.layers import Layers
from jobs.lease import held, new_run_id
from jobs.load import Definition, load
from jobs.report import LOOK_AT, Books, Event, Failure, FileNote, Report
from jobs.session import open_session
from jobs.settings import RunSettings
from jobs.state import Cache
from jobs.storage import Storage

RULES = "rules.json"
_Item = TypeVar("_Item")


def ignore(event: Event) -> None:
    """The listener of a run that nobody watches."""


def run(
    settings: RunSettings,
    on_event: Callable[[Event], None] = ignore,
    stopping: Callable[[], bool] = never,
) -> Report:
    """Runs the layers named in ``settings`` and reports.

    stopping: asked before each step; once it says so, steps at work end and no other begins.
    A source or mart that fails stops what depends on it, and nothing else: see the report's
    failures. Raises what concerns the whole run, a jobs.errors.LakeError that says what to do:
    DefinitionError before anything is touched, LakeBusy where another run holds the lake,
    RunStopped where it was told to stop, RetryableError where the disk is full.
    """
    started = time.monotonic()
    definition = load(settings.definition)
    run_id = settings.run_id or new_run_id()
    with held(settings.zones.lake, run_id) as lease:
        session = _Session(settings, on_event)
        heads = Heads.read(settings.zones, rebuild=settings.rebuild)
        storage = Storage(session.open, lease.check, heads)
        paths = upkeep.tables(definition, settings.zones)
        if settings.rebuild:
            for path in paths:
                storage.give_up_if_damaged(path)
        # Every source depends on these: their damage stops the run before anything is published.
        for path in (settings.zones.files, settings.zones.runs, settings.zones.quarantine):
            storage.head(path)
        if lease.taken_over:
            upkeep.make_older_handles_stale(storage, paths)
        files = _files(settings, definition, storage, run_id)
        lake = Lake(settings, definition, storage, files, run_id, on_event, stopping=stopping)
        if files.lost:
            lake.notes.append(FileNote("_lake", ledger.STATE, "reported", files.lost))
        layers = Layers(lake)
        try:
            _work(layers, heads)
            books = summary.books(lake, _rules_of(layers))
        except Exception as error:
            if concerns_the_run(error) and not isinstance(error, LakeError):
                raise translated(error) from error
            raise
        failures = layers.failures()
        return _report(lake, books, time.monotonic() - started, session.seconds, failures)


def _work(layers: Layers, heads: Heads) -> None:
    """Makes the steps, and writes down what they did: after an error that ends the run too, but
    where another run may hold the lake by now."""
    began = datetime.now(timezone.utc)
    lake = layers.lake
    try:
        layers.work()
        if lake.storage.started:
            for path, error in upkeep.within_run(lake.storage, lake.definition, lake.zones):
                layers.add("upkeep", "/".join(path.split("/")[-2:]), error)
    except BaseException as error:
        try:
            lake.forget_handed()
            if not isinstance(error, (LeaseLost, Overtaken)):
                _write_down(layers, began, heads)
        except Exception as another:
            # What ended the run is what a person has to know; a trace shows both.
            raise error from another
        raise
    lake.forget_handed()
    _write_down(layers, began, heads)


def _write_down(layers: Layers, began: datetime, heads: Heads) -> None:
    layers.lake.files.publish()
    _remember(layers, began)
    heads.publish()


def _files(
    settings: RunSettings, definition: Definition, storage: Storage, run_id: str
) -> ledger.Files:
    """What is known of the landing files; of a damaged file, nothing where all is made anew."""
    zones = settings.zones
    tables = [f"{zones.bronze}/{source.bronze}" for source in definition.sources.values()]
    anew = run_id if settings.rebuild and "bronze" in settings.layers else ""
    return ledger.Files.read(storage, zones.lake, zones.files, tables, anew)


class _Session:
    """Opens the Spark session when it is first needed, and tells how long that took."""

    def __init__(self, settings: RunSettings, on_event: Callable[[Event], None]) -> None:
        self.settings, self.on_event, self.seconds = settings, on_event, 0.0

    def open(self) -> SparkSession:
        self.on_event(Event("", "spark", "started"))
        started = time.monotonic()
        spark = open_session(self.settings.spark)
        self.seconds = time.monotonic() - started
        self.on_event(Event("", "spark", "finished", "", self.seconds))
        return spark


def _rules_of(layers: Layers) -> dict[str, dict[str, int]]:
    try:
        return _rules(layers.lake)
    except Exception as error:
        layers.add("silver", "quarantine", error)
        return {}


def _rules(lake: Lake) -> dict[str, dict[str, int]]:
    """{source: {rule: quarantined rows that break it}}, counted anew when the table changed."""
    last = lake.storage.head(lake.zones.quarantine)
    if last is None:
        return {}
    cache = Cache(lake.zones.lake, RULES)
    known = cache.read()
    if known.get("version") != last.version or not _are_rules(known.get("rules")):
        rows = quarantine.by_rule(lake.storage.read(lake.zones.quarantine, last.version))
        told: dict[str, dict[str, int]] = {}
        for row in rows.collect():
            told.setdefault(row["source"], {})[row["rule"]] = row["count"]
        known = {"version": last.version, "rules": told}
        cache.write(known)
    return known["rules"]


def _are_rules(given: Any) -> bool:
    return isinstance(given, dict) and all(
        isinstance(rules, dict) and all(isinstance(count, int) for count in rules.values())
        for rules in given.values()
    )


def _remember(layers: Layers, began: datetime) -> None:
    """The ledger's rows of this run: only what it published, so that a run of nothing is free,
    and what failed, where Spark runs anyway."""
    lake = layers.lake
    ended = datetime.now(timezone.utc)
    rows: list[dict[str, Any]] = []
    if lake.storage.started:
        same = {"run_id": lake.run_id, "status": "failed", "started_at": began,
                "finished_at": ended}  # fmt: skip
        rows = [{**same, "layer": layer, "table_name": table} for layer, table in layers.failed]
    for result in lake.results:
        if result.status != "published":
            continue
        row = {
            "run_id": lake.run_id, "layer": result.layer, "table_name": result.table,
            "status": result.status, "rows_in": result.rows_in, "rows_out": result.rows_out,
            "seconds": result.seconds, "version": result.version, "started_at": began,
            "finished_at": ended,
        }  # fmt: skip
        if result.layer == "silver":
            source = lake.definition.silver_source(result.table)
            commit = lake.storage.head(lake.silver_path(source)) if source else None
            row |= commit.note["books"] if commit else {}
        rows.append(row)
    ledger.add_runs(lake.storage, lake.zones.runs, rows)


def _report(
    lake: Lake, books: tuple[Books, ...], seconds: float, startup: float,
    failures: tuple[Failure, ...],
) -> Report:  # fmt: skip
    published = any(result.status == "published" for result in lake.results)
    attention = any(note.status in LOOK_AT for note in lake.notes)
    status = "attention" if attention else "done" if published else "unchanged"
    status = "failed" if failures else status
    return Report(
        lake.run_id, status, books, tuple(lake.results), tuple(_once(lake.notes)), seconds, startup,
        summary.replaced(lake), failures,
    )  # fmt: skip


def _once(notes: Iterable[_Item]) -> list[_Item]:
    return list(dict.fromkeys(notes))
