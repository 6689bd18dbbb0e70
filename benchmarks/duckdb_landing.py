"""Landing CSV into DuckDB's raw tables, in two ways: line by line, and by its own reader.

``raw_<source>`` has the contract's columns as text, the file's path below the source's
folder, the line, what is wrong with the record as a whole (``malformed``) and then its text.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

COLUMNS = {
    "sales": (
        "transaction_id", "order_id", "sold_at", "customer_id", "product_id", "location_id",
        "quantity", "unit_price", "discount", "channel", "payment_method", "updated_at",
    ),
    "customers": (
        "customer_id", "first_name", "last_name", "email", "segment", "city", "country",
        "signup_date", "updated_at",
    ),
    "products": (
        "product_id", "product_name", "category", "subcategory", "brand", "list_price", "cost",
        "active", "updated_at",
    ),
    "locations": (
        "location_id", "store_name", "store_type", "city", "region", "country", "opened_on",
        "updated_at",
    ),
}  # fmt: skip
WRONG_WIDTH = "the line has the wrong number of fields"
OPEN_QUOTE = "a quote never closes"
Span = tuple[str, int, int]


def connect() -> duckdb.DuckDBPyConnection:
    """A database in memory that prints nothing while it works."""
    db = duckdb.connect()
    db.execute("SET enable_progress_bar = false")
    return db


def value_of(db: duckdb.DuckDBPyConnection, query: str, arguments: tuple = ()) -> Any:
    """The one value that a query gives."""
    ((value,),) = db.execute(query, arguments).fetchall()
    return value


def run_sql(db: duckdb.DuckDBPyConnection, name: str) -> None:
    """Runs one of the files in duckdb_sql/."""
    db.execute((Path(__file__).parent / "duckdb_sql" / f"{name}.sql").read_text("utf-8"))


def landing_files(landing: Path, source: str) -> list[Path]:
    """The source's landing files, by path."""
    folder = landing / source
    return sorted(path for path in folder.rglob("*") if path.name.endswith((".csv", ".csv.gz")))


def by_header(files: Iterable[Path]) -> dict[tuple[str, ...], list[Path]]:
    """The files that share each header line."""
    groups: dict[tuple[str, ...], list[Path]] = defaultdict(list)
    for path in files:
        with _open(path) as raw:
            header = raw.readline().decode("utf-8").strip().split(",")
        groups[tuple(header)].append(path)
    return groups


def _open(path: Path) -> io.BufferedIOBase:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def create_raw(db: duckdb.DuckDBPyConnection, source: str) -> None:
    """Makes the empty raw table of a source."""
    columns = ", ".join(f"{name} VARCHAR" for name in COLUMNS[source])
    db.execute(
        f"CREATE OR REPLACE TABLE raw_{source} "
        f"({columns}, path VARCHAR, line BIGINT, malformed VARCHAR, record VARCHAR)"
    )


def load_by_lines(db: duckdb.DuckDBPyConnection, landing: Path, source: str) -> None:
    """Fills ``raw_<source>`` from physical lines: exact, and independent of any CSV reader."""
    create_raw(db, source)
    for header, files in by_header(landing_files(landing, source)).items():
        db.execute("CREATE OR REPLACE TABLE line (path VARCHAR, line BIGINT, text VARCHAR)")
        for file in files:
            _read_lines(db, file, file.relative_to(landing / source).as_posix())
        spans, strays = _quoted_spans(db, len(header))
        _join_records(db, spans, strays)
        _split_fields(db, source, header)


def _read_lines(db: duckdb.DuckDBPyConnection, file: Path, path: str) -> None:
    db.execute(
        "INSERT INTO line SELECT $path, row_number() OVER (), text FROM read_csv($file, "
        "columns = {'text': 'VARCHAR'}, auto_detect = false, header = false, "
        "delim = chr(1), quote = '', escape = '')",
        {"path": path, "file": str(file)},
    )


def _quoted_spans(
    db: duckdb.DuckDBPyConnection, width: int
) -> tuple[list[Span], list[tuple[str, int]]]:
    """The records that span lines, as (path, first line, last line), and stray quotes' lines.

    Only a line with an odd number of quotes opens or closes such a record.
    """
    odd = db.execute(
        "SELECT path, line FROM line "
        "WHERE (length(text) - length(replace(text, '\"', ''))) % 2 = 1 ORDER BY path, line"
    ).fetchall()
    spans, strays = [], []
    while odd:
        path, line = odd.pop(0)
        if odd and odd[0][0] == path and _is_record(db, (path, line, odd[0][1]), width):
            spans.append((path, line, odd.pop(0)[1]))
        else:
            strays.append((path, line))
    return spans, strays


def _is_record(db: duckdb.DuckDBPyConnection, span: Span, width: int) -> bool:
    """Whether the lines of a span are one CSV record of ``width`` fields."""
    text = value_of(
        db,
        "SELECT string_agg(text, chr(10) ORDER BY line) FROM line "
        "WHERE path = ? AND line BETWEEN ? AND ?",
        span,
    )
    try:
        return [len(fields) for fields in csv.reader(io.StringIO(text), strict=True)] == [width]
    except csv.Error:
        return False


def _join_records(
    db: duckdb.DuckDBPyConnection, spans: list[Span], strays: list[tuple[str, int]]
) -> None:
    """line -> record: one row per CSV record, without the headers."""
    db.execute("CREATE OR REPLACE TABLE span (path VARCHAR, first BIGINT, last BIGINT)")
    db.execute("CREATE OR REPLACE TABLE stray (path VARCHAR, line BIGINT)")
    if spans:
        db.executemany("INSERT INTO span VALUES (?, ?, ?)", spans)
    if strays:
        db.executemany("INSERT INTO stray VALUES (?, ?)", strays)
    db.execute(f"""
        CREATE OR REPLACE TABLE record AS
        WITH body AS (
            SELECT line.path, coalesce(span.first, line.line) AS first, line.line, text
            FROM line LEFT JOIN span
                ON line.path = span.path AND line.line BETWEEN span.first AND span.last
            WHERE line.line > 1
        ),
        joined AS (
            SELECT path, line, text FROM body ANTI JOIN span USING (path, first)
            UNION ALL
            SELECT path, first, string_agg(text, chr(10) ORDER BY line)
            FROM body SEMI JOIN span USING (path, first)
            GROUP BY path, first
        )
        SELECT joined.*, CASE WHEN stray.line IS NOT NULL THEN '{OPEN_QUOTE}' END AS malformed
        FROM joined LEFT JOIN stray USING (path, line)
    """)


def _split_fields(db: duckdb.DuckDBPyConnection, source: str, header: tuple[str, ...]) -> None:
    """record -> raw_<source>, each field under the name that the header gives it."""
    chosen = ", ".join(
        f"CASE WHEN wrong IS NULL THEN fields[{header.index(name) + 1}] END"
        for name in COLUMNS[source]
    )
    db.execute(f"""
        INSERT INTO raw_{source}
        WITH cut AS (
            SELECT *, CASE
                WHEN malformed IS NOT NULL THEN NULL
                WHEN contains(text, '"') THEN list_transform(
                    regexp_extract_all(',' || text, ',("(?:[^"]|"")*"|[^,]*)', 1),
                    lambda field: CASE WHEN field LIKE '"%'
                        THEN replace(field[2:-2], '""', '"') ELSE field END
                )
                ELSE string_split(text, ',')
            END AS fields
            FROM record
        ),
        judged AS (
            SELECT *, coalesce(
                malformed, CASE WHEN len(fields) <> {len(header)} THEN '{WRONG_WIDTH}' END
            ) AS wrong
            FROM cut
        )
        SELECT {chosen}, path, line, wrong, CASE WHEN wrong IS NOT NULL THEN text END
        FROM judged
    """)


def load_natively(db: duckdb.DuckDBPyConnection, landing: Path, source: str) -> None:
    """Fills ``raw_<source>`` with DuckDB's own CSV reader: fast, and checked.

    Its reader skips the rest of a file behind a stray quote without a word, so the records are
    counted against the files' lines, and a source that does not add up (or has records that
    span lines) is read line by line. ``line`` is a record's place in its file, here.
    """
    create_raw(db, source)
    files = landing_files(landing, source)
    for number, (header, group) in enumerate(by_header(files).items()):
        _scan(db, landing, source, header, group, f"{source}_{number}")
    records = value_of(db, f"SELECT count(*) FROM raw_{source}")
    if records != sum(_lines(path) - 1 for path in files):
        load_by_lines(db, landing, source)


def _scan(
    db: duckdb.DuckDBPyConnection,
    landing: Path,
    source: str,
    header: tuple[str, ...],
    files: list[Path],
    rejects: str,
) -> None:
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in header)
    below = "[length($folder) + 2:]"
    folder, names = str(landing / source), [str(path) for path in files]
    db.execute(
        f"""INSERT INTO raw_{source}
        SELECT {", ".join(COLUMNS[source])}, filename{below}, row_number() OVER (), NULL, NULL
        FROM read_csv($files, columns = {{{columns}}}, auto_detect = false, header = true,
            delim = ',', quote = '"', escape = '"', filename = true, store_rejects = true,
            rejects_table = 'rejected_{rejects}', rejects_scan = 'scanned_{rejects}',
            rejects_limit = 0)""",
        {"files": names, "folder": folder},
    )
    db.execute(
        f"""INSERT INTO raw_{source} BY NAME
        SELECT file_path{below} AS path, -CAST(line AS BIGINT) AS line,
            '{WRONG_WIDTH}' AS malformed, any_value(csv_line) AS record
        FROM rejected_{rejects} JOIN scanned_{rejects} USING (scan_id, file_id)
        GROUP BY ALL""",
        {"folder": folder},
    )


def _lines(path: Path) -> int:
    with _open(path) as raw:
        return sum(block.count(b"\n") for block in iter(lambda: raw.read(1 << 22), b""))
