"""What looks like the lake's and is not, or is no longer there, is not called left."""

from __future__ import annotations

import json

import boto3
import pytest

from cdk_app.aws import Account
from cdk_app.teardown import tagged as indexed
from tests.cloud.left import ALLOWED, TRUST, look, make_bucket, make_budget
from tests.cloud.stand_in import ACCOUNT, REGION


def make_fleet(kind: str) -> str:
    ec2 = boto3.client("ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    template = ec2.create_launch_template(
        LaunchTemplateName=f"anothers-{kind}",
        LaunchTemplateData={"ImageId": image, "InstanceType": "t3.xlarge"},
    )["LaunchTemplate"]["LaunchTemplateId"]
    specification = {"LaunchTemplateId": template, "Version": "1"}
    return ec2.create_fleet(
        Type=kind,
        LaunchTemplateConfigs=[{"LaunchTemplateSpecification": specification}],
        TargetCapacitySpecification={
            "TotalTargetCapacity": 1,
            "DefaultTargetCapacityType": "spot",
        },
    )["FleetId"]


def test_what_belongs_to_others_is_not_taken_for_ours(account: Account) -> None:
    other = [{"Key": "lake", "Value": "other"}, {"Key": "lake-region", "Value": REGION}]
    ec2, iam = boto3.client("ec2"), boto3.client("iam")
    ec2.create_vpc(
        CidrBlock="10.0.0.0/24", TagSpecifications=[{"ResourceType": "vpc", "Tags": other}]
    )
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST), Tags=other)
    boto3.client("ssm").put_parameter(Name="/medallion-two/a", Type="String", Value="x")
    boto3.client("logs").create_log_group(logGroupName="/medallion-two/box")
    make_bucket(f"medallion-two-gold-{ACCOUNT}-{REGION}")
    assert look(account, keep=True) == []


def test_a_role_of_the_same_lake_in_another_region_is_not_ours(account: Account) -> None:
    tags = [{"Key": "lake", "Value": "medallion"}, {"Key": "lake-region", "Value": "us-east-1"}]
    boto3.client("iam").create_role(
        RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST), Tags=tags
    )
    assert look(account, keep=True) == []


def test_a_policy_and_a_budget_of_the_same_lake_in_another_region_are_not_ours(
    account: Account,
) -> None:
    boto3.client("iam").create_policy(
        PolicyName="medallion-foundation-IdentityPolicy1A2B-3C4D",
        PolicyDocument=ALLOWED.replace(REGION, "us-east-1"),
    )
    make_budget("medallion-monthly-us-east-1")
    assert look(account, keep=True) == []


def test_what_a_lake_called_medallion_box_has_is_not_ours(account: Account) -> None:
    ec2 = boto3.client("ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    ec2.create_launch_template(
        LaunchTemplateName="medallion-box-box-steady", LaunchTemplateData={"ImageId": image}
    )
    boto3.client("iam").create_policy(
        PolicyName="medallion-box-foundation-IdentityPolicy1A2B-3C4D", PolicyDocument=ALLOWED
    )
    assert look(account, keep=True) == []


def test_an_instance_profile_is_found_though_its_role_is_gone(account: Account) -> None:
    iam = boto3.client("iam")
    for name in ("r", "anothers"):
        iam.create_instance_profile(InstanceProfileName=name)
    (found,) = look(account, keep=True)
    assert (found.kind, found.name) == ("instance profile", "r")


def test_an_instance_profile_of_that_name_with_anothers_role_is_not_ours(account: Account) -> None:
    iam = boto3.client("iam")
    iam.create_role(RoleName="anothers", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.create_instance_profile(InstanceProfileName="r")
    iam.add_role_to_instance_profile(InstanceProfileName="r", RoleName="anothers")
    assert look(account, keep=True) == []


@pytest.mark.parametrize(
    "resource",
    [f"lambda:{REGION}:{ACCOUNT}:function:gone", f"ec2:{REGION}:{ACCOUNT}:fleet/fleet-1"],
)
def test_what_only_the_index_of_tags_remembers_is_not_left(
    account: Account, monkeypatch: pytest.MonkeyPatch, resource: str
) -> None:
    listed = [{"ResourceARN": f"arn:aws:{resource}"}]
    monkeypatch.setattr(indexed, "items", lambda *_, **__: listed)
    assert look(account, keep=True) == []


def test_only_a_fleet_that_still_asks_for_machines_is_left(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleets = [make_fleet(kind) for kind in ("maintain", "instant")]
    arns = [f"arn:aws:ec2:{REGION}:{ACCOUNT}:fleet/{fleet}" for fleet in fleets]
    listed = [{"ResourceARN": arn} for arn in arns]
    monkeypatch.setattr(indexed, "items", lambda *_, **__: listed)
    (found,) = look(account, keep=True)
    assert (found.kind, found.name) == ("ec2 resource", arns[0])
