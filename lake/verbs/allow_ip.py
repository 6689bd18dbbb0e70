"""`lake allow-ip`: open SSH to the address that you have now."""

from __future__ import annotations

import click

from lake.options import AwsVerb, Place
from lake.output import echo


@click.command("allow-ip", cls=AwsVerb, short_help="Open SSH to the address that you have now.")
@click.argument("cidr", required=False, default="")
@click.option("--keep", is_flag=True, help="Beside the addresses that are allowed already.")
@click.pass_obj
def verb(place: Place, cidr: str, keep: bool) -> None:
    """Open SSH to your present address, and close it to the one before.

    Without an address, asks https://checkip.amazonaws.com what yours is. Else an IPv4 address or
    CIDR, such as your company's, at most a /16.

    \b
    Example:
      lake allow-ip
      lake allow-ip --keep
    """
    from lake.aws.address import allow, as_network, own_address

    change = allow(place.lake, as_network(cidr or own_address()), keep)
    for other in change.removed:
        echo(f"closed to {other}")
    echo(f"SSH is open to {change.cidr}{'' if change.added else ', as it was'}.")
