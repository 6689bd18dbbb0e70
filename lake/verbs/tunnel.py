"""`lake tunnel`: the box's Jupyter in your browser."""

from __future__ import annotations

import subprocess
import webbrowser
from contextlib import ExitStack

import click

from lake.options import AwsVerb, Place
from lake.output import echo
from lake.verbs.ssh import VIA


@click.command("tunnel", cls=AwsVerb, short_help="Open the box's Jupyter in your browser.")
@click.option("--port", type=click.IntRange(1, 65535), default=8888, show_default=True,
              help="The port here; another one where it is taken.")  # fmt: skip
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@VIA
@click.pass_obj
def verb(place: Place, port: int, no_browser: bool, via: str) -> None:
    """Open a tunnel to the Jupyter on the box, print its address with its token, and open the
    browser. Ctrl-C closes it.

    Notebooks there read the lake and cannot write it; they go with the box's disk.

    \b
    Example:
      lake tunnel
      lake tunnel --via ssm --no-browser
    """
    from lake.aws.asking import notebook_token
    from lake.aws.box import need_ready
    from lake.aws.ssh import session, ssh
    from lake.aws.tunnel import JUPYTER, address, forward_words, free_port, wait_until_open

    machine = need_ready(place.lake)
    token = notebook_token(place.lake, machine.instance)
    here = free_port(port)
    with ExitStack() as stack:
        if via == "ssm":
            call = session(place.lake, machine, (here, JUPYTER))
        else:
            call = stack.enter_context(ssh(place.lake, machine, forward_words(here)))
        process = call.start()
        stack.callback(process.wait)
        stack.callback(process.terminate)
        wait_until_open(here, process)
        echo(address(here, token))
        echo("Ctrl-C closes the tunnel.", err=True)
        if not no_browser:
            webbrowser.open(address(here, token))
        _until_closed(process)


def _until_closed(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait()
    except KeyboardInterrupt:
        echo("Closed.", err=True)
