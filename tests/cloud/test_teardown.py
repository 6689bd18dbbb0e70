"""What is left of a lake is found, whatever it is, and its data can be deleted whole."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from cdk_app.aws import Account
from cdk_app.teardown import search as searching
from cdk_app.teardown.data import delete_buckets
from cdk_app.teardown.leftover import Leftover, report
from tests.cloud.left import (
    ALLOWED,
    EMPTYING,
    TAGS,
    TRUST,
    lay_stack,
    look,
    make_bucket,
    make_budget,
)
from tests.cloud.stand_in import REGION

DOCUMENT = json.dumps({"schemaVersion": "2.2", "mainSteps": []})


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


def test_every_budget_of_the_lake_is_found_whoever_it_tells(account: Account) -> None:
    ours = sorted(account.names.budget(mail) for mail in ("me@example.org", "you@example.org"))
    for name in ours:
        make_budget(name)
    make_budget(f"medallion-monthly-{REGION}-by-hand")
    assert sorted(found.name for found in look(account, keep=True)) == ours


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
