"""The buckets that hold the lake's data: what they hold, and how they are emptied and deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from cdk_app.aws import Account
from cdk_app.teardown.leftover import GIB, Leftover
from cdk_app.teardown.pages import items
from lake.aws.rates import BY_STORAGE_CLASS, STANDARD

BATCH = 1000  # most that S3 deletes at a call


def find_buckets(account: Account, *, keep: bool) -> Iterator[Leftover]:
    """The lake's buckets that are still there, with what their versions cost.

    :param keep: whether the user chose to keep them
    """
    s3 = account.client("s3")
    for name in there(account):
        why = "kept, as chosen; --delete-data deletes it" if keep else "not deleted"
        yield Leftover("S3 bucket", name, why, _monthly_usd(s3, name), kept=keep)


def there(account: Account) -> list[str]:
    """The names of the lake's buckets that are there, the zones' first."""
    present = {bucket["Name"] for bucket in items(account.client("s3"), "list_buckets", "Buckets")}
    return [name for name in account.names.buckets() if name in present]


def _monthly_usd(s3: Any, bucket: str) -> float:
    versions = items(s3, "list_object_versions", "Versions", Bucket=bucket)
    return sum(
        version["Size"] / GIB * BY_STORAGE_CLASS.get(version["StorageClass"], STANDARD).usd
        for version in versions
    )


def delete_buckets(account: Account) -> list[str]:
    """Empty and delete the lake's buckets: every version, every delete marker, every upload.

    :returns: the names of the deleted buckets
    """
    s3 = account.client("s3")
    # The zones first: while they live, S3 still delivers to the access logs' bucket.
    ours = there(account)
    for name in ours:
        _empty(s3, name)
        _delete(s3, name)
    return ours


def _empty(s3: Any, bucket: str) -> None:
    for field in ("Versions", "DeleteMarkers"):
        batch: list[dict[str, str]] = []
        for version in items(s3, "list_object_versions", field, Bucket=bucket):
            batch.append({"Key": version["Key"], "VersionId": version["VersionId"]})
            if len(batch) == BATCH:
                _delete_batch(s3, bucket, batch)
                batch = []
        if batch:
            _delete_batch(s3, bucket, batch)
    for upload in items(s3, "list_multipart_uploads", "Uploads", Bucket=bucket):
        s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])


def _delete_batch(s3: Any, bucket: str, batch: list[dict[str, str]]) -> None:
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
    for failure in answer.get("Errors", ()):
        raise ClientError({"Error": failure}, f"DeleteObjects in {bucket} of {failure['Key']}")


def _delete(s3: Any, bucket: str) -> None:
    try:
        s3.delete_bucket(Bucket=bucket)
    except ClientError as error:
        # A late access log may have arrived between the two calls: once more, and no more.
        if error.response["Error"]["Code"] != "BucketNotEmpty":
            raise
        _empty(s3, bucket)
        s3.delete_bucket(Bucket=bucket)
