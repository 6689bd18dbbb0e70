"""A Delta table whose objects have grown old still reads; with the naive rule it does not.

The stand-in's S3 refuses reads of the Glacier Flexible and Deep Archive classes as AWS's does.
"""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from arro3.core import Array, DataType, Table
from botocore.exceptions import ClientError
from deltalake import DeltaTable, QueryBuilder, write_deltalake

from tests.cloud.conftest import of_type
from tests.cloud.stand_in import CREDENTIALS, aws_apart

TABLE = "s3://lake/sales"
NAIVE = [{"StorageClass": "GLACIER", "TransitionInDays": 90}]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with aws_apart() as url:
        yield url


class Lake:
    """A bucket with a Delta table of three commits."""

    def __init__(self, endpoint: str) -> None:
        impatient = {"max_retries": "1", "retry_timeout": "10s", "timeout": "10s"}
        where = {"AWS_ENDPOINT_URL": endpoint, "AWS_ALLOW_HTTP": "true"}
        self.options = {**CREDENTIALS, **where, **impatient}
        self.s3 = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        self.s3.create_bucket(Bucket="lake")
        for number in range(3):
            write_deltalake(TABLE, _rows(number), mode="append", storage_options=self.options)

    def objects(self) -> list[str]:
        return [found["Key"] for found in self.s3.list_objects_v2(Bucket="lake")["Contents"]]

    def grow_old(self, transitions: list[dict], days: int) -> None:
        """Move every object as S3 would; small ones too, though S3 leaves those where they are."""
        due = [move for move in transitions if move["TransitionInDays"] <= days]
        if not due:
            return
        last = max(due, key=lambda move: move["TransitionInDays"])["StorageClass"]
        for key in self.objects():
            source = {"Bucket": "lake", "Key": key}
            self.s3.copy_object(Bucket="lake", Key=key, CopySource=source, StorageClass=last)

    def read(self) -> list[int]:
        table = DeltaTable(TABLE, storage_options=self.options)
        found = QueryBuilder().register("sales", table).execute("select id from sales").read_all()
        return sorted(found["id"].to_pylist())

    def remove(self) -> None:
        for key in self.objects():
            self.s3.delete_object(Bucket="lake", Key=key)
        self.s3.delete_bucket(Bucket="lake")


def _rows(number: int) -> Table:
    return Table({"id": Array([number], type=DataType.int64())})


@pytest.fixture
def lake(endpoint: str) -> Iterator[Lake]:
    made = Lake(endpoint)
    yield made
    made.remove()


def transitions(template: dict, bucket: str) -> list[dict]:
    properties = of_type(template, "AWS::S3::Bucket")[bucket]["Properties"]
    return [
        move
        for rule in properties["LifecycleConfiguration"]["Rules"]
        for move in rule.get("Transitions", ())
    ]


@pytest.mark.parametrize("zone", ["Bronze", "Silver", "Gold"])
@pytest.mark.parametrize("days", [31, 91, 4000])
def test_a_table_of_any_age_still_reads(synth, lake: Lake, zone: str, days: int) -> None:
    lake.grow_old(transitions(synth()["Zones"], f"{zone}Bucket"), days)
    assert lake.read() == [0, 1, 2]


def test_after_90_days_the_objects_really_are_in_an_archive_class(synth, lake: Lake) -> None:
    lake.grow_old(transitions(synth()["Zones"], "GoldBucket"), 91)
    for key in lake.objects():
        assert lake.s3.head_object(Bucket="lake", Key=key)["StorageClass"] == "GLACIER_IR"


def test_the_naive_rule_kills_the_table(lake: Lake) -> None:
    assert lake.read() == [0, 1, 2]
    lake.grow_old(NAIVE, 91)
    with pytest.raises(ClientError, match="InvalidObjectState"):
        lake.s3.get_object(Bucket="lake", Key=lake.objects()[0])
    with pytest.raises(Exception, match=r"InvalidObjectState|403"):
        lake.read()
