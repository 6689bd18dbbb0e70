"""`lake ssh`: a shell on the box."""

from __future__ import annotations

import click

from lake.options import AwsVerb, Place
from lake.output import echo

# What ssh itself ends with, whatever the command would have.
LOST = 255
VIA = click.option(
    "--via", type=click.Choice(["ssh", "ssm"]), default="ssh", show_default=True,
    help="ssm: a Session Manager session, which needs no open port.",
)  # fmt: skip


@click.command("ssh", cls=AwsVerb, short_help="Open a shell on the box, without a key file.")
@click.argument("command", nargs=-1, metavar="[-- COMMAND...]")
@VIA
@click.pass_obj
def verb(place: Place, command: tuple[str, ...], via: str) -> None:
    """Open a shell on the box, or run a command there; its exit status.

    The key is made for this call, lives a minute on the box (EC2 Instance Connect) and is kept
    nowhere.

    \b
    Example:
      lake ssh
      lake ssh -- sudo docker logs lake-run
    """
    from jobs.errors import DefinitionError
    from lake.aws.box import need_ready
    from lake.aws.ssh import session, ssh
    from lake.aws.tunnel import UNREACHED

    if via == "ssm" and command:
        raise DefinitionError("--via ssm opens a shell alone: leave the command out.")
    machine = need_ready(place.lake)
    if via == "ssm":
        status = session(place.lake, machine).start().wait()
    else:
        with ssh(place.lake, machine, ["--", *command]) as call:
            status = call.start().wait()
        if status == LOST:
            echo(f"If ssh did not reach the box: {UNREACHED}", err=True)
    click.get_current_context().exit(status)
