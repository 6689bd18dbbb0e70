"""Who may reach SSH: the prefix list of the lake, and the caller's own address."""

from __future__ import annotations

import urllib.error
import urllib.request
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError
from typing import Any

from jobs.errors import DefinitionError, RetryableError
from lake.aws.lake import AwsLake

MIRROR = "https://checkip.amazonaws.com"
MIRROR_SECONDS = 10
# The network of a company or a provider's region, and no more of the world than that.
WIDEST = 16
# What providers lend to many customers at once (RFC 6598): nobody outside sees it.
DESCRIPTION = "lake allow-ip"
FINDS = "`lake allow-ip` finds the address that the box sees you come from."
EXAMPLE = "an address that stands in documentation for your own"
# What a provider shares among its customers (RFC 6598).
SHARED = IPv4Network("100.64.0.0/10")
# Public by their looks, and nobody comes from there.
REFUSED = {
    str(SHARED): "an address inside a provider's network (carrier NAT), which others share",
    "192.0.2.0/24": EXAMPLE,
    "198.51.100.0/24": EXAMPLE,
    "203.0.113.0/24": EXAMPLE,
}
TRIES = 3


@dataclass(frozen=True)
class Change:
    """What became of the list. removed: the addresses that were there before."""

    cidr: str
    added: bool
    removed: tuple[str, ...]


def own_address() -> str:
    """The address that AWS sees this machine come from.

    :raises RetryableError: it could not be asked
    """
    try:
        with urllib.request.urlopen(MIRROR, timeout=MIRROR_SECONDS) as answer:
            return answer.read(100).decode("ascii", "replace").strip()
    except (urllib.error.URLError, OSError) as error:
        raise RetryableError(
            f"{MIRROR} did not say what this machine's address is ({error}): give it yourself, "
            "`lake allow-ip ADDRESS`."
        ) from error


def as_network(text: str) -> IPv4Network:
    """An address or CIDR that SSH may be opened to.

    :raises DefinitionError: it is no public IPv4 network, or more than a /16
    """
    try:
        network = IPv4Network(text)
    except (AddressValueError, NetmaskValueError, ValueError) as error:
        raise DefinitionError(
            f"{text} is no IPv4 address or CIDR such as 203.0.113.7 or 203.0.113.0/24 ({error}); "
            "the list takes IPv4 alone."
        ) from error
    if network.prefixlen < WIDEST:
        raise DefinitionError(
            f"{network} is {network.num_addresses:,} addresses: SSH is opened to a /{WIDEST} at "
            "most, and never to everyone."
        )
    for special, what in REFUSED.items():
        if network.overlaps(IPv4Network(special)):
            raise DefinitionError(f"{network} is {what}: leave it out, and {FINDS}")
    if network.is_private or network.is_multicast or network.is_reserved:
        raise DefinitionError(
            f"{network} is not a public address, and the box sees public ones alone: leave it "
            f"out, and {FINDS}"
        )
    return network


def allowed(lake: AwsLake) -> list[str]:
    """The networks that may reach SSH now."""
    entries = lake.client("ec2").get_managed_prefix_list_entries(
        PrefixListId=lake.find("network/ssh-addresses")
    )
    return [entry["Cidr"] for entry in entries["Entries"]]


def allow(lake: AwsLake, network: IPv4Network, keep: bool) -> Change:
    """Puts a network into the list, in the place of those that are there.

    :param keep: leave those that are there
    :raises RetryableError: somebody else changed the list at the same time, three times over
    """
    from botocore.exceptions import ClientError

    ec2, cidr = lake.client("ec2"), str(network)
    list_id = lake.find("network/ssh-addresses")
    for _ in range(TRIES):
        before = allowed(lake)
        removed = [] if keep else [other for other in before if other != cidr]
        change = Change(cidr, cidr not in before, tuple(removed))
        if not change.added and not removed:
            return change
        try:
            _modify(ec2, list_id, change)
        except ClientError as error:
            if error.response["Error"]["Code"] not in (
                "PrefixListVersionMismatch",
                "IncorrectState",
            ):
                raise
            continue
        return change
    raise RetryableError(f"The list {list_id} is being changed by another: try again.")


def _modify(ec2: Any, list_id: str, change: Change) -> None:
    (found,) = ec2.describe_managed_prefix_lists(PrefixListIds=[list_id])["PrefixLists"]
    add = [{"Cidr": change.cidr, "Description": DESCRIPTION}] if change.added else []
    ec2.modify_managed_prefix_list(
        PrefixListId=list_id, CurrentVersion=found["Version"], AddEntries=add,
        RemoveEntries=[{"Cidr": other} for other in change.removed],
    )  # fmt: skip
