"""Bronze: every record of every new landing file, as the strings that stood in it.

One row per CSV record. Columns: the file's own (STRING), ``ingestion_timestamp``,
``source_file`` (path below the source's landing folder), ``source_line`` (where the record
starts, from 1), ``run_id``, ``_batch`` (the bronze commit it came with), ``_malformed`` (why
its fields could not be told apart, null where they could) and ``_record`` (its raw text,
where the columns do not hold it exactly).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.definition import Source
from jobs.landing import Staged
from jobs.sqltext import literal, name

WRONG_COUNT = "the line has the wrong number of fields"
OPEN_QUOTE = "a quote never closes"
OWN = ("source_file", "source_line", "ingestion_timestamp", "run_id")
STATS = {"delta.dataSkippingStatsColumns": "source_file,source_line,_batch"}


def parsed(
    spark: SparkSession,
    source: Source,
    parts: Mapping[tuple[str, ...], Sequence[str]],
    files: Iterable[Staged],
    batch: int,
    run_id: str,
) -> DataFrame:
    """The bronze rows of staged files. parts: {column names: the staged parts that have them}."""
    by_layout: dict[tuple[str, ...], list[Staged]] = {}
    for file in files:
        by_layout.setdefault(file.layout, []).append(file)
    frames = [
        _fields(_lines(spark, paths), source, layout, by_layout.get(layout, []))
        for layout, paths in parts.items()
    ]
    rows = frames[0]
    for frame in frames[1:]:
        rows = rows.unionByName(frame, allowMissingColumns=True)
    numbered = [(file.file_no, file.path) for file in files]
    paths = spark.createDataFrame(numbered, "_file INT, source_file STRING")
    columns = dict.fromkeys(c for layout in parts for c in layout)
    return rows.join(F.broadcast(paths), "_file", "left").selectExpr(
        *(name(c) for c in columns),
        "current_timestamp() AS ingestion_timestamp",
        "source_file",
        "source_line",
        f"{literal(run_id)} AS run_id",
        f"cast({batch} AS BIGINT) AS _batch",
        "_malformed",
        "_record",
    )


def _lines(spark: SparkSession, paths: Sequence[str]) -> DataFrame:
    """The staged records: file number, line, flag, and the text that follows them."""
    lines = spark.read.option("lineSep", "\n").text(list(paths))
    return lines.selectExpr(
        "cast(substring(value, 1, 6) AS INT) AS _file",
        "cast(substring(value, 7, 10) AS BIGINT) AS source_line",
        "substring(value, 17, 1) AS _flag",
        "substring(value, 18) AS _text",
    )


def _fields(
    lines: DataFrame, source: Source, layout: tuple[str, ...], files: Sequence[Staged]
) -> DataFrame:
    """The records of one layout, each field under its column's name."""
    composed = "cast(substring(_text, 1, 10) AS INT)"
    lines = lines.selectExpr(
        "_file", "source_line", "_flag",
        f"CASE _flag WHEN 'N' THEN substring(_text, 11, {composed}) ELSE _text END AS _csv",
        f"CASE _flag WHEN 'N' THEN substring(_text, 11 + {composed}) ELSE _text END AS _text",
    )  # fmt: skip
    ddl = ", ".join(f"{name(c)} STRING" for c in layout) + ", _bad STRING"
    options = {
        "sep": source.delimiter,
        "quote": source.quote,
        "escape": source.quote or "\x00",
        "mode": "PERMISSIVE",
        "columnNameOfCorruptRecord": "_bad",
        "maxColumns": str(max(20480, len(layout) + 1)),
    }
    read = lines.select("*", F.from_csv("_csv", ddl, options).alias("_row"))
    told = read.selectExpr("*", f"{_malformed(source)} AS _malformed")
    fields = _unescaped(layout, any(file.multiline for file in files))
    record = "CASE WHEN _malformed IS NOT NULL OR _flag = 'N' THEN {text} END"
    return told.selectExpr(
        "_file", "source_line", *fields, "_malformed",
        record.format(text="translate(_text, '\\0', '\\n')") + " AS _record",
    )  # fmt: skip


def _malformed(source: Source) -> str:
    broken = f"WHEN _flag = 'Q' THEN {literal(OPEN_QUOTE)} "
    if source.quote:
        quoted = literal(well_formed(source.delimiter, source.quote))
        quote = literal(source.quote)
        broken += (
            f"WHEN contains(_csv, {quote}) AND NOT _csv RLIKE {quoted} "
            f"THEN {literal(OPEN_QUOTE)} "
        )
    return f"CASE {broken}WHEN _row._bad IS NOT NULL THEN {literal(WRONG_COUNT)} END"


def well_formed(delimiter: str, quote: str) -> str:
    """The regular expression of a record whose quotes close (RFC 4180, and a quote in the
    middle of an unquoted field is text). Possessive, so that long fields cost no stack."""
    d, q = (f"\\x{{{ord(mark):x}}}" for mark in (delimiter, quote))
    closed = f"{q}[^{q}]*+(?:{q}{q}[^{q}]*+)*+{q}"
    plain = f"(?:[^{q}{d}][^{d}]*+)?+"
    field = f"(?:{closed}|{plain})"
    return f"^{field}(?:{d}{field})*+$"


def _unescaped(layout: tuple[str, ...], multiline: bool) -> list[str]:
    """The fields' SQL; staged text writes a newline inside quotes as NUL."""
    kept = "_malformed IS NULL"
    value = "translate(_row.{c}, '\\0', '\\n')" if multiline else "_row.{c}"
    return [
        f"CASE WHEN {kept} THEN {value.format(c=name(c))} END AS {name(c)}" for c in layout
    ]
