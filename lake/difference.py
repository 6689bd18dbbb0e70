"""What changed in a table between two of its versions, row by row."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.errors import DefinitionError
from lake.native import Native, batches, scan
from lake.tables import key_of, own
from lake.travel import moment, version_at, versions


@dataclass(frozen=True)
class Change:
    """One row: added, removed or changed. before, after: {column: its text}, all of them where
    the row is on one side alone, else those that differ."""

    change: str
    key: dict[str, str | None]
    before: dict[str, str | None]
    after: dict[str, str | None]


@dataclass(frozen=True)
class Difference:
    """A table between two versions. counts: {added, removed, changed: rows}. key: the columns
    that rows are told apart by; none where whole rows are compared."""

    table: str
    low: int
    high: int
    key: tuple[str, ...]
    counts: dict[str, int]
    changes: Iterator[Change]


def difference(native: Native, named: str, low: str, high: str) -> Difference:
    """Compares two versions of a table, each a number, a moment, or "": the last one, and the
    one before. Raises DefinitionError where there is no such table or version."""
    layer, table = native.find(named)
    uri, name = native.uri(layer, table), f"{layer}.{table}"
    there = versions(uri)
    last = _version(uri, name, high) if high else there[-1]
    first = _version(uri, name, low) if low else max([v for v in there if v < last], default=last)
    for version in (first, last):
        if version not in there:
            raise DefinitionError(f"{name} has no version {version}: {there[0]} to {there[-1]}.")
    key = _key(native, uri, (first, last), key_of(native.place, layer, table))
    _compare(native.connection, uri, first, last, key, own(layer, table))
    counts = {"added": 0, "removed": 0, "changed": 0}
    counts |= dict(
        native.connection.execute("SELECT change, count(*) FROM _changes GROUP BY 1").fetchall()
    )
    return Difference(name, first, last, key, counts, _changes(native.connection, key))


def _version(uri: str, name: str, told: str) -> int:
    return int(told) if told.isdigit() else version_at(uri, name, moment(told))


def _key(native: Native, uri: str, both: tuple[int, int], key: tuple[str, ...]) -> tuple[str, ...]:
    """The key, if rows can be told apart by it in both versions."""
    columns = ", ".join(map(_name, key))
    for version in both if key else ():
        there = _columns(native.connection, scan(uri, version))
        if not set(key) <= set(there):
            return ()
        (twice,) = native.connection.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM {scan(uri, version)} GROUP BY {columns} "
            "HAVING count(*) > 1)"
        ).fetchone()
        if twice:
            return ()
    return key


def _columns(connection: Any, source: str) -> list[str]:
    return [name for name, *_ in connection.execute(f"DESCRIBE FROM {source}").fetchall()]


def _compare(
    connection: Any, uri: str, low: int, high: int, key: tuple[str, ...], left_out: tuple[str, ...]
) -> None:
    """Makes the table ``_changes``: change, and both rows as JSON of texts."""
    sides = {"a": _columns(connection, scan(uri, low)), "b": _columns(connection, scan(uri, high))}
    names = [c for c in dict.fromkeys(sides["a"] + sides["b"]) if c not in left_out]
    rows = {}
    for side, version in (("a", low), ("b", high)):
        texts = ", ".join(
            f"{_name(c)} := "
            + (f"CAST({_name(c)} AS VARCHAR)" if c in sides[side] else "NULL::VARCHAR")
            for c in names
        )
        rows[side] = f"SELECT struct_pack({texts}) AS r FROM {scan(uri, version)}"
    # Without a key, equal rows are told apart by counting them.
    keyed = key or names
    number = "" if key else ", row_number() OVER (PARTITION BY r) AS n"
    on = " AND ".join(f"a.r.{_name(c)} IS NOT DISTINCT FROM b.r.{_name(c)}" for c in keyed)
    on += "" if key else " AND a.n = b.n"
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE _changes AS
        WITH a AS (SELECT r{number} FROM ({rows["a"]})), b AS (SELECT r{number} FROM ({rows["b"]}))
        SELECT CASE WHEN a.r IS NULL THEN 'added' WHEN b.r IS NULL THEN 'removed'
                    ELSE 'changed' END AS change, to_json(a.r) AS was, to_json(b.r) AS now
        FROM a FULL OUTER JOIN b ON {on} WHERE a.r IS DISTINCT FROM b.r
        """
    )


def _changes(connection: Any, key: Sequence[str]) -> Iterator[Change]:
    order = ", ".join(f"coalesce(now, was)->>'{c.replace(chr(39), chr(39) * 2)}'" for c in key)
    cursor = connection.execute(f"FROM _changes ORDER BY {order or 'coalesce(now, was)'}, change")
    for change, was, now in batches(cursor):
        before, after = json.loads(was or "{}"), json.loads(now or "{}")
        found = {column: (after or before)[column] for column in key}
        if change == "changed":
            differ = [c for c in after if before[c] != after[c]]
            before = {c: before[c] for c in differ}
            after = {c: after[c] for c in differ}
        yield Change(change, found, before, after)


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
