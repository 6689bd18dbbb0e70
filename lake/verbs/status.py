"""`lake status`: tables, runs, and what waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from jobs.printable import printable
from lake.options import LakeVerb, Place
from lake.output import echo

if TYPE_CHECKING:
    from lake.aws.overview import Overview
    from lake.state import State

SHOWN_FILES = 20


@click.command("status", cls=LakeVerb, short_help="Show tables, runs, and what waits.")
@click.option("--json", "for_scripts", is_flag=True, help="All of it as JSON.")
@click.pass_obj
def verb(place: Place, for_scripts: bool) -> None:
    """Show the tables, the last runs, the landing files that wait, and who holds the lake.

    With --aws also the box, and the runs that were asked of it.

    \b
    Example:
      lake status
      lake status --json | jq '.files[] | select(.status == "held")'
    """
    from lake.display import as_json
    from lake.state import read

    overview = _overview(place)
    if overview and not for_scripts:
        _box(overview)
    state = read(place)
    if for_scripts:
        as_json({**state.as_dict(), **(overview.as_dict() if overview else {})})
        return
    _tables(state)
    _runs(state)
    _files(state, place)
    if state.holder:
        echo(
            f"\nRun {state.holder.run_id} ({state.holder.holder}) holds the lake "
            f"since {state.holder.since}."
        )


def _overview(place: Place) -> Overview | None:
    if place.aws is None or "box/group" not in place.aws.names:
        return None
    from lake.aws.overview import overview

    return overview(place.aws)


def _box(overview: Overview) -> None:
    from lake.display import heading, table

    heading("The box")
    echo(overview.machine.words)
    for line in overview.lines():
        echo(f"  {line}")
    if overview.runs:
        heading("The last runs on AWS (UTC)")
        rows: list[list[Any]] = [
            [r.run_id, r.state, r.asked_at[:19], r.attempt, r.step, r.reason] for r in overview.runs
        ]
        names = ["run", "state", "asked for", "attempts", "last step", "why"]
        table(names, rows, right={"attempts"})


def _tables(state: State) -> None:
    from lake.display import heading, table

    if not state.tables:
        echo("There are no tables yet: `lake run` makes them.")
        return
    heading("Tables")
    rows = [[t.layer, t.table, t.version, t.rows] for t in state.tables]
    table(["layer", "table", "version", "rows"], rows, right={"version", "rows"})


def _runs(state: State) -> None:
    from lake.display import heading, table

    if not state.runs:
        return
    heading("The last runs that changed something (UTC)")
    names = ["run_id", "started", "seconds", "tables", "rows_in", "gold_rows"]
    table(
        [name.replace("_", " ") for name in names],
        [[run[name] for name in names] for run in state.runs],
        right={"seconds", "tables", "rows in", "gold rows"},
    )


def _files(state: State, place: Place) -> None:
    from lake.display import heading

    heading("Landing")
    if all(file.status == "ignored" for file in state.files):
        echo("Every landing file is in the lake: nothing waits.")
    order = ("refused", "held", "unreadable", "accepted", "new", "changed", "gone", "ignored")
    ordered = sorted(state.files, key=lambda f: (order.index(f.status), f.source, f.path))
    for file in ordered[:SHOWN_FILES]:
        echo(f"  {file.status}  {printable(f'{file.source}/{file.path}: {file.reason}')}")
    if len(ordered) > SHOWN_FILES:
        echo(f"  … and {len(ordered) - SHOWN_FILES:,} more; --json lists all.")
    statuses = {file.status for file in state.files}
    if "held" in statuses:
        records = sum(file.on_hold for file in state.files)
        echo(f"on hold: {records:,} records, which are in no table of silver or gold")
        echo(f"`{place.command('accept SOURCE/FILE')}` takes a held file as it is.")
    if statuses & {"new", "changed", "accepted"}:
        echo(f"`{place.command('run')}` takes what waits.")
    for warning in state.warnings:
        echo(f"\nWarning: {warning}")
