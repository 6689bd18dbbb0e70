"""The expressions in a source: do they name columns that are there?"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator

from jobs.definition import Source
from jobs.faults import Fault
from lake.check.sql import Unsound, columns, parsed


def source_faults(source: Source) -> Iterator[Fault]:
    """What is wrong with a source's computed columns, repairs and checks."""
    known = [name for name, column in source.columns.items() if not column.sql]
    read = list(known)
    for name, column in source.columns.items():
        if column.sql:
            yield from _faults(source.name, f"column {name}", column.sql, known, read)
            known.append(name)
    for sentence, repair in source.repairs.items():
        for sql in (repair.when, repair.to):
            yield from _faults(source.name, f'repair "{sentence}"', sql, known, read)
    for sentence, sql in source.checks.items():
        yield from _faults(source.name, f'check "{sentence}"', sql, known, read)


def _faults(
    source: str, what: str, sql: str, known: Collection[str], read: Collection[str]
) -> Iterator[Fault]:
    try:
        tree = parsed(sql)
    except Unsound as error:
        yield Fault(source, sql, f"{source}: {what} is no sound SQL: {error}.", error.line)
        return
    own = "raw" in lowered(known)
    for column in columns(tree):
        if column.table.lower() == "raw" and own:
            said = f"{source}: {what} names {column.sql()}, but raw is one of its columns, which "
            yield Fault(source, sql, f"{said}hides the texts of the file; rename that column.")
            continue
        there = read if column.table.lower() == "raw" else known
        if column.table.lower() not in ("", "raw") or column.name.lower() not in lowered(there):
            said = f"{source}: {what} names {column.sql()}, which is not among its columns"
            yield Fault(source, sql, f"{said}{nearest(column.name, there)}.")


def lowered(names: Collection[str]) -> set[str]:
    """Names as Spark compares them."""
    return {name.lower() for name in names}


def nearest(name: str, names: Collection[str]) -> str:
    """``; did you mean ...`` where there is a name like it."""
    found = difflib.get_close_matches(name.lower(), list(names), n=1)
    return f"; did you mean {found[0]}?" if found else ""
