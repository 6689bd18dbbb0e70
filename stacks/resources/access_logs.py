"""The bucket that takes the zones' access logs."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.resources.findings import acknowledge
from stacks.resources.lifecycle import ABORT_UPLOADS_AFTER_DAYS
from stacks.resources.zone import pin, private_and_versioned

OLD_VERSION_DAYS = 7


@dataclass(frozen=True)
class AccessLogsProps:
    """What the logs' bucket is made of.

    :param log_days: how long a log is kept
    :param keep: whether the bucket survives the stack
    """

    bucket_name: str
    log_days: int
    keep: bool


class AccessLogs(Construct):
    """The logs' bucket, as ``bucket``."""

    def __init__(self, scope: Construct, construct_id: str, props: AccessLogsProps) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=props.bucket_name,
            encryption=s3.BucketEncryption.S3_MANAGED,  # log delivery to a KMS key needs a grant
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="access-logs-go",
                    expiration=Duration.days(props.log_days),
                    noncurrent_version_expiration=Duration.days(OLD_VERSION_DAYS),
                    abort_incomplete_multipart_upload_after=Duration.days(ABORT_UPLOADS_AFTER_DAYS),
                )
            ],
            **private_and_versioned(keep=props.keep),
        )
        pin(self.bucket, "AccessLogsBucket")
        acknowledge(self.bucket, _REASONS)


_REASONS = {
    "AwsSolutions-S1": "A bucket that logged into itself would write a log for each log.",
    "NIST.800.53.R5-S3BucketLoggingEnabled": "A bucket that logged into itself would write a log "
    "for each log.",
    "NIST.800.53.R5-S3BucketReplicationEnabled": "Access logs are kept for some weeks only.",
    "NIST.800.53.R5-S3DefaultEncryptionKMS": "S3 delivers access logs to SSE-S3 buckets without "
    "further grants; they hold no data of the lake.",
}
