"""`lake query`: SQL over every zone, without a JVM."""

from __future__ import annotations

import csv
import sys
from typing import Any

import click

from jobs.errors import DefinitionError
from lake.options import Place, Verb

SHOWN = 200


@click.command("query", cls=Verb, short_help="Ask the lake in SQL, without a JVM.")
@click.argument("sql")
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json"]), default="table",
    show_default=True, help=f"table shows at most {SHOWN} rows; csv and json all of them.",
)  # fmt: skip
@click.pass_obj
def verb(place: Place, sql: str, form: str) -> None:
    """Ask the lake in SQL (DuckDB's): bronze.…, silver.…, gold.…, ledger.runs, ledger.files.

    Read-only: tables change by runs alone. Times are UTC. `lake query "SHOW ALL TABLES"` says
    what there is.

    \b
    Example:
      lake query "SELECT month, sum(net_amount) AS net
                  FROM gold.monthly_sales_summary GROUP BY month ORDER BY month"
    """
    import duckdb

    from lake.native import Native

    native = Native(place)
    try:
        statement = _one_question(native.connection, sql)
        native.prepare(statement)
        {"table": _table, "csv": _csv, "json": _json}[form](native.connection, statement)
    except duckdb.CatalogException as error:
        tables = ", ".join(".".join(pair) for pair in native.tables())
        raise DefinitionError(
            f"{_first(error)} There are: {tables or 'no tables yet; `lake run` makes them'}."
        ) from error
    except duckdb.Error as error:
        raise DefinitionError(_first(error)) from error


def _one_question(connection: Any, sql: str) -> str:
    """The statement, if it is one and only reads."""
    from duckdb import StatementType

    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise DefinitionError(f"One statement at a time: these are {len(statements)}.")
    if statements[0].type not in (StatementType.SELECT, StatementType.EXPLAIN):
        raise DefinitionError("`lake query` only reads: write a SELECT.")
    return statements[0].query.strip().rstrip(";")


def _table(connection: Any, sql: str) -> None:
    from lake.display import table
    from lake.native import texts

    names, numbers, rows = texts(connection, sql)
    shown: list[tuple] = []
    for row in rows:
        if len(shown) == SHOWN:
            click.echo(f"The first {SHOWN} rows; --format csv has all of them.", err=True)
            break
        shown.append(row)
    table(names, shown, right=numbers)


def _csv(connection: Any, sql: str) -> None:
    from lake.native import texts

    names, _, rows = texts(connection, sql)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)


def _json(connection: Any, sql: str) -> None:
    """An array with an object a row, written as it is read."""
    from lake.native import batches

    between = "["
    for (row,) in batches(connection.execute(f"SELECT to_json(q) FROM ({sql}) q")):
        click.echo(f"{between}\n{row}", nl=False)
        between = ","
    click.echo("[]" if between == "[" else "\n]")


def _first(error: Exception) -> str:
    """DuckDB's message without its kind and its picture of the query."""
    said = str(error).split("\n\nLINE")[0].split("\nLINE")[0]
    return " ".join(said.partition(": ")[2].split()) or said
