"""From a number in a mart back to the lines of the landing files that it was made of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

from jobs.definition import Mart, Source
from jobs.errors import DefinitionError
from jobs.load import Definition, load, silver_columns
from lake.check.sql import declared
from lake.native import Native, bracketed, quoted
from lake.origin import ALIAS, OTHER, Asked, Link, Origin, origins
from lake.tables import OF_BRONZE


@dataclass(frozen=True)
class Line:
    """One landing record: its file, below the landing zone, its line, and what stood there."""

    file: str
    line: int
    raw: dict[str, Any]


@dataclass(frozen=True)
class Step:
    """The rows of one silver table. by: how they were found. files: {file: rows}. lines: the
    first of them. unfollowed: why there may be more rows than in the number; none where there
    are not."""

    table: str
    by: str
    rows: int
    files: dict[str, int] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    unfollowed: Sequence[str] = ()


@dataclass(frozen=True)
class Lineage:
    """rows: of the mart; shown: the first of them."""

    mart: str
    rows: int
    shown: list[dict[str, Any]]
    steps: list[Step]


def lineage(native: Native, named: str, where: str, limit: int) -> Lineage:
    """Follows the rows of a mart (``where``: SQL over its columns) back to landing.

    Raises DefinitionError where there is no such mart, or it was not made yet.
    """
    definition = load(native.place.definition)
    layer, name = native.find(named)
    mart = definition.marts.get(name)
    if layer != "gold" or mart is None:
        raise DefinitionError(f"{named} is no mart: there are {', '.join(definition.marts)}.")
    tracer = _Tracer(native, definition, limit)
    native.view("gold", name)
    condition = bracketed(where) if where else "true"
    tracer.run(f"CREATE TEMP TABLE _rows_0 AS SELECT * FROM gold.{quoted(name)} WHERE {condition}")
    (rows,) = tracer.run("SELECT count(*) FROM _rows_0").fetchone()
    columns = ", ".join(
        f"CAST({quoted(c)} AS VARCHAR) AS {quoted(c)}" for c in declared(mart.columns)
    )
    shown = native.rows(f"SELECT {columns} FROM _rows_0 ORDER BY ALL LIMIT {limit}")
    return Lineage(name, rows, shown, list(tracer.mart(mart, "_rows_0")) if rows else [])


class _Tracer:
    """Makes a temporary table of the rows of each step, and tells what they are."""

    def __init__(self, native: Native, definition: Definition, limit: int) -> None:
        self.native, self.definition, self.limit = native, definition, limit
        self.made = 0

    def run(self, sql: str) -> Any:
        return self.native.connection.execute(sql)

    def mart(self, mart: Mart, rows: str, wider: Sequence[str] = ()) -> Iterator[Step]:
        """The steps from rows of a mart, which stand in the table ``rows``. wider: why there are
        perhaps too many of these."""
        schema = {table: self._columns(table) for table in mart.reads}
        for origin in origins(mart, schema):
            doubts = tuple(dict.fromkeys((*wider, *origin.unfollowed)))
            source = self.definition.silver_source(origin.table)
            if source is not None:
                steps = self._silver(mart, source, origin, rows)
                yield from (replace(step, unfollowed=doubts) for step in steps)
            elif origin.table in self.definition.marts:
                found = self._found("gold", origin, rows)
                yield from self.mart(self.definition.marts[origin.table], found, doubts)

    def _columns(self, table: str) -> list[str]:
        source = self.definition.silver_source(table)
        if source:
            return list(silver_columns(source))
        mart = self.definition.marts.get(table)
        return list(declared(mart.columns)) if mart else []

    def _found(self, layer: str, origin: Origin, rows: str) -> str:
        """A new table of the rows that an origin is about."""
        self.native.view(layer, origin.table)
        same = [*_same(origin.asked), *(self._linked(link) for link in origin.links)]
        exists = f"EXISTS (SELECT 1 FROM {rows} r WHERE {' AND '.join(same)})" if same else "true"
        return self._table(f"SELECT * FROM {layer}.{quoted(origin.table)} {ALIAS} WHERE {exists}")

    def _linked(self, link: Link) -> str:
        """SQL: whether a joined table has a row that fits."""
        layer = "silver" if self.definition.silver_source(link.table) else "gold"
        self.native.view(layer, link.table)
        fits = f"SELECT 1 FROM {layer}.{quoted(link.table)} {OTHER} WHERE {link.on}"
        found = f"EXISTS ({' AND '.join((fits, *_same(link.asked)))})"
        if link.absent is None:
            return found
        return f"({found} OR {' AND '.join((f'NOT EXISTS ({fits})', *_same(link.absent)))})"

    def _table(self, sql: str) -> str:
        self.made += 1
        self.run(f"CREATE TEMP TABLE _rows_{self.made} AS {sql}")
        return f"_rows_{self.made}"

    def _silver(self, mart: Mart, source: Source, origin: Origin, rows: str) -> Iterator[Step]:
        found = self._found("silver", origin, rows)
        keys = ", ".join(key for key in mart.key if key in origin.keys)
        by = f"the same {keys}" if keys else "all its rows: the mart's SQL names no narrower ones"
        yield self._step(source, found, by)
        yield from self._brought(source, found, set(re.findall(r"\w+", mart.sql)))

    def _brought(self, source: Source, rows: str, names: Set[str]) -> Iterator[Step]:
        """What was brought from another source came from lines of that source's files."""
        for label, reference in source.referring.items():
            used = {here: there for here, there in reference.brought.items() if here in names}
            target = self.definition.sources[reference.to]
            if used and self.native.view("silver", target.silver):
                there = self._table(
                    f"SELECT * FROM silver.{quoted(target.silver)} "
                    f"WHERE {quoted(target.surrogate_key)} IN "
                    f"(SELECT {quoted(reference.key)} FROM {rows})"
                )
                yield self._step(target, there, f"{', '.join(used)} brought by {label}")
                yield from self._brought(target, there, set(used.values()))

    def _step(self, source: Source, rows: str, by: str) -> Step:
        files = {
            f"{source.landing}/{file}": count
            for file, count in self.run(
                f"SELECT source_file, count(*) FROM {rows} GROUP BY 1 ORDER BY 1"
            ).fetchall()
        }
        lines = list(self._lines(source, rows))
        return Step(f"silver.{source.silver}", by, sum(files.values()), files, lines)

    def _lines(self, source: Source, rows: str) -> Iterator[Line]:
        if not self.native.view("bronze", source.bronze):
            raise DefinitionError(f"bronze.{source.bronze} is not there: `lake rebuild` makes it.")
        bronze = f"bronze.{quoted(source.bronze)}"
        names = [name for name, *_ in self.run(f"DESCRIBE {bronze}").fetchall()]
        stood = [n for n in names if not n.startswith("_") and n not in (*OF_BRONZE, "source_file")]
        chosen = ", ".join(f"b.{quoted(name)}" for name in stood if name != "source_line")
        for row in self.native.rows(
            f"SELECT b.source_file, b.source_line, {chosen} FROM {bronze} b "
            f"SEMI JOIN (SELECT source_file, source_line FROM {rows} "
            f"ORDER BY ALL LIMIT {self.limit}) r USING (source_file, source_line) "
            "ORDER BY b.source_file, b.source_line"
        ):
            file, line = row.pop("source_file"), row.pop("source_line")
            yield Line(f"{source.landing}/{file}", line, row)


def _same(asked: Asked) -> list[str]:
    """SQL: whether a row gives the key of the mart's row ``r``, and passes."""
    keys = [f"r.{quoted(key)} IS NOT DISTINCT FROM ({sql})" for key, sql in asked.keys.items()]
    return [*keys, *(f"({condition})" for condition in asked.filters)]
