"""What the tests of ending a lake leave behind on purpose."""

from __future__ import annotations

import json

import boto3

from cdk_app.aws import Account
from cdk_app.teardown.leftover import Leftover
from cdk_app.teardown.search import search
from tests.cloud.stand_in import ACCOUNT, REGION

EMPTYING = "/aws/lambda/medallion-zones-CustomS3AutoDeleteObjectsCustomResourceProv-1a2b"
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


def look(account: Account, keep: bool) -> list[Leftover]:
    """What is found of the lake, whose box's role is called r."""
    return search(account, keep=keep, role_name="r")


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
