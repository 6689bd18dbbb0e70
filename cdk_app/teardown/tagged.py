"""Whatever else carries the lake's tag: AWS's own index of tags, for what no finder knows."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from cdk_app.aws import Account
from cdk_app.names import LAKE_TAG
from cdk_app.teardown.leftover import Leftover
from cdk_app.teardown.pages import items

# Looked for by name or by state elsewhere; the index still lists what was deleted an hour ago.
_KNOWN_SERVICES = {"s3", "ssm", "logs", "ecr", "iam", "autoscaling", "cloudformation", "budgets"}
_KNOWN_EC2 = {
    "instance", "spot-instances-request", "launch-template", "volume", "snapshot", "image", "vpc",
    "subnet", "route-table", "internet-gateway", "security-group", "security-group-rule",
    "network-interface", "vpc-endpoint", "elastic-ip", "prefix-list",
}  # fmt: skip


def find_tagged(account: Account) -> Iterator[Leftover]:
    """Things of any other kind that carry the lake's tag."""
    tagged = items(
        account.client("resourcegroupstaggingapi"),
        "get_resources",
        "ResourceTagMappingList",
        TagFilters=[{"Key": LAKE_TAG, "Values": [account.names.lake]}],
    )
    for found in tagged:
        arn = found["ResourceARN"]
        service, kind = arn.split(":")[2], arn.split(":", 5)[5].split("/")[0]
        if service in _KNOWN_SERVICES or (service == "ec2" and kind in _KNOWN_EC2):
            continue
        if not _is_still_there(account, service, kind, arn):
            continue
        why = "it carries the lake's tag; delete it (one just deleted is listed for an hour more)"
        yield Leftover(f"{service} resource", arn, why)


def _is_still_there(account: Account, service: str, kind: str, arn: str) -> bool:
    """Ask for what every ended lake had and the index still lists: it must not count as left."""
    if service == "lambda" and kind.startswith("function:"):
        functions = account.client("lambda")
        try:
            functions.get_function(FunctionName=arn)
        except functions.exceptions.ResourceNotFoundException:
            return False
    if (service, kind) == ("ec2", "fleet"):
        return _fleet_is_there(account, arn.rsplit("/", 1)[1])
    return True


def _fleet_is_there(account: Account, name: str) -> bool:
    try:
        fleets = account.client("ec2").describe_fleets(FleetIds=[name])["Fleets"]
    except ClientError as error:
        if error.response["Error"]["Code"].startswith("InvalidFleetId"):
            return False
        raise
    # An instant fleet is the record of a request that is over; its machines are looked for.
    return any(
        fleet.get("Type") != "instant" and not fleet["FleetState"].startswith("deleted")
        for fleet in fleets
    )
