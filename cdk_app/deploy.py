"""`deploy`: what is checked before the CDK CLI runs, and what is done and told after it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

from cdk_app import boots, cdk
from cdk_app.aws import Account, open_account
from cdk_app.refusals import (
    box_is_on,
    refuse_a_taken_role,
    refuse_another_network,
    refuse_another_role,
    refuse_to_adopt_what_goes,
)
from cdk_app.settings import Settings
from cdk_app.teardown.strays import strays
from cdk_app.watch import watched

BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"

# Import: a bucket that was kept is adopted instead of refused for being there already.
DEPLOY = ["deploy", "--all", "--require-approval", "never", "--import-existing-resources"]


def deploy(settings: Settings, passed_on: Sequence[str]) -> int:
    """Build the lake, adopting buckets that an earlier one left behind.

    :param passed_on: ``-c key=value`` words for the CDK CLI
    :returns: the CLI's exit status; a failed boot's reason is printed
    """
    account = open_account(settings)
    if settings.on_destroy == "delete":
        refuse_to_adopt_what_goes(account)
    if settings.with_box:
        refuse_a_taken_role(account, settings.role_name)
        if box_is_on(account):
            refuse_another_network(account, settings.vpc_cidr)
            refuse_another_role(account, settings.role_name)
    if account.parameter(BOOTSTRAP_VERSION) is None:
        target = f"aws://{account.names.account}/{account.names.region}"
        status = cdk.run(["bootstrap", target], base=account.cli_environment())
        if status:
            return status
    began = boots.start(account)
    with watched(account) if settings.with_box else nullcontext():
        status = cdk.run([*DEPLOY, *passed_on], base=account.cli_environment())
    if settings.with_box:
        print(boots.told(account, began, failed=status != 0))
    if status == 0 and settings.with_box and settings.ssh_address:
        print(first_ssh_address(account, settings.ssh_address))
    for stray in strays(account, settings) if status == 0 else ():
        print(stray)
    return status


def first_ssh_address(account: Account, cidr: str) -> str:
    """Lay the address from the settings into the empty list; a list with entries is the user's.

    :returns: one sentence on what was done
    """
    ec2 = account.client("ec2")
    list_id = account.parameter(account.names.parameter("network/ssh-addresses"))
    entries = ec2.get_managed_prefix_list_entries(PrefixListId=list_id)["Entries"]
    if entries:
        return "SSH stays open to " + ", ".join(entry["Cidr"] for entry in entries) + "."
    found = ec2.describe_managed_prefix_lists(PrefixListIds=[list_id])["PrefixLists"][0]
    ec2.modify_managed_prefix_list(
        PrefixListId=list_id,
        CurrentVersion=found["Version"],
        AddEntries=[{"Cidr": cidr, "Description": "from the setting ssh_address"}],
    )
    return f"SSH is open to {cidr} and to nobody else."
