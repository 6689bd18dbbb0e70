"""`deploy`: what is checked before the CDK CLI runs, and what is done and told after it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

from botocore.exceptions import ClientError

from cdk_app import boots, cdk
from cdk_app.aws import Account, open_account
from cdk_app.names import LAKE_TAG, REGION_TAG
from cdk_app.settings import Settings
from cdk_app.teardown import stacks
from cdk_app.teardown.data import there
from cdk_app.teardown.strays import strays
from cdk_app.watch import watched
from jobs.errors import DefinitionError

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
        refuse_another_network(account, settings.vpc_cidr)
    if parameter(account, BOOTSTRAP_VERSION) is None:
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


def refuse_to_adopt_what_goes(account: Account) -> None:
    """CloudFormation adopts a bucket only where its template keeps it.

    :raises DefinitionError: a lake that deletes its data would have to adopt kept buckets
    """
    if stacks.made(account, "zones"):
        return
    for bucket in there(account):
        raise DefinitionError(
            f"The bucket {bucket} was kept, and CloudFormation adopts no bucket for a lake with "
            "on_destroy=delete: deploy once with -c on_destroy=keep, then with "
            "-c on_destroy=delete."
        )


def refuse_another_network(account: Account, cidr: str) -> None:
    """A changed network is a new one, and the old cannot go while a box stands in it.

    :param cidr: the network's addresses, as the settings want them
    :raises DefinitionError: the box is on, in a network with other addresses
    """
    groups = account.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[account.names.stack("box")]
    )["AutoScalingGroups"]
    if not any(group["DesiredCapacity"] for group in groups):
        return
    ours = {
        "tag:aws:cloudformation:stack-name": account.names.stack("foundation"),
        f"tag:{LAKE_TAG}": account.names.lake,
    }
    filters = [{"Name": name, "Values": [value]} for name, value in ours.items()]
    for vpc in account.client("ec2").describe_vpcs(Filters=filters)["Vpcs"]:
        if vpc["CidrBlock"] != cidr:
            raise DefinitionError(
                f"The box is on in a network with the addresses {vpc['CidrBlock']}, and vpc_cidr "
                f"is {cidr}, which is another network: turn the box off first (`lake down`)."
            )


def refuse_a_taken_role(account: Account, role_name: str) -> None:
    """IAM knows a role's name once in an account, whatever the region.

    :raises DefinitionError: another lake, or something else, has a role of that name
    """
    try:
        tags = account.client("iam").list_role_tags(RoleName=role_name)["Tags"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            return
        raise
    owner = {tag["Key"]: tag["Value"] for tag in tags}
    names = account.names
    if (owner.get(LAKE_TAG), owner.get(REGION_TAG)) == (names.lake, names.region):
        return
    whose = (
        f"the lake {owner[LAKE_TAG]} in {owner.get(REGION_TAG)}"
        if LAKE_TAG in owner
        else "something that is no lake"
    )
    raise DefinitionError(
        f"The role {role_name} is taken by {whose}; choose another name, for example "
        f"-c role_name={names.lake}-{names.region}."
    )


def parameter(account: Account, name: str) -> str | None:
    """An SSM parameter's value, or None where there is no such parameter."""
    ssm = account.client("ssm")
    try:
        return ssm.get_parameter(Name=name)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        return None


def first_ssh_address(account: Account, cidr: str) -> str:
    """Lay the address from the settings into the empty list; a list with entries is the user's.

    :returns: one sentence on what was done
    """
    ec2 = account.client("ec2")
    list_id = parameter(account, account.names.parameter("network/ssh-addresses"))
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
