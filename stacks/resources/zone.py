"""One zone of the lake: a private, versioned bucket whose objects age by the rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aws_cdk import CfnResource, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.resources.findings import acknowledge
from stacks.resources.lifecycle import Aging


@dataclass(frozen=True)
class ZoneProps:
    """What a zone is made of.

    :param zone: landing, bronze, silver or gold
    :param aging: how its objects age
    :param logs: the bucket that takes the access logs
    :param key: the user's key, or None for keys that S3 holds
    :param keep: whether the bucket survives the stack
    """

    zone: str
    bucket_name: str
    aging: Aging
    logs: s3.IBucket
    key: kms.IKey | None
    keep: bool


class Zone(Construct):
    """A zone's bucket, as ``bucket``."""

    def __init__(self, scope: Construct, construct_id: str, props: ZoneProps) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=props.bucket_name,
            encryption=s3.BucketEncryption.KMS if props.key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=props.key,
            # One data key a bucket instead of one an object: far fewer requests to KMS.
            bucket_key_enabled=True if props.key else None,
            server_access_logs_bucket=props.logs,
            server_access_logs_prefix=f"{props.zone}/",
            lifecycle_rules=props.aging.rules(),
            **private_and_versioned(keep=props.keep),
        )
        pin(self.bucket, f"{props.zone.title()}Bucket")
        acknowledge(self.bucket, _REASONS)


def private_and_versioned(*, keep: bool) -> dict[str, Any]:
    """What every bucket of the lake has in common.

    A kept bucket is still deleted when the deployment that makes it fails, so that a first try
    leaves nothing behind; a later one is adopted by name.

    :param keep: whether the bucket survives the stack
    """
    return {
        "versioned": True,
        "enforce_ssl": True,
        "minimum_tls_version": 1.2,
        "object_ownership": s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        "block_public_access": s3.BlockPublicAccess.BLOCK_ALL,
        "removal_policy": RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
        if keep
        else RemovalPolicy.DESTROY,
        "auto_delete_objects": not keep,
    }


def pin(construct: Construct, logical_id: str) -> None:
    """Fix a logical id: a changed one would make CloudFormation replace the resource."""
    resource = construct.node.default_child
    assert isinstance(resource, CfnResource), "only a construct of one resource can be pinned"
    resource.override_logical_id(logical_id)


_REASONS = {
    "NIST.800.53.R5-S3BucketReplicationEnabled": "The lake lives in one region; versions guard "
    "against deletion, and landing's files come from a source that still has them.",
    "NIST.800.53.R5-S3DefaultEncryptionKMS": "SSE-S3 is the default because it costs nothing; "
    "encryption=kms with a key of one's own is a setting.",
}
