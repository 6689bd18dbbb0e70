"""`lake up`: turn the box on."""

from __future__ import annotations

import click

from lake.options import AwsVerb, Place
from lake.output import echo


@click.command("up", cls=AwsVerb, short_help="Turn the box on.")
@click.option("--no-wait", is_flag=True, help="Do not wait until it is ready.")
@click.pass_obj
def verb(place: Place, no_wait: bool) -> None:
    """Turn the box on and wait until it is ready, some minutes.

    `lake run --aws` does this by itself. An unused box turns itself off after the setting
    idle_minutes; where the box is on, they begin anew.

    \b
    Example:
      lake up
    """
    from lake.aws.asking import keep_on
    from lake.aws.box import switch, wait_until_ready

    since = switch(place.lake, on=True)
    keep_on(place.lake, lambda words: echo(words, err=True))
    if no_wait:
        echo("The box is being turned on; `lake status --aws` says how far it is.")
        return
    machine = wait_until_ready(place.lake, echo, since)
    echo(f"{machine.instance}, a {machine.kind} in {machine.zone}.")
