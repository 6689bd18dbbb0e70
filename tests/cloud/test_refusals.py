"""What a deployment refuses before anything is built."""

from __future__ import annotations

import boto3
import pytest

from cdk_app.refusals import refuse_a_taken_role
from jobs.errors import DefinitionError
from tests.cloud.left import lay_stack, make_bucket
from tests.cloud.stand_in import ACCOUNT, REGION

TRUST = '{"Version": "2012-10-17", "Statement": []}'


@pytest.mark.parametrize(
    ("tags", "whose"),
    [
        ({"lake": "other", "lake-region": REGION}, "the lake other in eu-west-1"),
        ({"lake": "medallion", "lake-region": "us-east-1"}, "the lake medallion in us-east-1"),
        ({}, "something that is no lake"),
    ],
)
def test_a_role_name_that_is_taken_is_told_before_anything_is_built(
    account, tags: dict[str, str], whose: str
) -> None:
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST, Tags=pairs)
    with pytest.raises(DefinitionError, match=f"The role r is taken by {whose}; choose another"):
        refuse_a_taken_role(account, "r")


def test_our_own_role_and_a_free_name_are_no_obstacle(account) -> None:
    refuse_a_taken_role(account, "free")
    tags = [{"Key": "lake", "Value": "medallion"}, {"Key": "lake-region", "Value": REGION}]
    boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST, Tags=tags)
    refuse_a_taken_role(account, "r")


def test_kept_buckets_are_not_adopted_by_a_lake_that_deletes_them(deploying) -> None:
    make_bucket(f"medallion-silver-{ACCOUNT}-{REGION}")
    with pytest.raises(DefinitionError, match="deploy once with -c on_destroy=keep, then with"):
        deploying(0, on_destroy="delete")
    deploying(0, on_destroy="keep")
    lay_stack("medallion-zones")
    deploying(0, on_destroy="delete")


def box_in_a_network(cidr: str, desired: int) -> None:
    """The box's group, and the network that it stands in."""
    make_group(desired)
    tags = {"lake": "medallion", "aws:cloudformation:stack-name": "medallion-foundation"}
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    ec2 = boto3.client("ec2")
    ec2.create_vpc(CidrBlock=cidr, TagSpecifications=[{"ResourceType": "vpc", "Tags": pairs}])


def make_group(desired: int) -> None:
    image = boto3.client("ec2").describe_images()["Images"][0]["ImageId"]
    boto3.client("autoscaling").create_launch_configuration(
        LaunchConfigurationName="c", ImageId=image, InstanceType="t3.xlarge"
    )
    boto3.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="medallion-box",
        LaunchConfigurationName="c",
        MinSize=0,
        MaxSize=1,
        DesiredCapacity=desired,
        AvailabilityZones=[f"{REGION}a"],
    )


def test_another_network_is_refused_while_the_box_is_on(deploying) -> None:
    box_in_a_network("10.42.0.0/24", desired=1)
    with pytest.raises(DefinitionError, match=r"turn the box off first .`lake down`.\.$"):
        deploying(0, vpc_cidr="10.43.0.0/24")
    deploying(0)


def test_another_network_is_no_obstacle_while_the_box_is_off(deploying) -> None:
    box_in_a_network("10.42.0.0/24", desired=0)
    deploying(0, vpc_cidr="10.43.0.0/24")


def box_with_a_role(name: str, desired: int) -> None:
    """The box's group, and what the stacks say of its role."""
    make_group(desired)
    boto3.client("ssm").put_parameter(Name="/medallion/identity/role", Type="String", Value=name)


def test_another_role_is_refused_while_the_box_is_on(deploying) -> None:
    box_with_a_role("ours", desired=1)
    with pytest.raises(
        DefinitionError,
        match=r"with the role ours, and role_name is theirs, .*: turn the box off first",
    ):
        deploying(0, role_name="theirs")
    deploying(0, role_name="ours")


def test_another_role_is_no_obstacle_while_the_box_is_off(deploying) -> None:
    box_with_a_role("ours", desired=0)
    deploying(0, role_name="theirs")
