"""The rows of one source's files, as the lake's own bronze would split them, in DuckDB."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobs.definition import Source, text
from jobs.files import LocalStore
from jobs.headers import QUARANTINE_ID
from jobs.landing import LandingFile, stage
from jobs.parse import WHITE_SPACE
from lake.init.groups import Group
from lake.init.shapes import literal, quoted


@dataclass(frozen=True)
class Table:
    """A source's rows. name: of the DuckDB table, every column trimmed text, null where empty.
    records: in the files. rows: in the table (lines that cannot be split are not). refused:
    {path: why} of files that the lake would refuse. partial: {column: how many files lack it} of
    the columns that are not in every file."""

    name: str
    columns: tuple[str, ...]
    records: int
    rows: int
    refused: dict[str, str]
    partial: dict[str, int] = field(default_factory=dict)


def load_table(connection: Any, group: Group, scratch: Path) -> Table:
    """Stages the group's files as a run does, and reads the staged records into DuckDB."""
    columns = {name: text() for name in group.layout}
    source = Source(
        columns=columns, delimiter=group.dialect.delimiter, quote=group.dialect.quote,
        encoding=encoding_of(group), header=group.dialect.header, name=group.name,
    )  # fmt: skip
    store = LocalStore(group.files[0].folder)
    stats = [s for f in group.files if (s := store.stat(f.path))]
    listed = [LandingFile(s.path, s.size, s.modified) for s in stats]
    staging = stage(source, listed, store, scratch / group.name, required=())
    names = tuple(dict.fromkeys(c for layout in staging.parts for c in layout)) or group.layout
    names = tuple(c for c in names if c != QUARANTINE_ID)  # a mark for the lake, and no column
    columns_sql = ", ".join(f"{quoted(c)} VARCHAR" for c in names)
    connection.execute(f"CREATE TABLE {quoted(group.name)} ({columns_sql})")
    for layout, part in staging.parts.items():
        for lines in (part.plain, part.odd and _readable(part.odd, group)):
            if lines:
                _read(connection, group, layout, lines)
    (rows,) = connection.execute(f"SELECT count(*) FROM {quoted(group.name)}").fetchone()
    refused = {file.path: file.problem for file in staging.files if file.problem}
    records = sum(file.records for file in staging.files)
    read = [file for file in staging.files if not file.problem]
    lacking = {column: sum(column not in file.layout for file in read) for column in names}
    partial = {column: files for column, files in lacking.items() if files}
    return Table(group.name, names, records, rows, refused, partial)


def encoding_of(group: Group) -> str:
    """What the contract says of the encoding."""
    return "utf-8" if group.encoding == "ascii" else group.encoding


def _readable(odd: Path, group: Group) -> Path:
    """The odd records that can be told apart, as plain lines."""
    plain = odd.with_suffix(".csv")
    with (
        open(odd, encoding="utf-8") as records,
        open(plain, "w", encoding="utf-8", newline="\n") as out,
    ):
        told = map(json.loads, records)
        out.writelines(_line(one, group) for one in told if one["malformed"] is None)
    return plain


def _line(record: dict[str, Any], group: Group) -> str:
    """A record with its fields in quotes, line ends as blanks."""
    quote = group.dialect.quote
    fields = ((field or "").replace("\n", " ") for field in record["fields"])
    cells = (f"{quote}{f.replace(quote, quote * 2) if quote else f}{quote}" for f in fields)
    return group.dialect.delimiter.join(("0", *cells)) + "\n"


def _read(connection: Any, group: Group, layout: tuple[str, ...], file: Path) -> None:
    white = literal(WHITE_SPACE.replace("\0", ""))
    chosen = ", ".join(
        f"{_trimmed(quoted(c), white)} AS {quoted(c)}" for c in layout if c != QUARANTINE_ID
    )
    columns = "{" + ", ".join(f"{literal(c)}: 'VARCHAR'" for c in ("_number", *layout)) + "}"
    quote = literal(group.dialect.quote)
    # A line with too many or too few fields goes to quarantine in the lake; here it is left out.
    connection.execute(
        f"INSERT INTO {quoted(group.name)} BY NAME SELECT {chosen} FROM read_csv("
        f"{literal(str(file))}, auto_detect=false, header=false, columns={columns}, "
        f"delim={literal(group.dialect.delimiter)}, quote={quote}, escape={quote}, "
        "strict_mode=false, ignore_errors=true, null_padding=false, "
        "max_line_size=20000000, new_line='\\n')"
    )
    file.unlink()


def _trimmed(name: str, white: str) -> str:
    """SQL: the text without white space around it, null where empty."""
    # Looking for any of many characters is slow; most texts begin and end with a plain letter.
    plain = f"ord({name}) BETWEEN 33 AND 126 AND ord(right({name}, 1)) BETWEEN 33 AND 126"
    return f"CASE WHEN {plain} THEN {name} ELSE nullif(trim({name}, {white}), '') END"
