"""`lake down`: turn the box off."""

from __future__ import annotations

import click

from lake.options import AwsVerb, Place
from lake.output import echo


@click.command("down", cls=AwsVerb, short_help="Turn the box off.")
@click.option("--force", is_flag=True, help="Also while a run is at work; it waits then.")
@click.pass_obj
def verb(place: Place, force: bool) -> None:
    """Turn the box off; from then on nothing of the lake costs by the hour.

    Refused while a run is not over (exit status 4). With --force the run stops at its next safe
    point, and the next box goes on with it.

    \b
    Example:
      lake down
    """
    from jobs.errors import LakeBusy
    from lake.aws.box import switch
    from lake.box.state import Runs

    run = Runs(place.zones).open_run()
    if run and not force:
        raise LakeBusy(
            f"Run {run.run_id} is not over ({run.state}): wait for it, end it with "
            f"`lake stop {run.run_id}`, or say --force, and the next box goes on with it."
        )
    switch(place.lake, on=False)
    echo("The box is going away. Notebooks on its disk go with it.")
    if run:
        echo(f"Run {run.run_id} waits for the next box.")
