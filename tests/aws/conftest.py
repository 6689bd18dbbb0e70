"""A lake on a stand-in for AWS, and a box that is played: it writes what docs/box.md says."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import boto3
import botocore.client
import pytest
from click.testing import CliRunner, Result
from moto import mock_aws

from jobs.settings import Zones
from lake.__main__ import cli
from lake.aws import follow
from lake.box.state import DONE, INTERRUPTED, Asked, Box, Runs, RunState

REGION = "eu-west-1"
NAME = "shop"
ZONES = ("landing", "bronze", "silver", "gold")
BUCKETS = {zone: f"{NAME}-{zone}-1" for zone in ZONES}
GROUP = "shop-box"
LOG_GROUP = "/shop/box"
RETAIL = {name: name for name in ("customers", "locations", "products", "sales")}
REPORT = {"status": "done", "books": [], "exit_status": 0}


class PlayedBox:
    """The box's part: what stands in the lake and in AWS when a box has done something.

    ``then(*acts)``: one act is played each time that the command under test waits.
    """

    def __init__(self) -> None:
        self.runs = Runs(Zones(*(f"s3://{BUCKETS[zone]}" for zone in ZONES)))
        self.acts: list[Callable[[], Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.answers: dict[str, dict[str, Any]] = {}

    def then(self, *acts: Callable[[], Any]) -> None:
        self.acts += acts

    def wait(self, seconds: float) -> None:
        assert self.acts, f"the command waits and nothing will happen ({seconds} s)"
        self.acts.pop(0)()

    @property
    def instance(self) -> str:
        (instance,) = self.group()["Instances"]
        return instance["InstanceId"]

    def group(self) -> dict[str, Any]:
        found = boto3.client("autoscaling").describe_auto_scaling_groups(
            AutoScalingGroupNames=[GROUP]
        )
        return found["AutoScalingGroups"][0]

    def desire(self, capacity: int) -> None:
        boto3.client("autoscaling").set_desired_capacity(
            AutoScalingGroupName=GROUP, DesiredCapacity=capacity
        )

    def boot(self, status: str = "ok", reason: str = "booted") -> None:
        told = {
            "status": status, "reason": reason, "last_lines": "",
            "ended": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        }  # fmt: skip
        put("box/last-boot", json.dumps(told))

    def open(self) -> RunState:
        state = self.runs.open_run()
        assert state is not None
        return state

    def begin(self, *lines: str) -> None:
        """Takes the open run, and says something."""
        run_id = self.open().run_id
        box = Box(self.instance, "lake:1", LOG_GROUP, f"run/{run_id}", "t3.xlarge", f"{REGION}a")
        self.runs.begin(run_id, Asked(), box)
        if lines:
            self.say(*lines)

    def say(self, *lines: str) -> None:
        logs, stream = boto3.client("logs"), f"run/{self.open().run_id}"
        known = logs.describe_log_streams(logGroupName=LOG_GROUP, logStreamNamePrefix=stream)
        if not known["logStreams"]:
            logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName=stream)
        now = int(time.time() * 1000)
        logs.put_log_events(
            logGroupName=LOG_GROUP, logStreamName=stream,
            logEvents=[{"timestamp": now, "message": line} for line in lines],
        )  # fmt: skip

    def end(self, *lines: str, how: str = DONE, status: int | None = 0, reason: str = "") -> None:
        if lines:
            self.say(*lines)
        report = {**REPORT, "exit_status": status} if how == DONE else None
        self.runs.end(self.open(), how, reason, exit_status=status, report=report)

    def done(self) -> None:
        self.end("page of facts")

    def lost(self) -> None:
        """AWS takes the box away and starts another."""
        self.runs.end(self.open(), INTERRUPTED, "its box goes away")
        boto3.client("autoscaling").terminate_instance_in_auto_scaling_group(
            InstanceId=self.instance, ShouldDecrementDesiredCapacity=False
        )
        put("box/last-boot", '{"status": "none", "reason": "no box has booted yet"}')


def put(path: str, value: str) -> None:
    boto3.client("ssm").put_parameter(
        Name=f"/{NAME}/{path}", Value=value, Type="String", Overwrite=True
    )


def bought_on(market: str) -> dict[str, Any]:
    """How the group buys its box."""
    template = {"LaunchTemplateName": "shop-box-steady", "Version": "1"}
    share = 0 if market == "spot" else 100
    return {
        "LaunchTemplate": {"LaunchTemplateSpecification": template},
        "InstancesDistribution": {"OnDemandPercentageAboveBaseCapacity": share},
    }


def deploy() -> None:
    """What the stacks make, as far as the verbs see it."""
    s3 = boto3.client("s3")
    for zone, bucket in BUCKETS.items():
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        put(f"zones/{zone}/bucket", bucket)
    boto3.client("logs").create_log_group(logGroupName=LOG_GROUP)
    put("records/log-group", LOG_GROUP)
    for word in ("run", "stop", "notebook", "use"):
        put(f"documents/{word}", f"{NAME}-{word}")
    put("box/last-boot", '{"status": "none", "reason": "no box has booted yet"}')
    put("box/group", GROUP)
    put("box/definition", json.dumps({"sources": RETAIL, "folder": ""}))
    ec2 = boto3.client("ec2")
    addresses = ec2.create_managed_prefix_list(
        PrefixListName="shop-ssh", MaxEntries=5, AddressFamily="IPv4"
    )
    put("network/ssh-addresses", addresses["PrefixList"]["PrefixListId"])
    boto3.client("ecr").create_repository(repositoryName="shop-box")
    put("registry/uri", f"1.dkr.ecr.{REGION}.amazonaws.com/shop-box")
    ec2.create_launch_template(
        LaunchTemplateName="shop-box-steady",
        LaunchTemplateData={
            "ImageId": "ami-03cf127a", "InstanceType": "t3.xlarge",
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 80}}],
        },
    )  # fmt: skip
    boto3.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=GROUP, MinSize=0, MaxSize=1, DesiredCapacity=0,
        AvailabilityZones=[f"{REGION}a"],
        MixedInstancesPolicy=bought_on("spot"),
    )  # fmt: skip


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The stand-in, with nothing in it."""
    for name in ("ROOT", "LANDING", "BRONZE", "SILVER", "GOLD", "DEFINITION", "AWS", "AWS_NAME"):
        monkeypatch.delenv(f"LAKE_{name}", raising=False)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield monkeypatch


@pytest.fixture
def box(aws: pytest.MonkeyPatch) -> PlayedBox:
    """A lake ``shop`` whose box is off."""
    deploy()
    played = PlayedBox()
    aws.setattr(time, "sleep", played.wait)
    aws.setattr(follow, "SETTLE_SECONDS", 0)
    taught(aws, played)
    return played


@pytest.fixture
def on(box: PlayedBox) -> PlayedBox:
    """A lake ``shop`` whose box is ready."""
    box.desire(1)
    box.boot()
    return box


def taught(patch: pytest.MonkeyPatch, played: PlayedBox) -> None:
    """Commands over SSM are noted, and answered as the test says; moto would run nothing."""
    real = botocore.client.BaseClient._make_api_call

    def call(client: Any, operation: str, told: dict[str, Any]) -> Any:
        if operation == "SendCommand":
            played.sent.append(told)
            return {"Command": {"CommandId": told["DocumentName"]}}
        if operation == "GetCommandInvocation":
            return played.answers.get(told["CommandId"], {"Status": "InProgress"})
        return real(client, operation, told)

    patch.setattr(botocore.client.BaseClient, "_make_api_call", call)


def refuses(patch: pytest.MonkeyPatch, refused: str, code: str) -> None:
    """AWS answers one operation with an error."""
    real = botocore.client.BaseClient._make_api_call

    def call(client: Any, operation: str, told: dict[str, Any]) -> Any:
        if operation == refused:
            error = {"Error": {"Code": code, "Message": "no"}}
            raise client.exceptions.from_code(code)(error, operation)
        return real(client, operation, told)

    patch.setattr(botocore.client.BaseClient, "_make_api_call", call)


def typed(*words: str) -> Result:
    """Types ``lake WORDS --name shop``."""
    return CliRunner().invoke(cli, ["--name", NAME, *words], prog_name="lake")
