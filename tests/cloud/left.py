"""What the tests of ending a lake leave behind on purpose."""

from __future__ import annotations

import json

import boto3

from tests.cloud.stand_in import REGION

EMPTYING = "/aws/lambda/medallion-zones-CustomS3AutoDeleteObjectsCustomResourceProv-1a2b"


def lay_stack(name: str, outputs: dict[str, str] | None = None, **more: object) -> None:
    """A stack as far as deploying and ending ask for it, with one parameter in it."""
    parameter = {"Name": f"/{name}/c", "Type": "String", "Value": "x"}
    template = {
        "Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": parameter}},
        "Outputs": {key: {"Value": value} for key, value in (outputs or {}).items()},
    }
    boto3.client("cloudformation").create_stack(
        StackName=name, TemplateBody=json.dumps(template), **more
    )


def make_bucket(name: str) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
