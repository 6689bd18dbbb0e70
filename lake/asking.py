"""From what a person typed to statements that can run, and from DuckDB's errors to a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

from jobs.errors import DefinitionError
from lake.native import Native


def statements(native: Native, sql: str) -> Iterator[Any]:
    """The statements in a text, one after another, each with the tables it names in place."""
    found = native.connection.extract_statements(sql)
    if not found:
        raise DefinitionError("There is no SQL: write a SELECT.")
    for statement in found:
        native.prepare(statement.query or sql)
        yield statement


@contextmanager
def told(native: Native) -> Iterator[None]:
    """Turns what DuckDB raises into one clear sentence, and its Ctrl-C into Python's."""
    try:
        yield
    except RuntimeError as error:
        # DuckDB says so of a Ctrl-C that came while it worked.
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise error.__cause__ from None
        raise
    except duckdb.CatalogException as error:
        tables = ", ".join(".".join(pair) for pair in native.tables())
        raise DefinitionError(
            f"{first(error)} There are: {tables or 'no tables yet; `lake run` makes them'}."
        ) from error
    except duckdb.IOException as error:
        gone = ""
        if native.travel.versions or native.travel.as_of:
            gone = " Old versions are readable until `lake optimize` or a run removes their files."
        raise DefinitionError(f"{first(error)}{gone}") from error
    except duckdb.Error as error:
        raise DefinitionError(first(error)) from error


def first(error: Exception) -> str:
    """DuckDB's message without its kind and its picture of the query."""
    said = str(error).split("\n\nLINE")[0].split("\nLINE")[0]
    return " ".join(said.partition(": ")[2].split()) or said
