"""The rows that lose to another row of their key: copies of it, or rows with other values.

A key that is none shows here and nowhere else: the reconciliation holds while rows of other days
replace each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs.definition import Source
from jobs.sqltext import name

# From how many rows of a file, and from which share of it, the key is in doubt.
MANY, SHARE = 20, 0.1
# Fewer columns than this are not "most of them", however few there are.
FEWEST = 2
# So many files in doubt are remembered.
REMEMBERED = 100


@dataclass(frozen=True)
class Superseded:
    """The rows that one publish supersedes. identical, changed: how many are a copy of the row
    that replaced them, and how many had other values. dates, most: {landing file of the rows
    that replaced them: how many of these had another date; how many differed in most columns}."""

    identical: int = 0
    changed: int = 0
    dates: Mapping[str, int] = field(default_factory=dict)
    most: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Superseded) -> Superseded:
        return Superseded(
            self.identical + other.identical,
            self.changed + other.changed,
            _sums(self.dates, other.dates),
            _sums(self.most, other.most),
        )

    def doubts(self, records: Mapping[str, int]) -> list[dict[str, Any]]:
        """The files with so many rows that replaced a row of another date, or with mostly other
        values, that the key may be none; the worst first. records: {landing file: its records}."""
        found = []
        for file, rows in _sums(self.dates, self.most).items():
            of = records.get(file, 0)
            if rows >= max(MANY, SHARE * of):
                dates = self.dates.get(file, 0)
                found.append({"file": file, "rows": rows, "dates": dates, "of": of})
        return worst(found)


def worst(doubts: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Doubts, the files with most rows first; no more than are remembered."""
    return sorted(doubts, key=lambda d: (-d["rows"], d["file"]))[:REMEMBERED]


def joined(
    before: Iterable[Mapping[str, Any]], new: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Doubts of earlier publishes with those of the latest: one a file."""
    found: dict[str, dict[str, Any]] = {}
    for doubt in (*before, *new):
        same = found.setdefault(doubt["file"], {**doubt, "rows": 0, "dates": 0})
        same |= {"of": doubt["of"]}
        same |= {what: same[what] + doubt[what] for what in ("rows", "dates")}
    return worst(found.values())


def total(rows: Iterable[Mapping[str, Any]]) -> Superseded:
    """Of rows that have ``_file``, ``_lost``, ``_same``, ``_dates`` and ``_most`` summed."""
    found = Superseded()
    for row in rows:
        file = row["_file"]
        found += Superseded(
            row["_same"],
            row["_lost"] - row["_same"],
            {file: row["_dates"]} if row["_dates"] else {},
            {file: row["_most"]} if row["_most"] else {},
        )
    return found


def values(source: Source) -> str:
    """SQL: a struct of what a row says."""
    return f"struct({', '.join(map(name, _read(source)))})"


def is_copy(one: str, other: str) -> str:
    """SQL: whether two structs of ``values`` are equal."""
    return f"({one} <=> {other})"


def has_other_date(one: str, other: str, source: Source) -> str:
    """SQL: whether two structs of ``values`` have two dates that differ, where both are given.
    What decides which row is the latest may differ."""
    dates = (c for c in _compared(source) if source.columns[c].kind in ("date", "timestamp"))
    differ = [f"coalesce({one}.{name(c)} <> {other}.{name(c)}, false)" for c in dates]
    return f"({' OR '.join(differ)})" if differ else "false"


def is_mostly_other(one: str, other: str, source: Source) -> str:
    """SQL: whether two structs of ``values`` differ in most columns outside the key."""
    columns = _compared(source)
    differ = [f"int(NOT {one}.{name(c)} <=> {other}.{name(c)})" for c in columns]
    if len(columns) < FEWEST:
        return "false"
    return f"({' + '.join(differ)} >= {max(FEWEST, len(columns) // 2 + 1)})"


def _read(source: Source) -> list[str]:
    return [column for column, spec in source.columns.items() if not spec.sql]


def _compared(source: Source) -> list[str]:
    return [c for c in _read(source) if c not in (*source.key, *source.latest_by)]


def _sums(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {file: one.get(file, 0) + other.get(file, 0) for file in {**one, **other}}
