"""`lake logs`: what a run on AWS said."""

from __future__ import annotations

import click

from lake.options import AwsVerb, Place
from lake.output import echo


@click.command("logs", cls=AwsVerb, short_help="Show what a run on AWS said.")
@click.argument("run_id", required=False, default="", metavar="[RUN]")
@click.option("--follow", is_flag=True, help="Go on until the run is over; its exit status.")
@click.pass_obj
def verb(place: Place, run_id: str, follow: bool) -> None:
    """Show a run's progress and log lines; without its id, those of the newest run.

    \b
    Example:
      lake logs
      lake logs 20260101T060000-1a2b3c --follow
    """
    from lake.aws.asking import known_run
    from lake.aws.logs import Lines
    from lake.box.state import Runs
    from lake.verbs.run import follow_on_aws

    state = known_run(Runs(place.zones), run_id)
    if follow:
        click.get_current_context().exit(follow_on_aws(place, state.run_id, for_scripts=False))
    said = list(Lines.of(place.lake, state.run_id).new())
    for line in said:
        echo(line)
    if not said:
        echo("It has said nothing yet, or its lines are past their retention.", err=True)
    echo(f"Run {state.run_id}: {state.state}. {state.reason}".rstrip(), err=True)
