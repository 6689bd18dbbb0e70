"""What the tests of ending a lake leave behind on purpose."""

from __future__ import annotations

import boto3

from tests.cloud.stand_in import REGION

EMPTYING = "/aws/lambda/medallion-zones-CustomS3AutoDeleteObjectsCustomResourceProv-1a2b"


def make_bucket(name: str) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
