"""What `deploy` refuses before it builds: what CloudFormation would fail, or do by halves."""

from __future__ import annotations

from botocore.exceptions import ClientError

from cdk_app.aws import Account
from cdk_app.names import LAKE_TAG, REGION_TAG
from cdk_app.teardown import stacks
from cdk_app.teardown.data import there
from jobs.errors import DefinitionError


def box_is_on(account: Account) -> bool:
    """Whether the box runs, or is about to."""
    groups = account.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[account.names.stack("box")]
    )["AutoScalingGroups"]
    return any(group["DesiredCapacity"] for group in groups)


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
    :raises DefinitionError: the box, which is on, stands in a network with other addresses
    """
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


def refuse_another_role(account: Account, role_name: str) -> None:
    """A changed name is another role, and the old one goes while the box still works by it.

    :param role_name: the role's name, as the settings want it
    :raises DefinitionError: the box, which is on, has a role of another name
    """
    has = account.parameter(account.names.parameter("identity/role"))
    if has not in (None, role_name):
        raise DefinitionError(
            f"The box is on with the role {has}, and role_name is {role_name}, which is another "
            "role: turn the box off first (`lake down`)."
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
