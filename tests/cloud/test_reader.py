"""Whom notebooks are: they read the lake, and with their credentials nothing can be written."""

from __future__ import annotations

import boto3
import pytest

from tests.cloud.conftest import of_type
from tests.cloud.stand_in import REGION
from tests.cloud.test_permissions import ZONES, bucket, denied, lake

__all__ = ["lake"]


@pytest.fixture
def as_a_notebook(lake, monkeypatch: pytest.MonkeyPatch):
    """An S3 client with the rights that the box hands to notebooks."""
    from moto import settings

    lake["deploy"]()
    ssm = boto3.client("ssm")
    role = ssm.get_parameter(Name="/medallion/identity/reader")["Parameter"]["Value"]
    given = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="notebook")["Credentials"]
    monkeypatch.setattr(settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
    session = boto3.Session(
        given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], REGION
    )
    return session.client("s3")


@pytest.mark.parametrize("zone", ZONES)
def test_a_notebook_reads_every_zone_and_writes_none(as_a_notebook, zone: str) -> None:
    there = {"Bucket": bucket(zone), "Key": "there"}
    assert not denied(as_a_notebook.get_object, **there)
    assert not denied(as_a_notebook.list_objects_v2, Bucket=bucket(zone))
    assert denied(as_a_notebook.put_object, **there, Body=b"y")
    assert denied(as_a_notebook.put_object, Bucket=bucket(zone), Key="new", Body=b"x")
    assert denied(as_a_notebook.delete_object, **there)


def test_another_lakes_bucket_is_out_of_a_notebooks_reach(as_a_notebook) -> None:
    assert denied(as_a_notebook.get_object, Bucket="other-lake", Key="there")


def test_the_box_alone_becomes_the_reader(synth) -> None:
    roles = of_type(synth()["Foundation"], "AWS::IAM::Role")
    (reader,) = [role for name, role in roles.items() if name.startswith("Reader")]
    (statement,) = reader["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"AWS": {"Fn::GetAtt": ["BoxRole", "Arn"]}}
    policies = of_type(synth()["Foundation"], "AWS::IAM::RolePolicy").values()
    (become,) = [p["Properties"] for p in policies
                 if p["Properties"]["PolicyName"] == "become-the-reader"]  # fmt: skip
    (allowed,) = become["PolicyDocument"]["Statement"]
    assert allowed["Action"] == "sts:AssumeRole" and "Reader" in str(allowed["Resource"])


def test_the_box_may_turn_itself_off_and_no_other_group(synth) -> None:
    policies = of_type(synth()["Box"], "AWS::IAM::RolePolicy").values()
    (off,) = [p["Properties"] for p in policies
              if p["Properties"]["PolicyName"] == "turn-itself-off"]  # fmt: skip
    (allowed,) = off["PolicyDocument"]["Statement"]
    assert allowed["Action"] == "autoscaling:SetDesiredCapacity"
    assert {"Ref": "BoxGroup"} in allowed["Resource"]["Fn::Join"][1]
