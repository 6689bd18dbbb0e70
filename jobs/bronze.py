"""Bronze: every record of every new landing file, as the strings that stood in it.

One row per CSV record. Columns: the file's own (STRING), ``ingestion_timestamp``,
``source_file`` (path below the source's landing folder), ``source_line`` (where the record
starts, from 1), ``run_id``, ``_batch`` (the bronze commit it came with), ``_malformed`` (why
its fields could not be told apart, null where they could; a line with too many or too few
fields keeps those that were read) and ``_record`` (its raw text,
where the columns do not hold it exactly).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.definition import Source
from jobs.landing import Staged
from jobs.sqltext import literal, name
from jobs.staged import COMPOSED, MALFORMED

WRONG_COUNT = "the line has the wrong number of fields"
OPEN_QUOTE = "a quote never closes"
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
        _fields(_lines(spark, paths, source.delimiter), source, layout, by_layout.get(layout, []))
        for layout, paths in (parts or dict.fromkeys(by_layout, ())).items()
    ]
    rows = frames[0]
    for frame in frames[1:]:
        rows = rows.unionByName(frame, allowMissingColumns=True)
    columns = dict.fromkeys(c for layout in parts or by_layout for c in layout)
    told = rows.selectExpr(
        *(name(c) for c in columns),
        "current_timestamp() AS ingestion_timestamp",
        f"{_paths(files)}[_file] AS source_file",
        "source_line",
        f"{literal(run_id)} AS run_id",
        f"cast({batch} AS BIGINT) AS _batch",
        "_malformed",
        "_record",
    )
    # The parts hold the lines of files that are held, too.
    return told.where("source_file IS NOT NULL")


def _paths(files: Iterable[Staged]) -> str:
    """SQL: an array of the files' paths, each at its file's number."""
    numbered = {file.file_no: file.path for file in files}
    listed = [numbered.get(number) for number in range(max(numbered) + 1)]
    return f"from_json({literal(json.dumps(listed))}, 'ARRAY<STRING>')"


def _lines(spark: SparkSession, paths: Sequence[str], delimiter: str) -> DataFrame:
    """The staged records: ``_text`` as staged, and ``_csv``, the number and fields of it."""
    count = "cast(substring(_text, 18, 10) AS INT)"
    lines = spark.read.option("lineSep", "\n").text(list(paths)) if paths else _no_lines(spark)
    return lines.selectExpr("value AS _text", "substring(value, 17, 1) AS _flag").selectExpr(
        "_text",
        "_flag",
        f"CASE _flag WHEN '{MALFORMED}' THEN substring(_text, 1, 16) "
        f"WHEN '{COMPOSED}' THEN concat(substring(_text, 1, 16), {literal(delimiter)}, "
        f"substring(_text, 28, {count})) ELSE _text END AS _csv",
        f"CASE WHEN _flag = '{COMPOSED}' THEN 28 + {count} ELSE 18 END AS _from",
    )


def _no_lines(spark: SparkSession) -> DataFrame:
    """For files that hold a header alone."""
    return spark.range(0).selectExpr("cast(null AS STRING) AS value")


def _fields(
    lines: DataFrame, source: Source, layout: tuple[str, ...], files: Sequence[Staged]
) -> DataFrame:
    """The records of one layout, each field under its column's name."""
    ddl = ", ".join(f"{name(c)} STRING" for c in ("_number", *layout, "_bad"))
    options = {
        "sep": source.delimiter,
        "quote": source.quote or "\x00",
        "escape": source.quote or "\x00",
        "mode": "PERMISSIVE",
        "columnNameOfCorruptRecord": "_bad",
        "maxColumns": str(max(20480, len(layout) + 2)),
    }
    read = lines.select("*", F.from_csv("_csv", ddl, options).alias("_row"))
    told = read.selectExpr(
        "_text",
        "_flag",
        "_from",
        "_row",
        f"CASE WHEN _flag = '{MALFORMED}' THEN {literal(OPEN_QUOTE)} "
        f"WHEN _row._bad IS NOT NULL THEN {literal(WRONG_COUNT)} END AS _malformed",
    )
    value = "_row.{c}"
    if any(file.multiline for file in files):
        # Staged text writes a newline inside quotes as NUL.
        value = "translate(_row.{c}, '\\0', '\\n')"
    return told.selectExpr(
        "cast(substring(_row._number, 1, 6) AS INT) AS _file",
        "cast(substring(_row._number, 7) AS BIGINT) AS source_line",
        *(f"{value.format(c=name(c))} AS {name(c)}" for c in layout),
        "_malformed",
        f"CASE WHEN _malformed IS NOT NULL OR _flag = '{COMPOSED}' "
        "THEN translate(substring(_text, _from), '\\0', '\\n') END AS _record",
    )
