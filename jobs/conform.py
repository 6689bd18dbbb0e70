"""Bronze rows held against their contract: typed, repaired, keyed, and told what they break.

Pure frames in, frames out. The result of ``conform`` has one row per bronze row, with the
contract's columns typed, ``_key`` (BIGINT) and ``_key_text``, ``_broken`` (every rule the
row breaks, null where none), ``_repairs`` (the repairs made, null where none), ``_raw`` and
``_record`` (what stood in the file, for rows
that are broken or may have to wait) and the lineage columns.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import DataFrame

from jobs import keys
from jobs.definition import Column, Source
from jobs.headers import sanitise
from jobs.load import LINEAGE
from jobs.parse import meant, trimmed, typed
from jobs.sqltext import literal, name

KINDS = {
    "integer": "a whole number",
    "decimal": "an amount",
    "float": "a number",
    "date": "a date",
    "timestamp": "a timestamp",
    "boolean": "a yes-or-no",
    "text": "a text",
}
BROKEN_TYPE = "ARRAY<STRUCT<rule:STRING,column:STRING,value:STRING>>"
CARRIED = (*LINEAGE, "_malformed", "_record", "_quarantine_id")


def conform(bronze: DataFrame, source: Source) -> DataFrame:
    """``bronze`` typed and judged; a contract column is fed by every bronze column that has
    one of its header names."""
    frame = _with_raw(bronze, source)
    frame = _with_typed(frame, source)
    frame = _with_repairs(frame, source, computed=False)
    for column, spec in source.columns.items():
        if spec.sql:
            frame = frame.selectExpr(
                "*", f"cast(({spec.sql}) AS {spec.sql_type}) AS {name(column)}"
            )
    frame = _with_repairs(frame, source, computed=True)
    return _judged(frame, source)


def _with_raw(bronze: DataFrame, source: Source) -> DataFrame:
    fields = ", ".join(
        f"{_fed(bronze, column, spec)} AS {name(column)}"
        for column, spec in source.columns.items()
        if not spec.sql
    )
    have = set(bronze.columns)
    carried = [c if c in have else f"cast(null AS STRING) AS {c}" for c in CARRIED]
    stood = [
        c
        for c in bronze.columns
        if c == "_quarantine_id" or not (c.startswith("_") or c in _BRONZE_OWN)
    ]
    pairs = ", ".join(f"{literal(c)}, {name(c)}" for c in stood)
    return bronze.selectExpr(*carried, f"struct({fields}) AS raw", f"map({pairs}) AS _stood")


def _fed(bronze: DataFrame, column: str, spec: Column) -> str:
    wanted = dict.fromkeys(sanitise((header,))[0] for header in spec.header or (column,))
    feeding = [trimmed(c) for c in wanted if c in bronze.columns]
    return f"coalesce({', '.join(feeding)})" if feeding else "cast(null AS STRING)"


_BRONZE_OWN = (*LINEAGE, "ingestion_timestamp", "run_id")


def _with_typed(frame: DataFrame, source: Source) -> DataFrame:
    read = {c: s for c, s in source.columns.items() if not s.sql}
    said = frame.selectExpr(
        "*", *(f"{meant('raw.' + name(c), s)} AS {name('_said_' + c)}" for c, s in read.items())
    )
    parsed = said.selectExpr(
        "*", *(f"{typed(name('_said_' + c), s)} AS {name(c)}" for c, s in read.items())
    )
    bad = [
        f"({name('_said_' + c)} IS NOT NULL AND {name(c)} IS NULL) AS {name('_bad_' + c)}"
        for c, s in read.items()
        if s.kind != "text"
    ]
    return parsed.selectExpr(*CARRIED, "raw", "_stood", *(name(c) for c in read), *bad)


def _with_repairs(frame: DataFrame, source: Source, *, computed: bool) -> DataFrame:
    for number, repair in enumerate(source.repairs.values()):
        spec = source.columns[repair.column]
        if bool(spec.sql) != computed:
            continue
        done, bad = name(f"_repair_{number}"), "_bad_" + repair.column
        frame = frame.selectExpr("*", f"coalesce(({repair.when}), false) AS {done}")
        changed = {
            repair.column: f"CASE WHEN {done} THEN cast(({repair.to}) AS {spec.sql_type}) "
            f"ELSE {name(repair.column)} END"
        }
        if bad in frame.columns:
            changed[bad] = f"({name(bad)} AND NOT {done})"
        frame = frame.selectExpr(
            *(f"{changed[c]} AS {name(c)}" if c in changed else name(c) for c in frame.columns)
        )
    return frame


def rules(source: Source) -> Iterable[tuple[str, str, str]]:
    """Every rule of the contract as (sentence, column or "", SQL that is true when broken)."""
    needed = {*source.key, *(r.by for r in source.references.values() if r.required)}  # type: ignore[union-attr]
    for column, spec in source.columns.items():
        yield from _column_rules(column, spec, required=spec.required or column in needed)
    for sentence, check in source.checks.items():
        yield sentence, "", f"coalesce(NOT ({check}), false)"


def _column_rules(column: str, spec: Column, *, required: bool) -> Iterable[tuple[str, str, str]]:
    value, bad = name(column), name("_bad_" + column)
    parses = not spec.sql and spec.kind != "text"
    if parses:
        yield f"{column} is not {KINDS[spec.kind]}", column, bad
    if required:
        missing = f"({value} IS NULL AND NOT {bad})" if parses else f"{value} IS NULL"
        yield f"{column} is missing", column, missing
    if spec.pattern:
        match = f"{value} RLIKE {literal('^(?:' + spec.pattern + ')$')}"
        yield f"{column} does not look like {spec.pattern}", column, f"coalesce(NOT {match}, false)"
    if spec.one_of:
        words = ", ".join(spec.one_of)
        listed = ", ".join(literal(word) for word in spec.one_of)
        yield (
            f"{column} is not one of {words}",
            column,
            f"coalesce({value} NOT IN ({listed}), false)",
        )


def _judged(frame: DataFrame, source: Source) -> DataFrame:
    """Rules are told by number while every row is looked at, and spelt out on broken rows."""
    told = list(rules(source))
    numbers = [f"CASE WHEN {condition} THEN {n} END" for n, (_, _, condition) in enumerate(told)]
    done = [f"CASE WHEN {name(f'_repair_{n}')} THEN {n} END" for n, _ in enumerate(source.repairs)]
    judged = frame.selectExpr(
        "*",
        f"{_said(numbers)} AS _rules",
        f"{_said(done)} AS _repaired",
    )
    broken = (
        f"CASE WHEN _malformed IS NOT NULL THEN {MALFORMED} "
        f"WHEN size(_rules) > 0 THEN {_spelt(told, source)} END"
    )
    sentences = f"array({', '.join(literal(sentence) for sentence in source.repairs)})"
    repairs = f"CASE WHEN size(_repaired) > 0 THEN transform(_repaired, n -> {sentences}[n]) END"
    key = _key_columns(source)
    # A row that breaks no rule may yet have to wait for a row that it requires.
    may_wait = any(r.required for r in source.references.values())  # type: ignore[union-attr]
    wanted = "true" if may_wait else "size(_rules) > 0"
    return judged.selectExpr(
        *LINEAGE,
        "_quarantine_id",
        *(name(c) for c in source.columns),
        f"cast({broken} AS {BROKEN_TYPE}) AS _broken",
        f"cast({repairs if done else 'null'} AS ARRAY<STRING>) AS _repairs",
        f"CASE WHEN _malformed IS NULL AND {wanted} THEN _stood END AS _raw",
        "CASE WHEN _malformed IS NOT NULL THEN _record END AS _record",
        f"{keys.encoded(key)} AS _key_text",
        f"{keys.surrogate(key)} AS _key",
    )


MALFORMED = "array(struct(_malformed AS rule, '' AS column, cast(null AS STRING) AS value))"


def _said(numbers: list[str]) -> str:
    if not numbers:
        return "cast(array() AS ARRAY<INT>)"
    return f"array_compact(array({', '.join(numbers)}))"


def _spelt(told: list[tuple[str, str, str]], source: Source) -> str:
    """SQL: the broken rules in words, each with its column and that column's raw value."""
    if not told:
        return "null"
    sentences = ", ".join(literal(sentence) for sentence, _, _ in told)
    columns = ", ".join(literal(column) for _, column, _ in told)
    values = ", ".join(
        f"raw.{name(column)}"
        if column and not source.columns[column].sql
        else (f"cast({name(column)} AS STRING)" if column else "cast(null AS STRING)")
        for _, column, _ in told
    )
    return (
        f"transform(_rules, n -> struct(array({sentences})[n] AS rule, "
        f"array({columns})[n] AS column, array({values})[n] AS value))"
    )


def _key_columns(source: Source) -> tuple[str, ...]:
    if source.key:
        return tuple(source.key)
    if source.distinct:
        return tuple(c for c, s in source.columns.items() if not s.sql)
    return LINEAGE
