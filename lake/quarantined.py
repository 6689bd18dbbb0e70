"""The quarantine as a person sees it: counted, shown, and exported to be mended."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.definition import Source
from jobs.errors import DefinitionError
from jobs.headers import QUARANTINE_ID, columns_in_file, header_for, sanitise
from jobs.load import load
from jobs.printable import printable
from lake.csv_text import csv_row
from lake.native import Native

RECORD = "_record"

_WANTED = """
    (CAST($source AS VARCHAR) IS NULL OR source = $source)
    AND (CAST($rule AS VARCHAR) IS NULL
         OR len(list_filter(broken, lambda b: contains(lower(b.rule), lower($rule)))) > 0)
    AND state <> 'superseded'
"""


@dataclass(frozen=True)
class Wanted:
    """Which rows: of a source, breaking a rule whose name holds these words; None is all."""

    source: str | None = None
    rule: str | None = None


def summary(native: Native, wanted: Wanted) -> list[dict[str, Any]]:
    """source, rule, state and rows of what is in quarantine, the most first."""
    return _ask(
        native,
        wanted,
        f"""
        SELECT source, rule, state, count(DISTINCT _quarantine_id) AS rows
        FROM (SELECT source, state, _quarantine_id, unnest(broken).rule AS rule
              FROM silver.quarantine WHERE {_WANTED})
        WHERE CAST($rule AS VARCHAR) IS NULL OR contains(lower(rule), lower($rule))
        GROUP BY ALL ORDER BY source, rows DESC, rule, state
        """,
    )


def rows(native: Native, wanted: Wanted, limit: int | None) -> list[dict[str, Any]]:
    """The rows themselves, in the order they stand in the landing files."""
    return _ask(
        native,
        wanted,
        f"""
        SELECT source, _quarantine_id, source_file, source_line, state, broken, raw, record
        FROM silver.quarantine WHERE {_WANTED}
        ORDER BY source, source_file, source_line
        {"" if limit is None else f"LIMIT {limit}"}
        """,
    )


def _ask(native: Native, wanted: Wanted, sql: str) -> list[dict[str, Any]]:
    if wanted.source:
        _source(native, wanted.source)
    if not native.view("silver", "quarantine"):
        return []
    return native.rows(sql, {"source": wanted.source, "rule": wanted.rule})


def _source(native: Native, name: str) -> Source:
    sources = load(native.place.definition).sources
    if name not in sources:
        raise DefinitionError(f"There is no source {name}: there are {', '.join(sources)}.")
    return sources[name]


@dataclass(frozen=True)
class Export:
    """What an export wrote. malformed: rows whose fields could not be told apart."""

    rows: int
    malformed: int
    with_id: bool


def export(native: Native, wanted: Wanted, file: Path) -> Export:
    """Writes one source's rows as its landing files have them, plus ``_quarantine_id``.

    A row whose fields could not be told apart has its text in ``_record`` instead. Raises
    DefinitionError when no source is named, or when the file is there already.
    """
    if not wanted.source:
        raise DefinitionError("--export writes the rows of one source: name it with --source.")
    source = _source(native, wanted.source)
    found = rows(native, wanted, None)
    header = _header(native, source, found)
    malformed = sum(row["record"] is not None for row in found)
    extra = [QUARANTINE_ID] if source.header else []
    extra += [RECORD] if malformed else []
    lines: list[list[Any]] = [[*header.values(), *extra]] if source.header else []
    for row in found:
        told = {QUARANTINE_ID: row["_quarantine_id"], RECORD: row["record"]}
        raw = row["raw"] or {}
        lines.append([*(raw.get(c) for c in header), *(told[c] for c in extra)])
    data = _as_csv(source, lines).encode(source.encoding)
    try:
        with file.open("xb") as out:
            out.write(data)
    except FileExistsError:
        raise DefinitionError(f"{file} is there already; name another file.") from None
    return Export(len(found), malformed, source.header)


def _as_csv(source: Source, lines: list[list[Any]]) -> str:
    """The lines as the source's landing files have them. Without a quote nothing can be put
    between quotes: the text of a record that could not be told apart stands there as it was."""
    if not source.quote:
        told = (["" if cell is None else str(cell) for cell in line] for line in lines)
        return "".join(source.delimiter.join(line) + "\n" for line in told)
    return "".join(csv_row(line, source.delimiter, source.quote) for line in lines)


def _header(native: Native, source: Source, found: list[dict[str, Any]]) -> dict[str, str]:
    """{column: the name it has in the landing files} of every column that the rows come with,
    and of the contract's: a file that lacked one would be put on hold."""
    names: dict[str, str] = {}
    paths = sorted({row["source_file"] for row in found})
    for row in native.rows(
        "SELECT max_by(header, seq) AS header FROM ledger.files "
        "WHERE source = $source AND list_contains($paths, path) GROUP BY path ORDER BY path",
        {"source": source.name, "paths": paths},
    ):
        cells = row["header"] or []
        for column, cell in zip(sanitise(cells), cells, strict=True):
            if column != QUARANTINE_ID:
                names.setdefault(column, cell)
    for name, spec in columns_in_file(source).items():
        if header_for(name, spec, tuple(names)) is None:
            cell = spec.header[0] if spec.header else name
            names[sanitise((cell,))[0]] = cell
    return names


def spelled(raw: dict[str, Any] | None, record: str | None) -> str:
    """A row's raw values on one line: ``quantity=0, channel=web``; a malformed line's text."""
    if record is not None:
        return record
    return ", ".join(f"{k}={'' if v is None else v}" for k, v in (raw or {}).items())


def one_line(text: str) -> str:
    """Text without line breaks, and without what is not seen."""
    return printable(re.sub(r"[\r\n]+", "⏎", text))
