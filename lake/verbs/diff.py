"""`lake diff`: what changed in a table between two versions."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING

import click

from lake.options import LakeVerb, Place
from lake.output import echo

if TYPE_CHECKING:
    from lake.difference import Change


@click.command(
    "diff", cls=LakeVerb, short_help="Show what changed between two versions of a table."
)
@click.argument("table")
@click.option("--from", "low", default="", metavar="V1",
              help="A version or a moment (UTC).  [default: the version before]")  # fmt: skip
@click.option("--to", "high", default="", metavar="V2",
              help="A version or a moment (UTC).  [default: the latest]")  # fmt: skip
@click.option(
    "--limit", type=click.IntRange(min=0), default=50, show_default=True,
    help="How many rows are shown; --json gives all.",
)  # fmt: skip
@click.option("--json", "for_scripts", is_flag=True, help="The rows as JSON.")
@click.pass_obj
def verb(place: Place, table: str, low: str, high: str, limit: int, for_scripts: bool) -> None:
    """Show the rows that were added, removed or changed between two versions of a table.

    Rows are told apart by the table's key, and what a run writes for itself (its id, the time) is
    left out.

    \b
    Example:
      lake diff monthly_sales_summary
      lake diff silver.customers --from 3 --to 2024-03-01
    """
    from lake.asking import told
    from lake.difference import difference
    from lake.display import as_json
    from lake.native import Native

    native = Native(place)
    with told(native):
        found = difference(native, table, low, high)
        if for_scripts:
            rows = [asdict(change) for change in found.changes]
            versions = {"table": found.table, "from": found.low, "to": found.high}
            as_json({**versions, "key": found.key, **found.counts, "rows": rows})
            return
        said = ", ".join(f"{count:,} {change}" for change, count in found.counts.items())
        echo(f"{found.table}, version {found.low} to {found.high}: {said}")
        _show(list(islice(found.changes, limit)), found.key)
        if sum(found.counts.values()) > limit:
            echo(f"The first {limit} rows; --limit shows more.")


def _show(changes: list[Change], key: tuple[str, ...]) -> None:
    from lake.display import table

    rows = [[c.change, *(c.key[name] or "" for name in key), _what(c, key)] for c in changes]
    if rows:
        table(["", *key, "what"], rows)


def _what(change: Change, key: tuple[str, ...]) -> str:
    """``amount: 12.00 -> 13.00`` of a row that changed; the values of one that came or went."""
    if change.change == "changed":
        return ", ".join(
            f"{name}: {_text(change.before[name])} -> {_text(value)}"
            for name, value in change.after.items()
        )
    values = change.after or change.before
    return ", ".join(f"{name}={_text(value)}" for name, value in values.items() if name not in key)


def _text(value: str | None) -> str:
    return "null" if value is None else value
