"""The search for everything of the lake that is still there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from botocore.exceptions import ClientError

from cdk_app.aws import Account
from cdk_app.teardown.data import find_buckets
from cdk_app.teardown.identity import find_identity
from cdk_app.teardown.leftover import Leftover
from cdk_app.teardown.machines import find_disks, find_machines
from cdk_app.teardown.network import find_network
from cdk_app.teardown.records import (
    find_budget,
    find_images,
    find_records,
)
from cdk_app.teardown.stacks import find_stacks
from cdk_app.teardown.tagged import find_tagged

Finder = Callable[[Account], Iterable[Leftover]]


def search(account: Account, *, keep: bool, role_name: str) -> list[Leftover]:
    """Look everywhere that a lake leaves traces.

    :param keep: whether buckets that are still there were kept by choice
    :param role_name: what the settings call the box's role
    :returns: what was found; a place where AWS did not let us look counts as found
    """
    finders: tuple[tuple[str, Finder], ...] = (
        ("stacks", find_stacks),
        ("buckets", partial(find_buckets, keep=keep)),
        ("machines", find_machines),
        ("disks", find_disks),
        ("network", find_network),
        ("records", find_records),
        ("images", find_images),
        ("roles", partial(find_identity, role_name=role_name)),
        ("budget", find_budget),
        ("tags", find_tagged),
    )
    return [item for place, finder in finders for item in _look(account, place, finder)]


def _look(account: Account, place: str, finder: Finder) -> Iterator[Leftover]:
    try:
        yield from finder(account)
    except ClientError as error:
        # Not having looked is not having found nothing.
        yield Leftover("unknown", place, f"AWS did not let us look: {error}")
