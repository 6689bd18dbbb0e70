"""What is left of the box: instances, groups, templates, disks, snapshots, images."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_app.aws import Account
from cdk_app.costs import running_box_usd
from cdk_app.names import LAKE_TAG
from cdk_app.teardown.leftover import DELETE_IT, Leftover
from cdk_app.teardown.pages import items
from lake.aws.rates import DISK, SNAPSHOT

_GONE = {"terminated", "shutting-down"}
_ENDED_REQUESTS = {"cancelled", "closed", "failed"}


def find_machines(account: Account) -> Iterator[Leftover]:
    """Instances, spot requests, groups and launch templates that carry the lake's name or tag."""
    ec2, tagged = account.client("ec2"), _tag_filter(account)
    for reservation in items(ec2, "describe_instances", "Reservations", Filters=tagged):
        for instance in reservation["Instances"]:
            if instance["State"]["Name"] not in _GONE:
                state = instance["State"]["Name"]
                cost = 0.0 if state == "stopped" else running_box_usd()
                why = f"it is {state}; terminate it"
                yield Leftover("EC2 instance", instance["InstanceId"], why, cost)
    requests = items(ec2, "describe_spot_instance_requests", "SpotInstanceRequests", Filters=tagged)
    for request in requests:
        if request["State"] not in _ENDED_REQUESTS:
            name = request["SpotInstanceRequestId"]
            yield Leftover("spot request", name, f"it is {request['State']}; cancel it")
    for template in items(ec2, "describe_launch_templates", "LaunchTemplates"):
        if template["LaunchTemplateName"] in account.names.launch_templates:
            yield Leftover("launch template", template["LaunchTemplateName"], DELETE_IT)
    groups = items(
        account.client("autoscaling"), "describe_auto_scaling_groups", "AutoScalingGroups"
    )
    for group in groups:
        if group["AutoScalingGroupName"] == account.names.stack("box"):
            yield Leftover("Auto Scaling group", group["AutoScalingGroupName"], DELETE_IT)


def find_disks(account: Account) -> Iterator[Leftover]:
    """Volumes, snapshots and images that carry the lake's tag."""
    ec2, tagged = account.client("ec2"), _tag_filter(account)
    for volume in items(ec2, "describe_volumes", "Volumes", Filters=tagged):
        cost = volume["Size"] * DISK.usd
        yield Leftover(
            "EBS volume", volume["VolumeId"], f"it is {volume['State']}; delete it", cost
        )
    snapshots = items(ec2, "describe_snapshots", "Snapshots", OwnerIds=["self"], Filters=tagged)
    for snapshot in snapshots:
        cost = snapshot["VolumeSize"] * SNAPSHOT.usd
        yield Leftover("EBS snapshot", snapshot["SnapshotId"], "made by hand; delete it", cost)
    for image in items(ec2, "describe_images", "Images", Owners=["self"], Filters=tagged):
        yield Leftover("machine image", image["ImageId"], "made by hand; deregister it")


def _tag_filter(account: Account) -> list[dict[str, object]]:
    return [{"Name": f"tag:{LAKE_TAG}", "Values": [account.names.lake]}]
