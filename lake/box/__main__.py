"""``python -m lake.box``: what the box's run wrapper calls in the container."""

from __future__ import annotations

import os
import sys
from dataclasses import fields
from datetime import datetime, timezone
from typing import Any

import click

from jobs.errors import LakeError
from jobs.sizing import driver_memory, memory_for_a_run
from lake.__main__ import tell
from lake.box.state import HANGS, LITTLE_MEMORY, STOPPED, Asked, Box, Runs, RunState
from lake.options import Place, from_environment, place
from lake.output import echo
from lake.verbs.notebook import copies


@click.group()
@click.pass_context
def box(context: click.Context) -> None:
    """The runs of the lake that the environment names, as it does for `lake`."""
    context.obj = from_environment(os.environ)


def what_is_asked(function: Any) -> Any:
    """The arguments that say which run, and what it is asked to do."""
    layer = click.Choice(["bronze", "silver", "gold"])
    for option in (
        click.option("--to", "period_to", default=""),
        click.option("--from", "period_from", default=""),
        click.option("--rebuild", is_flag=True),
        click.option("--layer", "layers", multiple=True, type=layer),
        click.argument("run_id"),
    ):
        function = option(function)
    return function


@box.command("ask")
@what_is_asked
@click.pass_obj
def ask(where: Place, run_id: str, **asked: Any) -> None:
    """Notes a run that the next box is to begin, unless it is noted already."""
    runs = Runs(where.zones)
    if runs.find(run_id) is None:
        runs.ask(run_id, Asked(**asked))


@box.command("work")
@what_is_asked
@click.pass_obj
def work_on(where: Place, run_id: str, **asked: Any) -> None:
    """Begins a run, or goes on with one that waits; what was asked first stays in force."""
    from lake.box.work import work

    runs = Runs(where.zones)
    told = {
        field.name: os.environ.get(f"LAKE_BOX_{field.name.upper()}", "") for field in fields(Box)
    }
    state = runs.begin(run_id, Asked(**asked), Box(**told))
    echo(f"run {run_id}, attempt {state.attempt}, on {state.box.instance}")
    sys.exit(work(where, runs, state))


@box.command("open")
@click.pass_obj
def open_run(where: Place) -> None:
    """Prints the id of the run that is not over, if there is one."""
    state = Runs(where.zones).open_run()
    if state is not None:
        echo(state.run_id)


@box.command("fits")
def fits() -> None:
    """Says how much memory a run has in this container, or why that is too little."""
    echo(f"a run's heap is {driver_memory()} of {memory_for_a_run() >> 20} MB")


@box.command("died")
@click.argument("run_id")
@click.argument("how")
@click.option("--box-goes", is_flag=True, help="It ended because the box goes away.")
@click.option("--stuck", is_flag=True, help="It was ended because it hung.")
@click.pass_obj
def note_death(where: Place, run_id: str, how: str, box_goes: bool, stuck: bool) -> None:
    """Notes that a container ended without a word; the exit status WAITS: the run is to go on."""
    from lake.box.work import WAITS

    runs = Runs(where.zones)
    state = _known(runs, run_id)
    if box_goes:
        state = runs.left(state, how)
    else:
        state = runs.died(state, how, HANGS if stuck else LITTLE_MEMORY)
    echo(f"run {run_id}: {state.state}: {state.reason}")
    sys.exit(state.exit_status if state.over else WAITS)


@box.command("patience")
@click.argument("run_id")
@click.argument("hours", type=float)
@click.pass_obj
def patience(where: Place, run_id: str, hours: float) -> None:
    """Prints the seconds in which a run has gone HOURS without a step that ended, unless one ends
    before; 0: it has already."""
    updated = datetime.fromisoformat(_known(Runs(where.zones), run_id).updated)
    gone = datetime.now(timezone.utc) - updated
    echo(max(0, round(hours * 3600 - gone.total_seconds())))


@box.command("stop")
@click.argument("run_id")
@click.pass_obj
def stop(where: Place, run_id: str) -> None:
    """Ends a run that waits and that no box works on."""
    runs = Runs(where.zones)
    state = _known(runs, run_id)
    if not state.over:
        state = runs.end(state, STOPPED, "it was stopped before it went on", exit_status=5)
    echo(f"run {run_id}: {state.state}")


@box.command("notebooks")
@click.argument("folder")
def notebooks(folder: str) -> None:
    """Puts those of the project's notebooks into FOLDER/notebooks that are not there yet."""
    echo(f"the notebooks are in {copies(place({'root': folder}))}")


def _known(runs: Runs, run_id: str) -> RunState:
    state = runs.find(run_id)
    if state is None:
        raise LakeError(f"There is no run {run_id}.")
    return state


def main() -> int:
    """Runs a command; an error ends in one sentence on stderr and its exit status."""
    try:
        box(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Exception as error:
        return tell(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
