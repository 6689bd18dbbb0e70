"""`lake export`: a mart as a file for others."""

from __future__ import annotations

from pathlib import Path

import click

from lake.options import LakeVerb, Place
from lake.output import echo


@click.command(
    "export", cls=LakeVerb, short_help="Write a table as .xlsx, .csv, .json or .parquet."
)
@click.argument("table", metavar="MART")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--where", default="", metavar="SQL", help="These rows alone.")
@click.option("--version", "versions", multiple=True, metavar="N", help="As it was at version N.")
@click.option("--as-of", default="", metavar="MOMENT", help="As it was then (UTC).")
@click.option(
    "--guard-formulas", "guard", is_flag=True,
    help="In .csv: put ' before a text that a spreadsheet would calculate (=, +, -, @, tab).",
)  # fmt: skip
@click.pass_obj
def verb(
    place: Place,
    table: str,
    file: Path,
    where: str,
    versions: tuple[str, ...],
    as_of: str,
    guard: bool,
) -> None:
    """Write a mart (or another table, with its zone: silver.sales) into a new file.

    The rows are sorted by the mart's key. In Excel the numbers are numbers and the dates dates,
    and the header stays in view; a text is a text, also where it begins with =. In .csv every
    text is written as it is, and a spreadsheet that opens the file calculates those that begin
    with =, +, - or @: --guard-formulas puts ' before them.

    \b
    Example:
      lake export monthly_sales_summary sales.xlsx
      lake export monthly_sales_summary march.csv --where "month = DATE '2024-03-01'"
    """
    from lake.answers import write_file
    from lake.asking import told
    from lake.native import Native, bracketed, quoted
    from lake.tables import key_of
    from lake.travel import Travel

    native = Native(place, travel=Travel.told(versions, as_of))
    layer, name = native.find(table)
    native.view(layer, name)
    native.refuse_unread()
    key = ", ".join(map(quoted, key_of(place, layer, name))) or "ALL"
    asked = f"SELECT * FROM {layer}.{quoted(name)}"
    asked += f" WHERE {bracketed(where)}" if where else ""
    with told(native):
        rows = write_file(native.connection, f"{asked} ORDER BY {key}", file, guard)
    echo(f"{rows:,} rows of {layer}.{name} written to {file}.")
