"""A deployment for which AWS gives no machine: it says why, and ends, within minutes."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone
from typing import Any

import boto3
import botocore.client
import pytest
from botocore.exceptions import ClientError

from cdk_app import cdk, watch
from cdk_app.deploy import BOOTSTRAP_VERSION, deploy
from cdk_app.settings import Settings
from tests.cloud.stand_in import REGION

NO_QUOTA = "Max spot instance count exceeded. Launching EC2 instance failed."
NO_CAPACITY = "We currently do not have sufficient t3.xlarge capacity."
PATIENCE_SECONDS = 10.0


class Waiting:
    """CloudFormation at work on the box's stack, and AWS that gives it no machine.

    ``ended``: what was called to end it; ``looked``: set at the second look at the group
    """

    def __init__(self, status: str, reason: str, minutes_ago: float, fails: bool) -> None:
        self.status, self.reason, self.fails = status, reason, fails
        self.began = datetime.now(timezone.utc)
        self.tried = self.began - timedelta(minutes=minutes_ago)
        self.ended: list[str] = []
        self.over, self.looked, self.looks = threading.Event(), threading.Event(), 0

    def answer(self, operation: str, told: dict[str, Any]) -> Any:
        if operation == "DescribeStacks":
            stack = {"StackName": "medallion-box", "StackStatus": self.status}
            return {"Stacks": [{**stack, "CreationTime": self.began}]}
        if operation == "DescribeScalingActivities":
            self.looks += 1
            if self.looks > 1:
                self.looked.set()
            failed = {"StatusCode": "Failed", "StatusMessage": self.reason}
            return {"Activities": [{**failed, "StartTime": self.tried}]}
        if operation in ("DeleteStack", "CancelUpdateStack"):
            assert told["StackName"] == "medallion-box"
            self.ended.append(operation)
            self.over.set()
            if self.fails:
                refused = {"Error": {"Code": "AccessDenied", "Message": "no"}}
                raise ClientError(refused, operation)
            return {}
        return None


@pytest.fixture
def deploying(account, monkeypatch: pytest.MonkeyPatch, capsys):
    """A function that plays a deployment of a box, and gives what it printed and called."""
    boto3.client("ssm").put_parameter(Name=BOOTSTRAP_VERSION, Type="String", Value="30")
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.01)
    real = botocore.client.BaseClient._make_api_call

    def play(
        status: str, reason: str, minutes_ago: float = 0, fails: bool = False, ends: bool = True
    ) -> tuple[str, list[str]]:
        waiting = Waiting(status, reason, minutes_ago, fails)

        def call(client, operation: str, told: dict):
            answer = waiting.answer(operation, told)
            return real(client, operation, told) if answer is None else answer

        def run(words, base) -> int:
            awaited = waiting.over if ends else waiting.looked
            assert awaited.wait(PATIENCE_SECONDS), "nobody ended the deployment"
            return 1

        monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)
        monkeypatch.setattr(cdk, "run", run)
        assert deploy(Settings(region=REGION), []) == 1
        return capsys.readouterr().out, waiting.ended

    return play


@pytest.mark.parametrize(
    ("status", "call", "words"),
    [
        ("CREATE_IN_PROGRESS", "DeleteStack", "medallion-box is being deleted"),
        ("UPDATE_IN_PROGRESS", "CancelUpdateStack", "medallion-box is being cancelled"),
    ],
)
def test_a_machine_that_aws_refuses_ends_the_deployment_at_once_with_what_to_do(
    deploying, status: str, call: str, words: str
) -> None:
    said, ended = deploying(status, NO_QUOTA)
    assert ended == [call]
    assert f"AWS refuses to start the box: {NO_QUOTA} The account's quota" in said
    assert "L-34B43A08" in said and words in said


def test_a_deployment_that_may_not_be_ended_says_how_a_person_ends_it(deploying) -> None:
    said, _ = deploying("CREATE_IN_PROGRESS", NO_QUOTA, fails=True)
    assert "L-34B43A08" in said and "could not be ended" in said and "Ctrl-C" in said


@pytest.mark.parametrize(
    ("status", "reason", "minutes_ago"),
    [
        ("CREATE_IN_PROGRESS", NO_CAPACITY, 0),
        ("UPDATE_IN_PROGRESS", NO_QUOTA, 1),
    ],
)
def test_neither_what_may_pass_nor_a_refusal_of_before_ends_it(
    deploying, status: str, reason: str, minutes_ago: float
) -> None:
    said, ended = deploying(status, reason, minutes_ago, ends=False)
    assert ended == [] and "AWS refuses" not in said
    assert said.count(f"goes on trying: {NO_CAPACITY}") == (reason == NO_CAPACITY)
