"""A deployment for which AWS gives no machine: it says why, and ends, within minutes."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
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


NOT_ALLOWED = "You are not authorized to perform this operation."
CREATING, UPDATING = "CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"
NOW = datetime.now(timezone.utc)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def refused(reason: str, minutes_ago: float = 0) -> dict[str, Any]:
    return {"StatusCode": "Failed", "StatusMessage": reason, "StartTime": ago(minutes_ago)}


def ended(minutes_ago: float) -> dict[str, Any]:
    """A box that went."""
    when = {"StartTime": ago(minutes_ago + 2), "EndTime": ago(minutes_ago)}
    return {"StatusCode": "Successful", **when}


UNDER_WAY = {"StatusCode": "InProgress", "StartTime": NOW}


def event(kind: str, status: str, minutes_ago: float) -> dict[str, Any]:
    return {"ResourceType": kind, "ResourceStatus": status, "Timestamp": ago(minutes_ago)}


@dataclass
class Waiting:
    """CloudFormation at work on the box's stack, and AWS that gives it no machine.

    :param activities: of the group, the newest first
    :param group: the group's own events of this deployment, the newest first
    :param instances: how many the group has
    :param fails: the deployment may not be ended

    ``calls``: what was called to end it; ``looked``: set at the third look at the stack
    """

    status: str
    activities: list[dict[str, Any]]
    group: list[dict[str, Any]]
    instances: int = 0
    fails: bool = False
    calls: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    looked: threading.Event = field(default_factory=threading.Event)
    looks: int = 0

    def answer(self, operation: str, told: dict[str, Any]) -> Any:
        if operation == "DescribeStacks":
            self.looks += 1
            if self.looks > 2:
                self.looked.set()
            stack = {"StackName": "medallion-box", "StackStatus": self.status}
            return {"Stacks": [{**stack, "CreationTime": ago(60)}]}
        if operation == "DescribeStackEvents":
            before = [event(watch.GROUP, "UPDATE_COMPLETE", 90), event(watch.GROUP, UPDATING, 99)]
            began = event(watch.STACK, self.status, 30)
            return {"StackEvents": [*self.group, began, *before]}
        if operation == "DescribeScalingActivities":
            assert told["AutoScalingGroupName"] == "medallion-box"
            return {"Activities": self.activities}
        if operation == "DescribeAutoScalingGroups":
            group = {"DesiredCapacity": 0, "Instances": [{}] * self.instances}
            return {"AutoScalingGroups": [group]}
        if operation in ("DeleteStack", "CancelUpdateStack"):
            assert told["StackName"] == "medallion-box"
            self.calls.append(operation)
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

    def play(waiting: Waiting, ends: bool = True) -> tuple[str, list[str]]:
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
        return capsys.readouterr().out, waiting.calls

    return play


def update(*activities: dict[str, Any], instances: int = 0) -> Waiting:
    """An update that came to the group ten minutes ago."""
    rolls = [event(watch.GROUP, UPDATING, minutes) for minutes in (9, 10)]
    return Waiting(UPDATING, list(activities), rolls, instances)


def creation(*activities: dict[str, Any], fails: bool = False) -> Waiting:
    """A creation that came to the group ten minutes ago."""
    return Waiting(CREATING, list(activities), [event(watch.GROUP, CREATING, 10)], fails=fails)


@pytest.mark.parametrize(
    ("make", "call", "words"),
    [
        (creation, "DeleteStack", "medallion-box is being deleted"),
        (update, "CancelUpdateStack", "medallion-box is being cancelled"),
    ],
)
@pytest.mark.parametrize(
    ("refusals", "asks"),
    [
        ((refused(NOT_ALLOWED, 9),), "Have an administrator"),
        ((refused(NO_QUOTA), refused(NO_QUOTA, 6), ended(7)), "L-34B43A08"),
    ],
)
def test_a_machine_that_aws_refuses_ends_the_deployment_with_what_to_do(
    deploying, make, call: str, words: str, refusals: tuple[dict[str, Any], ...], asks: str
) -> None:
    said, calls = deploying(make(*refusals))
    assert calls == [call]
    assert f"AWS refuses to start the box: {refusals[0]['StatusMessage']}" in said
    assert asks in said and words in said


def test_a_deployment_that_may_not_be_ended_says_how_a_person_ends_it(deploying) -> None:
    said, _ = deploying(creation(refused(NO_QUOTA), fails=True))
    assert "L-34B43A08" in said and "could not be ended" in said and "Ctrl-C" in said


@pytest.mark.parametrize(
    "waiting",
    [
        creation(refused(NO_CAPACITY)),
        update(refused(NO_QUOTA), instances=1),
        update(refused(NO_QUOTA), refused(NO_QUOTA, 9), ended(4)),
        # Of the box of a lake that was destroyed a moment ago, AWS may tell nothing.
        creation(refused(NO_QUOTA, 8), refused(NO_QUOTA, 9)),
    ],
    ids=["no capacity", "the box before goes", "it went just now", "of a group before"],
)
def test_what_may_pass_is_said_and_ends_no_deployment(deploying, waiting: Waiting) -> None:
    said, calls = deploying(waiting, ends=False)
    assert calls == [] and "AWS refuses" not in said
    assert said.count(f"goes on trying: {waiting.activities[0]['StatusMessage']}") == 1


@pytest.mark.parametrize(
    "waiting",
    [
        update(refused(NOT_ALLOWED, 10.2)),
        update(refused(NOT_ALLOWED, 9.8)),
        Waiting(UPDATING, [refused(NOT_ALLOWED)], []),
        Waiting(
            UPDATING,
            [refused(NOT_ALLOWED)],
            [event(watch.GROUP, "UPDATE_COMPLETE", 5), event(watch.GROUP, UPDATING, 10)],
        ),
        update(UNDER_WAY, refused(NOT_ALLOWED)),
        update(ended(0), refused(NOT_ALLOWED, 1)),
    ],
    ids=["before the group's update", "as the group takes the new template over", "group untouched",
         "group updated", "a launch under way", "newer success"],
)  # fmt: skip
def test_a_refusal_that_is_not_of_this_deployment_or_not_the_last_word_is_nothing_to_it(
    deploying, waiting: Waiting
) -> None:
    said, calls = deploying(waiting, ends=False)
    assert calls == []
    assert "AWS refuses" not in said and "goes on trying" not in said
