"""`lake query`: SQL over every zone, without a JVM."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobs.errors import DefinitionError
from lake.options import LakeVerb, Place
from lake.output import echo

if TYPE_CHECKING:
    from lake.native import Native

FORMATS = ("table", "csv", "json", "parquet")


@click.command("query", cls=LakeVerb, short_help="Ask the lake in SQL, without a JVM.")
@click.argument("sql", required=False)
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True,
    help="table shows at most 200 rows; the others all of them.",
)  # fmt: skip
@click.option(
    "--output", "file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Write the answer into a new .csv, .json, .parquet or .xlsx file.",
)  # fmt: skip
@click.option(
    "--zone", type=click.Choice(["bronze", "silver", "gold", "ledger"]),
    help="Where tables named without a zone stand.  [default: gold, else silver, else bronze]",
)  # fmt: skip
@click.option(
    "--version", "versions", multiple=True, metavar="[TABLE=]N",
    help="The tables, or TABLE, as they were at version N; repeatable.",
)  # fmt: skip
@click.option(
    "--as-of", default="", metavar="MOMENT",
    help="All tables as they were then (UTC); a day means its end.",
)  # fmt: skip
@click.option(
    "--guard-formulas", "guard", is_flag=True,
    help="In .csv: put ' before a text that a spreadsheet would calculate (=, +, -, @, tab).",
)  # fmt: skip
@click.pass_obj
def verb(
    place: Place, sql: str | None, form: str, file: Path | None, zone: str | None,
    versions: tuple[str, ...], as_of: str, guard: bool,
) -> None:  # fmt: skip
    """Ask the lake in SQL (DuckDB's): bronze.…, silver.…, gold.…, ledger.runs, ledger.files.

    The lake's tables change by runs alone; all else that DuckDB can do it may do. Times are UTC.
    Without SQL it opens a prompt with completion and history, or reads what is piped in.
    `lake query "SHOW ALL TABLES"` says what there is.

    CSV holds every text as it is, and a spreadsheet that opens it calculates those that begin
    with =, +, - or @: --guard-formulas puts ' before them. In .xlsx a text is never a formula.

    \b
    Example:
      lake query "SELECT month, sum(net_amount) AS net
                  FROM gold.monthly_sales_summary GROUP BY month ORDER BY month"
      lake query "FROM monthly_sales_summary" --as-of 2024-03-01 --output march.xlsx
      lake query
    """
    from lake.answers import refuse_guard
    from lake.native import Native
    from lake.travel import Travel

    if guard:
        refuse_guard(file.suffix if file else form)
    native = Native(place, zone or "", Travel.told(versions, as_of))
    if sql is None and sys.stdin.isatty():
        from lake.prompt import prompt

        prompt(native, form, file, guard)
        return
    _once(native, sys.stdin.read() if sql is None else sql, form, file, guard)


def _once(native: Native, sql: str, form: str, file: Path | None, guard: bool) -> None:
    from lake.answers import answer, question, write_file
    from lake.asking import statements, told

    with told(native):
        found = list(statements(native, sql))
        native.refuse_unread()
        for statement in found:
            if file is None:
                answer(native.connection, statement, form, guard)
                continue
            asked = question(native.connection, statement)
            if not asked:
                raise DefinitionError("--output writes the answer to a SELECT.")
            rows = write_file(native.connection, asked, file, guard)
            echo(f"{rows:,} rows written to {file}.")
