"""`lake stop`: end a run on AWS, cleanly."""

from __future__ import annotations

import click

from lake.options import AwsVerb, Place
from lake.output import echo


@click.command("stop", cls=AwsVerb, short_help="End a run on AWS at its next safe point.")
@click.argument("run_id", required=False, default="", metavar="[RUN]")
@click.pass_obj
def verb(place: Place, run_id: str) -> None:
    """End a run at its next safe point; without its id, the one that is not over.

    The tables stay whole: what is published stays, and the next run goes on from there.

    \b
    Example:
      lake stop 20260101T060000-1a2b3c
    """
    from lake.aws.asking import known_run, stop
    from lake.box.state import Runs

    state = known_run(Runs(place.zones), run_id)
    if state.over:
        echo(f"Run {state.run_id} was over already: {state.state}.")
        return
    state = stop(place.lake, state, echo)
    echo(f"Run {state.run_id}: {state.state}.")
