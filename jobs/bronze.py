"""Bronze: every record of every new landing file, as the strings that stood in it.

One row per CSV record. Columns: the file's own (STRING), ``ingestion_timestamp``,
``source_file`` (path below the source's landing folder), ``source_line`` (where the record
starts, from 1), ``run_id``, ``_batch`` (the bronze commit it came with), ``_malformed`` (why
the record cannot be used, null where it can; a line with too many or too few fields keeps
those that were read) and ``_record`` (its raw text, where the columns do not hold it exactly).
An empty field is null, with quotes or without; any other value is what stood in the file, in
Unicode's composed form (NFC).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pyspark.sql import DataFrame, SparkSession

from jobs.definition import Source
from jobs.landing import Part, Staged, Staging
from jobs.reading import MAX_RECORD
from jobs.sqltext import literal, name
from jobs.staged import MAX_FIELDS, ODD, RECORD_AT, WRONG_COUNT

Options = Mapping[str, str]


def parsed(
    spark: SparkSession,
    source: Source,
    staging: Staging[str],
    files: Sequence[Staged],
    batch: int,
    run_id: str,
) -> DataFrame:
    """The bronze rows of ``files``, those of the staged ones that are taken."""
    parts = staging.parts or {file.layout: Part(None, None) for file in files}
    frames = [
        frame for layout, part in parts.items() for frame in _frames(spark, source, layout, part)
    ]
    rows = frames[0]
    for frame in frames[1:]:
        rows = rows.unionByName(frame, allowMissingColumns=True)
    others = {file.file_no for file in staging.files} - {file.file_no for file in files}
    if others:  # the parts hold the lines of files that are held, too
        rows = rows.where(f"_file NOT IN ({', '.join(map(str, sorted(others)))})")
    columns = dict.fromkeys(c for layout in parts for c in layout)
    return rows.selectExpr(
        *(name(c) for c in columns),
        "current_timestamp() AS ingestion_timestamp",
        f"{_paths(files)}[_file] AS source_file",
        "source_line",
        f"{literal(run_id)} AS run_id",
        f"cast({batch} AS BIGINT) AS _batch",
        "_malformed",
        "_record",
    )


def _paths(files: Iterable[Staged]) -> str:
    """SQL: an array of the files' paths, each at its file's number."""
    numbered = {file.file_no: file.path for file in files}
    listed = [numbered.get(number) for number in range(max(numbered) + 1)]
    return f"from_json({literal(json.dumps(listed))}, 'ARRAY<STRING>')"


def _frames(
    spark: SparkSession, source: Source, layout: tuple[str, ...], part: Part[str]
) -> Iterator[DataFrame]:
    """The records of one layout, each field under its column's name."""
    ddl = ", ".join(f"{name(c)} STRING" for c in ("_number", *layout, "_bad"))
    options = {
        "sep": source.delimiter,
        "quote": source.quote or "\x00",
        "escape": source.quote or "\x00",
        "mode": "PERMISSIVE",
        "columnNameOfCorruptRecord": "_bad",
        "maxColumns": str(max(MAX_FIELDS, len(layout)) + 2),
    }
    if part.plain or not part.odd:
        yield _plain(spark, part.plain, layout, ddl, options)
    if part.odd:
        yield _odd(spark, part.odd, layout)


# A number is the file's in 6 digits and the line's in 10.
_NUMBERED = (
    "cast(cast(_number AS BIGINT) div 10000000000 AS INT) AS _file",
    "cast(_number AS BIGINT) % 10000000000 AS source_line",
)


def _plain(
    spark: SparkSession, path: str | None, layout: Sequence[str], ddl: str, options: Options
) -> DataFrame:
    if path is None:  # a file may hold a header alone
        lines = spark.range(0).selectExpr(
            *(f"cast(null AS STRING) AS {name(c)}" for c in ("_number", *layout, "_bad"))
        )
    else:
        lines = spark.read.schema(ddl).options(**options, lineSep="\n").csv(path)
    return lines.selectExpr(
        *_NUMBERED,
        *(name(c) for c in layout),
        f"CASE WHEN _bad IS NOT NULL THEN {literal(WRONG_COUNT)} END AS _malformed",
        f"substring(_bad, {RECORD_AT}) AS _record",
    )


def _odd(spark: SparkSession, path: str, layout: Sequence[str]) -> DataFrame:
    reader = spark.read.schema(ODD).option("mode", "FAILFAST")
    # A record has up to 16 million characters, of which some are two to Java.
    told = reader.option("maxStringLen", str(4 * MAX_RECORD)).json(path)
    return told.selectExpr(
        "file AS _file",
        "line AS source_line",
        *(f"element_at(fields, {n}) AS {name(c)}" for n, c in enumerate(layout, 1)),
        "malformed AS _malformed",
        "CASE WHEN NOT exact THEN record END AS _record",
    )
