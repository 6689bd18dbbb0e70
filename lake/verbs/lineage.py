"""`lake lineage`: which lines of which files a number came from."""

from __future__ import annotations

from dataclasses import asdict

import click

from lake.options import LakeVerb, Place
from lake.output import echo


@click.command("lineage", cls=LakeVerb, short_help="Trace a mart's row to the lines of its files.")
@click.argument("mart")
@click.option("--where", default="", metavar="SQL", help="These rows of the mart alone.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=10, show_default=True,
    help="How many rows and lines are shown of each table.",
)  # fmt: skip
@click.option("--json", "for_scripts", is_flag=True, help="All of it as JSON.")
@click.pass_obj
def verb(place: Place, mart: str, where: str, limit: int, for_scripts: bool) -> None:
    """Trace rows of a mart to the silver rows, the bronze rows and the landing lines behind them.

    The mart's SQL tells which silver rows have the same key; what was brought from another source
    is traced there, too.

    \b
    Example:
      lake lineage monthly_sales_summary --where "month = DATE '2024-03-01' AND region = 'North'"
    """
    from lake.asking import told
    from lake.display import as_json
    from lake.lineage import lineage
    from lake.native import Native

    native = Native(place)
    with told(native):
        found = lineage(native, mart, where, limit)
    if for_scripts:
        as_json(asdict(found))
        return
    from jobs.printable import printable
    from lake.display import heading
    from lake.quarantined import one_line, spelled

    heading(f"gold.{found.mart}: {found.rows:,} rows")
    for row in found.shown:
        echo(f"  {one_line(spelled(row, None))}")
    if found.rows and not found.steps:
        echo("It is made of the lake's own tables: `lake status` and `lake quarantine`.")
    for step in found.steps:
        heading(f"{step.table}: {step.rows:,} rows ({step.by})")
        for doubt in step.unfollowed:
            echo(f"  perhaps more rows than in the number: {doubt}")
        for file, rows in step.files.items():
            echo(f"  {place.zones.landing}/{printable(file)}: {rows:,} rows")
        for line in step.lines:
            echo(
                f"    {printable(line.file)} line {line.line}: {one_line(spelled(line.raw, None))}"
            )
        if step.rows > len(step.lines):
            echo(f"    … the first {len(step.lines)}; --limit shows more.")
