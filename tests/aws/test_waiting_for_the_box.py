"""A box that AWS does not give: how long it is waited for, and what a person must ask for."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Any

import botocore.client
import pytest

from tests.aws.conftest import PlayedBox, typed


def starts_none(patch: pytest.MonkeyPatch, reason: str, days: int = 0) -> None:
    """AWS's last try to start a box failed, so many days ago."""
    when = datetime.now(timezone.utc) - timedelta(days=days)
    tried = {"StatusCode": "Failed", "StatusMessage": reason, "StartTime": when}
    real = botocore.client.BaseClient._make_api_call

    def call(client: Any, operation: str, told: dict[str, Any]) -> Any:
        if operation == "DescribeScalingActivities":
            return {"Activities": [tried]}
        answer = real(client, operation, told)
        if operation == "DescribeAutoScalingGroups":
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


def test_what_aws_refused_on_another_day_ends_no_wait(box: PlayedBox, aws) -> None:
    starts_none(aws, NO_QUOTA, days=1)
    box.desire(1)
    assert typed("status").stdout.count("AWS is starting the box.") == 1
