"""What the box's role can and cannot do, tried with authorisation enforced.

The stand-in enforces actions and, for S3, resources; for other services it checks statements on
all resources alone, and it knows no conditions: those stand in the template tests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws, settings

from cdk_app.deploy import BOOTSTRAP_VERSION
from tests.cloud.conftest import of_type
from tests.cloud.stand_in import ACCOUNT, REGION, teach_moto

KNOWN = {"account": ACCOUNT, "region": REGION}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ec2-fa1-datalake-role"
ZONES = ("landing", "bronze", "silver", "gold")


def bucket(zone: str) -> str:
    return f"medallion-{zone}-{ACCOUNT}-{REGION}"


@pytest.fixture
def lake(synth, credentials) -> Iterator[dict[str, object]]:
    """The deployed zones and foundation, one object in each zone, another lake's bucket beside."""
    teach_moto()
    with mock_aws(config={"iam": {"load_aws_managed_policies": True}}):
        yield {"deploy": lambda **chosen: deploy(synth(**KNOWN, **chosen))}


def deploy(templates: dict) -> None:
    cloudformation, s3 = boto3.client("cloudformation"), boto3.client("s3")
    version = {"Name": BOOTSTRAP_VERSION, "Type": "String", "Value": "30"}
    boto3.client("ssm").put_parameter(**version)  # what `cdk bootstrap` leaves
    for name in ("Zones", "Foundation"):
        cloudformation.create_stack(
            StackName=f"medallion-{name.lower()}",
            TemplateBody=json.dumps(templates[name]),
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
    # The stand-in's CloudFormation leaves a role's managed policies out.
    role = templates["Foundation"]["Resources"]["BoxRole"]["Properties"]
    for arn in role["ManagedPolicyArns"]:
        name = arn["Fn::Join"][1][-1].rsplit("/", 1)[-1]
        boto3.client("iam").attach_role_policy(
            RoleName=role["RoleName"], PolicyArn=f"arn:aws:iam::aws:policy/{name}"
        )
    s3.create_bucket(Bucket="other-lake", CreateBucketConfiguration={"LocationConstraint": REGION})
    for name in (*map(bucket, ZONES), "other-lake"):
        s3.put_object(Bucket=name, Key="there", Body=b"x")


@pytest.fixture
def as_the_box(lake, monkeypatch: pytest.MonkeyPatch):
    """A function that deploys with some settings and gives a session with the box's rights."""

    def session(**chosen: object) -> boto3.Session:
        lake["deploy"](**chosen)
        given = boto3.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="i-1")["Credentials"]
        monkeypatch.setattr(settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
        return boto3.Session(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], REGION
        )

    return session


def denied(call, **arguments: object) -> bool:
    try:
        call(**arguments)
    except ClientError as error:
        assert "is not authorized" in str(error) or "AccessDenied" in str(error), error
        return True
    return False


def test_landing_can_be_read_and_neither_written_nor_deleted(as_the_box) -> None:
    s3 = as_the_box().client("s3")
    landing = bucket("landing")
    assert not denied(s3.get_object, Bucket=landing, Key="there")
    assert not denied(s3.list_objects_v2, Bucket=landing)
    assert denied(s3.put_object, Bucket=landing, Key="new", Body=b"x")
    assert denied(s3.put_object, Bucket=landing, Key="there", Body=b"y")
    assert denied(s3.delete_object, Bucket=landing, Key="there")


@pytest.mark.parametrize("layer", ["bronze", "silver", "gold"])
def test_a_layer_can_be_read_written_and_deleted_from(as_the_box, layer: str) -> None:
    s3 = as_the_box().client("s3")
    where = {"Bucket": bucket(layer), "Key": "part-0.parquet"}
    assert not denied(s3.put_object, **where, Body=b"x")
    assert not denied(s3.get_object, **where)
    assert not denied(s3.delete_object, **where)
    assert not denied(s3.list_objects_v2, Bucket=bucket(layer))


def test_old_versions_cannot_be_destroyed(as_the_box) -> None:
    s3 = as_the_box().client("s3")
    assert denied(s3.delete_object, Bucket=bucket("gold"), Key="there", VersionId="null")


def test_another_lakes_bucket_is_out_of_reach(as_the_box) -> None:
    s3 = as_the_box().client("s3")
    assert denied(s3.get_object, Bucket="other-lake", Key="there")
    assert denied(s3.put_object, Bucket="other-lake", Key="new", Body=b"x")
    assert denied(s3.list_objects_v2, Bucket="other-lake")


def test_no_bucket_can_be_deleted_opened_or_given_other_rules(as_the_box) -> None:
    s3 = as_the_box().client("s3")
    for zone in ZONES:
        assert denied(s3.delete_bucket, Bucket=bucket(zone))
        assert denied(s3.delete_public_access_block, Bucket=bucket(zone))
        assert denied(s3.delete_bucket_lifecycle, Bucket=bucket(zone))
        assert denied(
            s3.put_bucket_versioning,
            Bucket=bucket(zone),
            VersioningConfiguration={"Status": "Suspended"},
        )


def test_the_box_cannot_give_itself_more(as_the_box) -> None:
    iam = as_the_box().client("iam")
    assert denied(
        iam.attach_role_policy,
        RoleName="ec2-fa1-datalake-role",
        PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess",
    )
    assert denied(iam.create_access_key, UserName="someone")


def test_the_box_can_read_its_names_and_log_in_to_the_registry(as_the_box) -> None:
    session = as_the_box()
    name = "/medallion/zones/gold/bucket"
    assert not denied(session.client("ssm").get_parameter, Name=name)
    assert not denied(session.client("ecr").get_authorization_token)
    assert denied(session.client("ec2").terminate_instances, InstanceIds=["i-1"])


def test_parameters_outside_the_lake_are_denied_whatever_else_allows_them(synth) -> None:
    """The stand-in knows no NotResource: the policy is read here as AWS reads it."""
    asked = ("GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory")
    for access in ("least-privilege", "managed"):
        policies = of_type(
            synth(**KNOWN, s3_access=access)["Foundation"], "AWS::IAM::ManagedPolicy"
        )
        denials = [
            statement
            for policy in policies.values()
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Deny"
        ]
        for action in asked:
            assert forbidden(denials, action, "other/secret")
            assert forbidden(denials, action, "medallion-two/secret")
            assert not forbidden(denials, action, "medallion/zones/gold/bucket")
        assert not forbidden(denials, "GetParametersByPath", "medallion/")


def forbidden(denials: list[dict], action: str, parameter: str) -> bool:
    """Whether a Deny of the policy covers what is done to a parameter."""
    arn = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{parameter}"
    return any(
        f"ssm:{action}" in denial["Action"]
        and not any(fnmatchcase(arn, plain(spared)) for spared in denial["NotResource"])
        for denial in denials
    )


def plain(arn: str | dict) -> str:
    """An ARN of a template, with what CloudFormation fills in."""
    if isinstance(arn, str):
        return arn
    filled = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}
    parts = arn["Fn::Join"][1]
    return "".join(part if isinstance(part, str) else filled[part["Ref"]] for part in parts)


def test_the_agent_may_make_the_lakes_log_group_and_no_other(synth) -> None:
    policies = of_type(synth(**KNOWN)["Foundation"], "AWS::IAM::ManagedPolicy").values()
    (resources,) = [
        {plain(arn) for arn in statement["Resource"]}
        for policy in policies
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "logs:CreateLogGroup" in statement["Action"]
    ]
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/medallion/box"
    assert resources == {group, f"{group}:log-stream:*"}


def test_the_first_designs_full_access_writes_landing_too(as_the_box) -> None:
    s3 = as_the_box(s3_access="managed").client("s3")
    assert not denied(s3.put_object, Bucket=bucket("landing"), Key="new", Body=b"x")
