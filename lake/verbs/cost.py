"""`lake cost`: what the last runs cost, and what a month comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lake.options import AwsVerb, Place
from lake.output import echo

if TYPE_CHECKING:
    from lake.aws.cost import Cost


@click.command("cost", cls=AwsVerb, short_help="Say what runs on AWS cost, and a month.")
@click.option("--last", type=click.IntRange(1, 500), default=10, show_default=True,
              help="How many runs.")  # fmt: skip
@click.option("--json", "for_scripts", is_flag=True, help="All of it as JSON.")
@click.pass_obj
def verb(place: Place, last: int, for_scripts: bool) -> None:
    """Say what the last runs cost at the spot price of their time, what spot saved against
    machines on demand, what is stored where, and what a month like the last 30 days comes to. A run
    costs while a box is on: one that waited for the next box cost nothing meanwhile.

    List prices in US dollars, without free tier, tax and discounts.

    \b
    Example:
      lake cost --last 30
    """
    from lake.aws.cost import cost
    from lake.display import as_json

    found = cost(place.lake, last)
    if for_scripts:
        as_json(_as_dict(found))
        return
    _runs(found)
    _storage(found)
    _month(found)
    echo(f"\nPrices: {found.prices.as_of}; spot prices of each time from EC2.")
    for note in found.prices.notes:
        echo(note)


def _runs(found: Cost) -> None:
    from lake.display import heading, table

    heading("The last runs")
    if not found.runs:
        echo("No run has begun on AWS yet.")
        return
    names = ["run", "state", "minutes", "on a", "$/hour", "cost $", "saved $"]
    rows = [
        [
            run.run_id, run.state, run.seconds / 60, run.rate.kind, _usd(run.rate.paid, 4),
            _usd(run.usd, 4), _usd(run.saved, 4),
        ]
        for run in found.runs
    ]  # fmt: skip
    table(names, rows, right={"minutes", "$/hour", "cost $", "saved $"})


def _storage(found: Cost) -> None:
    from lake.aws.usage import GB
    from lake.display import heading, table

    heading("Storage")
    rows = [
        [
            kept.zone, kept.storage_class, f"{kept.size / GB:,.3f}", f"{kept.old / GB:,.3f}",
            _usd(kept.size / GB * found.prices.storage(kept.storage_class), 2),
        ]
        for kept in found.stored
    ]  # fmt: skip
    names = ["zone", "class", "GB", "of it old versions", "$ a month"]
    table(names, rows, right=set(names[2:]))


def _month(found: Cost) -> None:
    from lake.display import heading, table

    heading("A month like the last 30 days")
    rows = [[item.name, _usd(item.usd, 2), item.how] for item in found.month]
    table(["", "$", "from"], [*rows, ["together", _usd(found.total, 2), ""]], right={"$"})
    echo(f"Spot saves ${found.saved:,.2f} of it against machines on demand.")


def _usd(value: float | None, digits: int) -> str:
    return "not known" if value is None else f"{value:,.{digits}f}"


def _as_dict(found: Cost) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(found), "total": found.total}
