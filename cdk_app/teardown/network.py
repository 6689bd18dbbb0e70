"""What is left of the network: VPCs, addresses, prefix lists, interfaces, groups, endpoints."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_app.aws import Account
from cdk_app.names import LAKE_TAG
from cdk_app.teardown.leftover import DELETE_IT, Leftover
from cdk_app.teardown.pages import items
from lake.aws.rates import ADDRESS, HOURS_A_MONTH

_PARTS = (
    # what it is, the call, the answer's field, the field that names one
    ("VPC", "describe_vpcs", "Vpcs", "VpcId"),
    ("subnet", "describe_subnets", "Subnets", "SubnetId"),
    ("route table", "describe_route_tables", "RouteTables", "RouteTableId"),
    ("internet gateway", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    ("security group", "describe_security_groups", "SecurityGroups", "GroupId"),
    ("network interface", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
)


def find_network(account: Account) -> Iterator[Leftover]:
    """Parts of the network that carry the lake's name or tag."""
    ec2 = account.client("ec2")
    tagged = [{"Name": f"tag:{LAKE_TAG}", "Values": [account.names.lake]}]
    for kind, call, field, name in _PARTS:
        for part in items(ec2, call, field, Filters=tagged):
            yield Leftover(kind, part[name], DELETE_IT)
    for endpoint in items(ec2, "describe_vpc_endpoints", "VpcEndpoints", Filters=tagged):
        if endpoint["State"].lower() not in ("deleted", "deleting"):
            yield Leftover("VPC endpoint", endpoint["VpcEndpointId"], "delete it")
    for address in items(ec2, "describe_addresses", "Addresses", Filters=tagged):
        why = "made by hand; release it"
        cost = HOURS_A_MONTH * ADDRESS.usd
        yield Leftover("Elastic IP address", address["PublicIp"], why, cost)
    for addresses in items(ec2, "describe_managed_prefix_lists", "PrefixLists"):
        tags = {tag["Key"]: tag["Value"] for tag in addresses.get("Tags", ())}
        named = addresses.get("PrefixListName") == account.names.prefix_list
        ours = named or tags.get(LAKE_TAG) == account.names.lake
        if ours and "delete-complete" not in addresses.get("State", ""):
            yield Leftover("prefix list", addresses["PrefixListId"], "delete it")
