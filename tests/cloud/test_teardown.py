"""What is left of a lake is found, whatever it is, and its data can be deleted whole."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from cdk_app.aws import Account
from cdk_app.teardown import search as searching
from cdk_app.teardown import tagged as indexed
from cdk_app.teardown.data import delete_buckets
from cdk_app.teardown.leftover import Leftover, report
from cdk_app.teardown.search import search
from tests.cloud.left import EMPTYING, lay_stack, make_bucket
from tests.cloud.stand_in import ACCOUNT, REGION

TAGS = [{"Key": "lake", "Value": "medallion"}, {"Key": "lake-region", "Value": REGION}]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
ALLOWED = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::medallion-gold-{ACCOUNT}-{REGION}/*",
        },
    }
)
DOCUMENT = json.dumps({"schemaVersion": "2.2", "mainSteps": []})


def look(account: Account, keep: bool) -> list[Leftover]:
    return search(account, keep=keep, role_name="r")


def tagged(kind: str) -> list[dict]:
    return [{"ResourceType": kind, "Tags": TAGS}]


def leave_machines(ec2) -> None:
    image = ec2.describe_images()["Images"][0]["ImageId"]
    ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, TagSpecifications=tagged("instance"))
    ec2.create_launch_template(
        LaunchTemplateName="medallion-box-steady", LaunchTemplateData={"ImageId": image}
    )
    volume = ec2.create_volume(
        Size=50, AvailabilityZone=f"{REGION}a", TagSpecifications=tagged("volume")
    )
    ec2.create_snapshot(VolumeId=volume["VolumeId"], TagSpecifications=tagged("snapshot"))
    instance = ec2.describe_instances()["Reservations"][0]["Instances"][0]["InstanceId"]
    ec2.create_image(InstanceId=instance, Name="mine", TagSpecifications=tagged("image"))
    boto3.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="medallion-box",
        MinSize=0,
        MaxSize=1,
        AvailabilityZones=[f"{REGION}a"],
        LaunchTemplate={"LaunchTemplateName": "medallion-box-steady"},
    )


def leave_network(ec2) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.42.0.0/24", TagSpecifications=tagged("vpc"))["Vpc"]["VpcId"]
    ec2.create_subnet(VpcId=vpc, CidrBlock="10.42.0.0/26", TagSpecifications=tagged("subnet"))
    ec2.create_security_group(
        GroupName="g", Description="d", VpcId=vpc, TagSpecifications=tagged("security-group")
    )
    ec2.create_managed_prefix_list(
        PrefixListName="medallion-ssh", MaxEntries=5, AddressFamily="IPv4"
    )
    ec2.allocate_address(Domain="vpc", TagSpecifications=tagged("elastic-ip"))


def make_budget(name: str) -> None:
    boto3.client("budgets").create_budget(
        AccountId=ACCOUNT,
        Budget={
            "BudgetName": name,
            "BudgetLimit": {"Amount": "20", "Unit": "USD"},
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
        },
    )


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


def leave_records() -> None:
    ssm, logs = boto3.client("ssm"), boto3.client("logs")
    ssm.put_parameter(Name="/medallion/a/b", Type="String", Value="x")
    ssm.create_document(
        Name="mine", DocumentType="Command", Content=DOCUMENT, Tags=TAGS, DocumentFormat="JSON"
    )
    for name in ("/medallion/box", EMPTYING):
        logs.create_log_group(logGroupName=name)
    boto3.client("ecr").create_repository(repositoryName="medallion-box")
    iam = boto3.client("iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST), Tags=TAGS)
    iam.create_policy(
        PolicyName="medallion-foundation-IdentityPolicy1A2B-3C4D", PolicyDocument=ALLOWED
    )
    iam.create_instance_profile(InstanceProfileName="p")
    iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    make_budget(f"medallion-monthly-{REGION}-0a1b2c3d")
    lay_stack("medallion-box")


def leave_what_no_finder_knows() -> None:
    role = boto3.client("iam").get_role(RoleName="r")["Role"]["Arn"]
    boto3.client("lambda").create_function(
        FunctionName="forgotten",
        Role=role,
        Runtime="python3.12",
        Handler="h.h",
        Code={"ZipFile": b"x"},
        Tags={"lake": "medallion"},
    )


def test_an_empty_account_has_nothing_left(account: Account) -> None:
    assert look(account, keep=True) == []
    assert report([]) == ("Nothing is left.", True)


def test_every_kind_of_thing_left_on_purpose_is_found(account: Account) -> None:
    ec2 = boto3.client("ec2")
    leave_machines(ec2)
    leave_network(ec2)
    leave_records()
    leave_what_no_finder_knows()
    make_bucket(account.names.bucket("gold"))
    found = look(account, keep=False)
    assert {item.kind for item in found} == {
        "Auto Scaling group",
        "CloudFormation stack",
        "EBS snapshot",
        "EBS volume",
        "EC2 instance",
        "ECR repository",
        "Elastic IP address",
        "IAM policy",
        "IAM role",
        "S3 bucket",
        "SSM document",
        "SSM parameter",
        "VPC",
        "budget",
        "instance profile",
        "lambda resource",
        "launch template",
        "log group",
        "machine image",
        "prefix list",
        "security group",
        "subnet",
    }
    text, clean = report(found)
    assert not clean
    volume = next(item for item in found if item.kind == "EBS volume" and item.monthly_usd == 4.0)
    assert f"EBS volume {volume.name}: it is available; delete it (about $4.00 a month)" in text
    assert {EMPTYING, "/medallion/box"} == {i.name for i in found if i.kind == "log group"}
    forgotten = next(item for item in found if item.kind == "lambda resource")
    assert forgotten.name.endswith(":function:forgotten")


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


def test_every_budget_of_the_lake_is_found_whoever_it_tells(account: Account) -> None:
    ours = sorted(account.names.budget(mail) for mail in ("me@example.org", "you@example.org"))
    for name in ours:
        make_budget(name)
    make_budget(f"medallion-monthly-{REGION}-by-hand")
    assert sorted(found.name for found in look(account, keep=True)) == ours


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


def test_kept_buckets_are_named_and_priced_and_are_no_fault(account: Account) -> None:
    name = account.names.bucket("silver")
    make_bucket(name)
    boto3.client("s3").put_object(Bucket=name, Key="a", Body=b"x" * 1024 * 1024)
    text, clean = report(look(account, keep=True))
    assert clean and text.startswith("Nothing is left but what you chose to keep:")
    assert name in text and "a month" in text
    assert not report(look(account, keep=False))[1]


def test_a_place_where_aws_does_not_let_us_look_is_not_called_clean(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Account):
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeVpcs")

    monkeypatch.setattr(searching, "find_network", refuse)
    text, clean = report(look(account, keep=True))
    assert not clean and "AWS did not let us look" in text


def test_deleting_the_data_takes_every_version_marker_and_upload(account: Account) -> None:
    s3, name = boto3.client("s3"), account.names.bucket("bronze")
    make_bucket(name)
    make_bucket("not-ours")
    for number in range(3):
        s3.put_object(Bucket=name, Key="a", Body=b"%d" % number)
    s3.delete_object(Bucket=name, Key="a")
    s3.create_multipart_upload(Bucket=name, Key="half")
    assert delete_buckets(account) == [name]
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["not-ours"]


def test_more_versions_than_one_call_deletes_are_deleted(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdk_app.teardown.data.BATCH", 2)
    s3, name = boto3.client("s3"), account.names.bucket("bronze")
    make_bucket(name)
    for number in range(5):
        s3.put_object(Bucket=name, Key=f"{number}", Body=b"x")
    assert delete_buckets(account) == [name]


def test_a_kept_thing_stands_after_what_is_a_fault() -> None:
    kept = Leftover("S3 bucket", "a", "kept", kept=True)
    text, clean = report([kept, Leftover("VPC", "v", "delete it")])
    assert not clean and text.index("VPC") < text.index("S3 bucket")
