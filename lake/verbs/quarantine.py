"""`lake quarantine`: the rejected rows, and how to bring them back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jobs.printable import printable
from lake.options import LakeVerb, Place
from lake.output import echo, secho

if TYPE_CHECKING:
    from lake.native import Native
    from lake.quarantined import Wanted


@click.command("quarantine", cls=LakeVerb, short_help="Show or export the rejected rows.")
@click.option("--source", metavar="NAME", help="The rows of this source alone.")
@click.option("--rule", metavar="WORDS", help="Those with a violation that has these words in it.")
@click.option("--show", is_flag=True, help="The rows, with their raw values.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many rows --show shows.",
)
@click.option(
    "--export",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write all rows of --source as CSV, to mend them and land them again.",
)
@click.option("--json", "for_scripts", is_flag=True, help="The counts, or with --show the rows.")
@click.pass_obj
def verb(
    place: Place,
    source: str | None,
    rule: str | None,
    show: bool,
    limit: int,
    file: Path | None,
    for_scripts: bool,
) -> None:
    """Show what is in quarantine, by source and rule; its rows; or export them.

    A row in state waiting comes out by itself when the row it refers to has come. To mend the
    others: export them, correct the values, keep the column _quarantine_id, and put the file
    into the source's landing folder.

    \b
    Example:
      lake quarantine --source sales --rule quantity --show
      lake quarantine --source sales --export mended.csv
    """
    from lake.native import Native
    from lake.quarantined import Wanted

    native, wanted = Native(place), Wanted(source, rule)
    if file is not None:
        _export(native, wanted, file)
    elif show:
        _show(native, wanted, limit, for_scripts)
    else:
        _summary(native, wanted, for_scripts)


def _summary(native: Native, wanted: Wanted, for_scripts: bool) -> None:
    from lake.display import as_json, table
    from lake.quarantined import summary

    found = summary(native, wanted)
    if for_scripts:
        as_json(found)
    elif not found:
        echo("Nothing is in quarantine.")
    else:
        table(list(found[0]), [list(row.values()) for row in found], right={"rows"})


def _show(native: Native, wanted: Wanted, limit: int, for_scripts: bool) -> None:
    from lake.display import as_json
    from lake.quarantined import rows

    found = rows(native, wanted, limit + 1)
    if for_scripts:
        as_json(found[:limit])
        return
    if not found:
        echo("Nothing is in quarantine.")
    for row in found[:limit]:
        _show_row(row)
    if len(found) > limit:
        echo(f"The first {limit} rows; --limit shows more.")


def _show_row(row: dict[str, Any]) -> None:
    from lake.display import interactive
    from lake.quarantined import one_line, spelled

    where = f"{row['source']}/{row['source_file']} line {row['source_line']}"
    secho(f"{printable(where)} ({row['state']})", bold=interactive())
    for broken in row["broken"] or ():
        value = "" if broken["value"] is None else f": {broken['value']!r}"
        echo(printable(f"  {broken['rule']}{value}"))
    echo(f"    {one_line(spelled(row['raw'], row['record']))}")


def _export(native: Native, wanted: Wanted, file: Path) -> None:
    from lake.quarantined import export

    done = export(native, wanted, file)
    echo(f"{done.rows:,} rows written to {file}.")
    if done.malformed:
        echo(
            f"{done.malformed:,} of them could not be split into columns: their text stands in "
            "_record. Fill in their columns, then remove _record."
        )
    if not done.with_id:
        echo("Files of this source have no header, so a mended row comes as a new one.")
