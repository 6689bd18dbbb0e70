"""A box that AWS does not give: how long it is waited for, and what a person must ask for."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Any

import botocore.client
import pytest
from botocore.exceptions import ClientError

from lake.box.state import Asked
from tests.aws.conftest import PlayedBox, typed


def starts_none(
    patch: pytest.MonkeyPatch,
    reason: str,
    minutes_ago: float = 0,
    gives: list[bool] | None = None,
    emptied: float | None = None,
) -> None:
    """AWS's last try to start a box failed, so many minutes before it is asked for that.

    :param gives: it starts one as soon as this holds something
    :param emptied: so many minutes before that try a box of the group went
    """
    real = botocore.client.BaseClient._make_api_call

    def call(client: Any, operation: str, told: dict[str, Any]) -> Any:
        if operation == "DescribeScalingActivities":
            when = datetime.now(timezone.utc) - timedelta(minutes=minutes_ago)
            tried = {"StatusCode": "Failed", "StatusMessage": reason, "StartTime": when}
            if emptied is None:
                return {"Activities": [tried]}
            went = when - timedelta(minutes=emptied)
            gone = {"StatusCode": "Successful", "StartTime": went, "EndTime": went}
            return {"Activities": [tried, gone]}
        answer = real(client, operation, told)
        if operation == "DescribeAutoScalingGroups" and not gives:
            answer["AutoScalingGroups"][0]["Instances"] = []
        return answer

    patch.setattr(botocore.client.BaseClient, "_make_api_call", call)


NO_CAPACITY = "We currently do not have sufficient t3.xlarge capacity."
NO_QUOTA = "Max spot instance count exceeded. Launching EC2 instance failed."


@pytest.mark.parametrize("verb", ["run", "up"])
def test_a_box_that_aws_does_not_give_is_waited_for_no_longer_than_45_minutes(
    box: PlayedBox, aws, verb: str
) -> None:
    starts_none(aws, NO_CAPACITY)
    begun = time.monotonic()
    late = [lambda: aws.setattr(time, "monotonic", lambda: begun + 46 * 60)]
    box.then(lambda: None, *late, *[lambda: None] * 8)
    answer = typed(verb)
    assert answer.exit_code == 5, answer.output
    assert "not ready after 45 minutes" in answer.stderr and NO_CAPACITY in answer.stderr


@pytest.mark.parametrize("verb", ["run", "up"])
@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (NO_QUOTA, "L-34B43A08"),
        ("You have requested more vCPU capacity than your current vCPU limit of 0", "L-1216C47A"),
        ("VcpuLimitExceeded", "L-1216C47A"),
        ("You are not authorized to perform this operation.", "Have an administrator"),
        ("do not have permission to create the service-linked role", "create-service-linked-role"),
    ],
)
def test_what_a_person_must_ask_aws_for_is_said_at_once(
    box: PlayedBox, aws, verb: str, reason: str, words: str
) -> None:
    starts_none(aws, reason)
    answer = typed(verb)
    assert answer.exit_code == 1, answer.output
    assert reason in answer.stderr and words in answer.stderr
    if verb == "run":
        assert f"`lake stop {box.open().run_id}` ends the run" in answer.stderr
        # Not that a run is in the way, which nobody can wait for.
        again = typed("run")
        assert again.exit_code == 1 and words in again.stderr


@pytest.mark.parametrize("verb", ["run", "up"])
def test_a_quota_that_the_box_before_used_up_a_moment_ago_ends_no_wait(
    box: PlayedBox, aws, verb: str
) -> None:
    gives: list[bool] = []
    starts_none(aws, NO_QUOTA, gives=gives, emptied=4)
    begins = [lambda: box.begin("bronze"), box.done] if verb == "run" else []
    box.then(lambda: None, lambda: gives.append(True), box.boot, *begins)
    answer = typed(verb)
    assert answer.exit_code == 0, answer.output
    assert f"It could not yet: {NO_QUOTA}" in answer.output


@pytest.mark.parametrize(("reason", "emptied"), [(NO_QUOTA, 6), ("not authorized", 0)])
def test_a_refusal_that_stays_after_a_box_went_ends_the_wait(
    box: PlayedBox, aws, reason: str, emptied: float
) -> None:
    starts_none(aws, reason, emptied=emptied)
    answer = typed("up")
    assert answer.exit_code == 1 and "AWS refuses to start the box" in answer.stderr


def test_what_aws_refused_before_is_told_by_status_with_what_to_do(box: PlayedBox, aws) -> None:
    starts_none(aws, NO_QUOTA, minutes_ago=1)
    box.desire(1)
    said = typed("status").stdout
    assert f"AWS is starting the box. It could not yet: {NO_QUOTA}" in said and "L-34B43A08" in said


def test_a_refusal_that_was_mended_since_ends_no_wait_of_a_retry(box: PlayedBox, aws) -> None:
    gives: list[bool] = []
    starts_none(aws, NO_QUOTA, minutes_ago=1, gives=gives)
    box.then(lambda: None, lambda: gives.append(True), box.boot)
    answer = typed("up")
    assert answer.exit_code == 0, answer.output
    assert "It could not yet" in answer.stdout and "The box is ready." in answer.stdout


def test_a_run_that_was_asked_for_before_a_refusal_was_mended_goes_on_first(
    box: PlayedBox, aws
) -> None:
    gives: list[bool] = []
    first = box.runs.ask("20260101T060000-1a2b3c", Asked()).run_id
    box.desire(1)
    starts_none(aws, NO_QUOTA, minutes_ago=1, gives=gives)
    box.then(lambda: gives.append(True), box.boot, lambda: box.begin("bronze"), box.done)
    box.then(lambda: box.begin("silver"), box.done)
    answer = typed("run")
    assert answer.exit_code == 0, answer.output
    assert f"Run {first} goes on first" in answer.stderr
    assert answer.stdout == "bronze\npage of facts\nsilver\npage of facts\n"


@pytest.mark.parametrize(
    "answer",
    [
        {"Reservations": []},
        ClientError({"Error": {"Code": "InvalidInstanceID.NotFound", "Message": "x"}}, "x"),
    ],
)
def test_an_instance_that_ec2_does_not_know_yet_is_one_that_starts(
    box: PlayedBox, aws, answer: Any
) -> None:
    real, answers = botocore.client.BaseClient._make_api_call, [answer]

    def call(client: Any, operation: str, told: dict[str, Any]) -> Any:
        if operation == "DescribeInstances" and answers:
            if isinstance(answer, Exception):
                raise answer
            return answer
        return real(client, operation, told)

    aws.setattr(botocore.client.BaseClient, "_make_api_call", call)
    box.then(answers.clear, box.boot)
    said = typed("up")
    assert said.exit_code == 0, said.output
    assert said.stdout.startswith("AWS is starting the box.\nThe box is booting")
