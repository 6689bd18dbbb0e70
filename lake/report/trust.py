"""How far the data can be trusted: books, broken rules, freshness and runs, from the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jobs.commits import last_commit
from jobs.definition import Source
from jobs.files import open_store
from jobs.load import Definition
from jobs.quarantine import UNSETTLED
from lake.native import Native
from lake.quarantined import one_line, spelled
from lake.report.ask import quoted
from lake.state import LandingState, warnings

WORST, EXAMPLES, LAST_RUNS = 12, 3, 30
LONGEST_VALUE = 60
MOMENT = "%Y-%m-%d %H:%M"
_RUNS = f"""
    SELECT run_id, strftime(min(started_at AT TIME ZONE 'UTC'), '{MOMENT}') AS started,
           epoch(max(finished_at)) - epoch(min(started_at)) AS seconds, count(*) AS tables,
           CAST(coalesce(sum(rows_in) FILTER (layer = 'bronze'), 0) AS BIGINT) AS records,
           CAST(coalesce(sum(rows_out) FILTER (layer = 'gold'), 0) AS BIGINT) AS gold_rows
    FROM ledger.runs GROUP BY run_id ORDER BY min(started_at) DESC LIMIT {LAST_RUNS}
"""
# A file that is held is outside the books, but for one that changed after it was in.
_FILES = f"""
    WITH latest AS (
        SELECT source, path, max(f."at") AS told, max_by(records, seq) AS records,
               max_by(batch > 0 AND (status <> 'held' OR reason LIKE 'its bytes changed%'), seq)
               AS counts
        FROM ledger.files f GROUP BY source, path
    )
    SELECT source, count(*) FILTER (counts) AS files,
           CAST(coalesce(sum(records) FILTER (counts), 0) AS BIGINT) AS records,
           strftime(max(told AT TIME ZONE 'UTC') FILTER (counts), '{MOMENT}') AS taken
    FROM latest GROUP BY source
"""
_RULES = """
    SELECT source, one.rule AS rule, count(DISTINCT _quarantine_id) AS rows,
           count(DISTINCT _quarantine_id) FILTER (state = 'waiting') AS waiting
    FROM (SELECT source, state, _quarantine_id, unnest(broken) AS one
          FROM silver.quarantine WHERE state <> 'superseded')
    GROUP BY ALL ORDER BY rows DESC, source, rule
"""
_EXAMPLES = f"""
    SELECT source, one.rule AS rule, one.value AS value, source_file, source_line, raw, record
    FROM (SELECT source, source_file, source_line, raw, record, unnest(broken) AS one
          FROM silver.quarantine WHERE state <> 'superseded')
    QUALIFY row_number() OVER (
        PARTITION BY source, rule ORDER BY source_file, source_line) <= {EXAMPLES}
    ORDER BY source_file, source_line
"""


@dataclass(frozen=True)
class SourceBooks:
    """Where every record of a source is, as its silver table's latest commit has it. counted:
    the rows that stand in its bronze and silver tables and in the quarantine at this moment.
    unsettled: a run was cut short between the silver table and the quarantine. on_hold: the
    records of files on hold, which are beside the sum; held_in_bronze: those that stand in its
    bronze table."""

    source: str
    landed: int
    published: int
    quarantined: int
    superseded: int
    counted: Mapping[str, int]
    unsettled: bool
    on_hold: int = 0
    held_in_bronze: int = 0

    @property
    def balanced(self) -> bool:
        """Whether the sum holds, and the tables hold what the books say."""
        return (
            self.landed == self.published + self.quarantined + self.superseded
            and self.counted["bronze"] >= self.landed
            and self.counted["silver"] == self.published
            and (self.unsettled or self.counted["quarantine"] == self.quarantined)
        )

    @property
    def said(self) -> str:
        """What to say of the sum."""
        if not self.balanced:
            return "✗ DOES NOT HOLD"
        more = self.counted["bronze"] - self.landed - self.held_in_bronze
        waits = f"; {more:,} more wait in bronze for the next run" if more else ""
        settles = "; the next run settles one that was cut short" if self.unsettled else ""
        return f"✓ is right{waits}{settles}"


@dataclass(frozen=True)
class Example:
    """A row that broke a rule: where it stands, the value that is to blame, the whole row."""

    place: str
    value: str
    row: str


@dataclass(frozen=True)
class Rule:
    """A broken rule. rows: how many break it; waiting: how many of them for a row to come."""

    source: str
    rule: str
    rows: int
    waiting: int
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Freshness:
    """How new a source's data is. taken: when its latest landing file was taken, UTC. newest:
    the latest value of ``column`` in its silver table."""

    source: str
    files: int
    taken: str
    newest: str
    column: str


@dataclass(frozen=True)
class Trust:
    """All of it. runs: newest first. warnings: where the key of a source is in doubt."""

    books: tuple[SourceBooks, ...]
    rules: tuple[Rule, ...]
    freshness: tuple[Freshness, ...]
    runs: tuple[dict[str, Any], ...]
    waiting: tuple[LandingState, ...]
    warnings: tuple[str, ...] = ()

    @property
    def balanced(self) -> bool:
        """Whether every source's sum holds."""
        return all(books.balanced for books in self.books)


def read(native: Native, definition: Definition, waiting: tuple[LandingState, ...],
         *, with_values: bool) -> Trust:  # fmt: skip
    """What the ledger and the quarantine tell. with_values: examples come with what stood in
    the files, which may be personal data."""
    there = native.view("ledger", "runs")
    return Trust(
        books=tuple(_books(native, definition, waiting)),
        rules=_rules(native, with_values),
        freshness=_freshness(native, definition),
        runs=tuple(native.rows(_RUNS)) if there else (),
        waiting=waiting,
        warnings=warnings(native),
    )


def _books(
    native: Native, definition: Definition, files: tuple[LandingState, ...]
) -> Iterator[SourceBooks]:
    """The books stand on the silver table's own commit: what they say, it holds."""
    store = open_store(native.place.zones.lake)
    for source in definition.sources.values():
        commit = last_commit(native.uri("silver", source.silver))
        held = [file for file in files if file.source == source.name and file.on_hold]
        if commit and "books" in commit.note:
            yield SourceBooks(
                source.name, **commit.note["books"], counted=_counted(native, source),
                unsettled=store.exists(f"{UNSETTLED}/{source.name}"),
                on_hold=sum(file.on_hold for file in held),
                held_in_bronze=sum(file.on_hold for file in held if file.in_bronze),
            )  # fmt: skip


def _counted(native: Native, source: Source) -> dict[str, int]:
    """How many rows stand in a source's tables now."""
    counts = {}
    for layer, table in (("bronze", source.bronze), ("silver", source.silver)):
        counts[layer] = _count(native, layer, table)
    counts["quarantine"] = _count(
        native, "silver", "quarantine", "WHERE source = $source AND state <> 'superseded'",
        source=source.name,
    )  # fmt: skip
    return counts


def _count(native: Native, layer: str, table: str, where: str = "", **values: str) -> int:
    if not native.view(layer, table):
        return 0
    asked = f"SELECT count(*) AS rows FROM {layer}.{quoted(table)} {where}"
    return native.rows(asked, values)[0]["rows"]


def _rules(native: Native, with_values: bool) -> tuple[Rule, ...]:
    if not native.view("silver", "quarantine"):
        return ()
    examples: dict[tuple[str, str], list[Example]] = {}
    for row in native.rows(_EXAMPLES):
        value = row["value"] if row["value"] is not None else ""
        place = f"{row['source']}/{row['source_file']} line {row['source_line']}"
        said = spelled(row["raw"], row["record"])
        examples.setdefault((row["source"], row["rule"]), []).append(
            Example(place, *((_cut(value), one_line(said)) if with_values else ("", "")))
        )
    return tuple(
        Rule(**row, examples=tuple(examples.get((row["source"], row["rule"]), ())))
        for row in native.rows(_RULES)
    )


def _cut(value: str) -> str:
    text = one_line(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _freshness(native: Native, definition: Definition) -> tuple[Freshness, ...]:
    told = {}
    if native.view("ledger", "files"):
        told = {row["source"]: row for row in native.rows(_FILES)}
    found = []
    for source in definition.sources.values():
        row = told.get(source.name, {"files": 0, "taken": None})
        column, newest = _newest(native, source)
        found.append(Freshness(source.name, row["files"], row["taken"] or "", newest, column))
    return tuple(found)


def _newest(native: Native, source: Source) -> tuple[str, str]:
    """The column that tells a record's time, and its latest value; empty where there is none."""
    timed = [n for n, c in source.columns.items() if c.kind in ("timestamp", "date")]
    column = next((n for n in (*source.latest_by, *timed) if n in timed), "")
    if not column or not native.view("silver", source.silver):
        return column, ""
    kind = MOMENT if source.columns[column].kind == "timestamp" else "%Y-%m-%d"
    value = f"max({quoted(column)})"
    if source.columns[column].kind == "timestamp":
        value += " AT TIME ZONE 'UTC'"
    asked = f"SELECT strftime({value}, '{kind}') AS newest FROM silver.{quoted(source.silver)}"
    return column, native.rows(asked)[0]["newest"] or ""
