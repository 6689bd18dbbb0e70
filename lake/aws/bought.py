"""How the box is bought: from which market, and with how large a disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lake.aws.lake import AwsLake

SPOT, ON_DEMAND = "spot", "on-demand"


@dataclass(frozen=True)
class Bought:
    """market: spot or on-demand. disk_gib: GiB of gp3."""

    market: str
    disk_gib: int


def bought(lake: AwsLake) -> Bought:
    """As the box's group and its launch template say now."""
    (group,) = lake.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[lake.find("box/group")]
    )["AutoScalingGroups"]
    policy = group["MixedInstancesPolicy"]
    on_demand = policy["InstancesDistribution"]["OnDemandPercentageAboveBaseCapacity"]
    return Bought(
        ON_DEMAND if on_demand else SPOT,
        _disk_gib(lake, policy["LaunchTemplate"]["LaunchTemplateSpecification"]),
    )


def _disk_gib(lake: AwsLake, template: dict[str, Any]) -> int:
    (version,) = lake.client("ec2").describe_launch_template_versions(
        LaunchTemplateId=template["LaunchTemplateId"], Versions=[template["Version"]]
    )["LaunchTemplateVersions"]
    disks = version["LaunchTemplateData"]["BlockDeviceMappings"]
    return sum(disk["Ebs"]["VolumeSize"] for disk in disks)
