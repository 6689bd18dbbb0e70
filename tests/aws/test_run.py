"""`lake run` on AWS: asked by its id, followed by its id, ended as a local run ends."""

from __future__ import annotations

import json
import time
from typing import Any

import botocore.client
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from lake.box.state import DONE, FAILED, INTERRUPTED, STOPPED, Asked
from tests.aws.conftest import LOG_GROUP, REPORT, PlayedBox, refuses, typed


def test_a_run_on_a_ready_box_is_begun_at_once_and_followed_to_its_end(on: PlayedBox) -> None:
    on.then(lambda: on.begin("bronze sales: 9 rows"), lambda: on.say("silver sales"), on.done)
    answer = typed("run", "--aws")
    assert (answer.exit_code, answer.stdout) == (
        0, "bronze sales: 9 rows\nsilver sales\npage of facts\n",
    ), answer.output  # fmt: skip
    (sent,) = on.sent
    (run,) = on.runs.latest()
    assert sent["DocumentName"] == "shop-run" and sent["InstanceIds"] == [on.instance]
    assert sent["DocumentVersion"] == "$LATEST"
    assert sent["Parameters"] == {
        "RunId": [run.run_id], "Layers": ["all"], "Rebuild": ["false"], "From": [""], "To": [""],
    }  # fmt: skip
    assert sent["CloudWatchOutputConfig"]["CloudWatchLogGroupName"] == LOG_GROUP


@pytest.mark.parametrize("code", ["Throttling", "AccessDenied"])
def test_a_run_on_a_ready_box_goes_on_where_the_box_cannot_be_asked_for_again(
    on: PlayedBox, aws, code: str
) -> None:
    refuses(aws, "SetDesiredCapacity", code)
    on.then(lambda: on.begin("bronze"), on.done)
    answer = typed("run")
    assert (answer.exit_code, answer.stdout) == (0, "bronze\npage of facts\n"), answer.output
    assert "The box is on already" in answer.stderr
    assert f"Run {on.runs.latest()[0].run_id}." in answer.stderr


def test_what_is_asked_is_noted_in_the_lake_and_told_to_the_box(on: PlayedBox) -> None:
    on.then(on.begin, on.done)
    words = ("--layer", "gold", "--layer", "silver", "--from", "2024-01-01", "--to", "2024-03-31")
    assert typed("run", *words, "--rebuild").exit_code == 0
    (run,) = on.runs.latest()
    assert run.asked == Asked(("silver", "gold"), True, "2024-01-01", "2024-03-31")
    assert on.sent[0]["Parameters"]["Layers"] == ["silver,gold"]
    assert on.sent[0]["Parameters"]["Rebuild"] == ["true"]


def test_a_box_that_is_off_is_turned_on_and_begins_the_run_when_it_has_booted(
    box: PlayedBox,
) -> None:
    box.then(*[lambda: None] * 4, box.boot, lambda: box.begin("bronze"), box.done)
    answer = typed("run")
    assert (answer.exit_code, answer.stdout) == (0, "bronze\npage of facts\n"), answer.output
    assert box.group()["DesiredCapacity"] == 1
    assert "The box is off." in answer.stderr and "The box is booting" in answer.stderr


def test_a_run_outlives_its_box(on: PlayedBox) -> None:
    first = on.instance
    on.then(
        lambda: on.begin("bronze"), on.lost, *[lambda: None] * 4, on.boot, *[lambda: None] * 4,
        lambda: on.begin("bronze again"), on.done,
    )  # fmt: skip
    answer = typed("run")
    assert answer.exit_code == 0, answer.output
    assert answer.stdout == "bronze\nbronze again\npage of facts\n"
    assert [sent["InstanceIds"] for sent in on.sent] == [[first], [on.instance]]
    (run,) = on.runs.latest()
    assert (run.attempt, run.box.instance) == (2, on.instance)


def test_it_ends_with_the_status_that_it_would_have_here(on: PlayedBox) -> None:
    on.then(on.begin, lambda: on.end("page", status=3))
    assert typed("run").exit_code == 3
    on.then(on.begin, lambda: on.end(how=FAILED, status=5, reason="S3 did not answer."))
    answer = typed("run")
    assert answer.exit_code == 5
    assert answer.stderr.endswith("failed: S3 did not answer.\n")
    on.then(on.begin, lambda: on.end(how=STOPPED, status=5, reason="asked to"))
    answer = typed("run")
    assert answer.exit_code == 5 and "was stopped" in answer.stderr


def test_for_scripts_stdout_is_the_report_and_nothing_else(on: PlayedBox) -> None:
    on.then(lambda: on.begin("bronze"), on.done)
    assert json.loads(typed("run", "--json").stdout) == REPORT


def test_without_waiting_the_runs_id_is_all_that_is_printed(on: PlayedBox) -> None:
    answer = typed("run", "--no-wait")
    (run,) = on.runs.latest()
    assert (answer.exit_code, answer.stdout) == (0, f"{run.run_id}\n")
    assert on.sent[0]["Parameters"]["RunId"] == [run.run_id]


def test_without_waiting_a_box_that_is_off_is_turned_on(box: PlayedBox) -> None:
    assert typed("run", "--no-wait").exit_code == 0
    assert box.group()["DesiredCapacity"] == 1 and box.sent == []
    assert box.open().state == "pending"


def test_a_run_in_progress_is_named_and_nothing_is_asked(on: PlayedBox) -> None:
    on.runs.ask("20260101T060000-1a2b3c", Asked())
    answer = typed("run")
    assert answer.exit_code == 4 and on.sent == []
    assert "20260101T060000-1a2b3c is not over" in answer.stderr
    assert len(on.runs.latest()) == 1


def left_over(box: PlayedBox) -> str:
    """A run that its box could not finish before it went off."""
    box.runs.end(box.runs.ask("20260101T060000-1a2b3c", Asked()), INTERRUPTED, "its box goes away")
    return "20260101T060000-1a2b3c"


def test_a_run_left_over_by_a_box_that_is_off_goes_on_first_and_the_asked_one_after_it(
    box: PlayedBox,
) -> None:
    left = left_over(box)
    box.then(box.boot, lambda: box.begin("bronze"), box.done, lambda: box.begin("silver"), box.done)
    answer = typed("run")
    assert answer.exit_code == 0, answer.output
    assert answer.stdout == "bronze\npage of facts\nsilver\npage of facts\n"
    assert f"Run {left} goes on first" in answer.stderr
    assert [run.state for run in box.runs.latest()] == [DONE, DONE]


def test_a_run_left_over_that_fails_does_not_keep_the_asked_one_from_its_turn(
    box: PlayedBox,
) -> None:
    left = left_over(box)
    box.then(box.boot, box.begin, lambda: box.end(how=FAILED, status=1, reason="no rows."))
    box.then(box.begin, box.done)
    answer = typed("run")
    assert answer.exit_code == 0 and f"Run {left} failed: no rows." in answer.stderr, answer.output


def test_without_waiting_the_box_is_turned_on_for_a_run_left_over(box: PlayedBox) -> None:
    left = left_over(box)
    answer = typed("run", "--no-wait")
    assert answer.exit_code == 4 and f"Run {left} goes on first" in answer.stderr
    assert box.group()["DesiredCapacity"] == 1 and box.open().run_id == left


def test_a_box_that_cannot_boot_ends_the_wait_with_its_reason(box: PlayedBox) -> None:
    box.then(*[lambda: None] * 4, lambda: box.boot("failed", "20-docker: no mirror"))
    box.then(*[lambda: None] * 5)
    answer = typed("run")
    assert answer.exit_code == 1
    assert "20-docker: no mirror" in answer.stderr and "`lake stop" in answer.stderr
    assert "`lake down --force`, then `lake up` starts one" in answer.stderr
    assert box.open().state == "pending"


@pytest.mark.parametrize("words", [("run",), ("run", "--no-wait")])
def test_a_box_that_is_broken_is_asked_for_nothing(box: PlayedBox, words: tuple[str, ...]) -> None:
    box.desire(1)
    box.boot("failed", "20-docker: no mirror")
    answer = typed(*words)
    assert answer.exit_code == 1 and "20-docker: no mirror" in answer.stderr
    assert "`lake down --force`, then `lake up`" in answer.stderr
    assert box.runs.open_run() is None and box.sent == []


def test_a_box_that_failed_and_turned_itself_off_says_why(box: PlayedBox) -> None:
    def fail_and_go() -> None:
        box.boot("failed", "20-docker: no mirror")
        box.desire(0)

    box.then(*[lambda: None] * 4, fail_and_go, *[lambda: None] * 5)
    answer = typed("run")
    assert answer.exit_code == 5, answer.output
    assert "The box is off. Its last boot failed: 20-docker: no mirror" in answer.stderr
    assert "`lake up` starts one" in answer.stderr


def test_a_box_that_turned_itself_off_as_it_was_asked_is_turned_on_again_and_only_once(
    on: PlayedBox,
) -> None:
    on.then(lambda: on.desire(0), *[lambda: None] * 4)
    on.then(on.boot, *[lambda: None] * 4, lambda: on.begin("bronze"), on.done)
    answer = typed("run")
    assert answer.exit_code == 0, answer.output
    assert answer.stdout == "bronze\npage of facts\n"
    on.then(*[lambda: on.desire(0)] * 10)
    answer = typed("run")
    assert answer.exit_code == 5 and "`lake up` starts one" in answer.stderr


def test_a_box_that_was_not_on_when_it_was_asked_and_is_turned_off_stays_off(
    box: PlayedBox,
) -> None:
    box.then(lambda: box.desire(0), *[lambda: None] * 4)
    answer = typed("run")
    assert answer.exit_code == 5 and "waits for the next box" in answer.stderr, answer.output
    assert box.group()["DesiredCapacity"] == 0 and box.open().state == "pending"


def test_a_box_that_is_turned_off_minutes_after_it_was_asked_stays_off(on: PlayedBox, aws) -> None:
    later = time.time() + 180
    on.then(lambda: aws.setattr(time, "time", lambda: later), lambda: on.desire(0))
    on.then(*[lambda: None] * 3)
    answer = typed("run")
    assert answer.exit_code == 5 and "waits for the next box" in answer.stderr, answer.output
    assert on.group()["DesiredCapacity"] == 0 and on.open().state == "pending"


def test_a_box_that_goes_at_once_and_takes_minutes_for_it_is_turned_on_again(
    on: PlayedBox, aws
) -> None:
    later, real = time.time() + 180, botocore.client.BaseClient._make_api_call
    going: list[bool] = []

    def call(client: Any, operation: str, told: dict[str, Any]) -> Any:
        answer = real(client, operation, told)
        if operation == "DescribeAutoScalingGroups" and going:
            instance = {"InstanceId": "i-1", "LifecycleState": "Terminating"}
            answer["AutoScalingGroups"][0]["Instances"] = [instance]
        return answer

    aws.setattr(botocore.client.BaseClient, "_make_api_call", call)
    on.then(lambda: on.desire(0), lambda: going.append(True), *[lambda: None] * 3)
    on.then(lambda: aws.setattr(time, "time", lambda: later), going.clear, *[lambda: None] * 3)
    on.then(on.boot, *[lambda: None] * 4, lambda: on.begin("bronze"), on.done)
    answer = typed("run")
    assert answer.exit_code == 0, answer.output
    assert "it is being turned on again" in answer.stderr


def test_who_only_looks_on_turns_no_box_on(on: PlayedBox) -> None:
    typed("run", "--no-wait")
    on.desire(0)
    answer = typed("logs", "--follow")
    assert answer.exit_code == 5 and "The box is off." in answer.stderr
    assert on.group()["DesiredCapacity"] == 0


def test_a_box_that_is_turned_off_meanwhile_ends_the_wait_and_the_run_goes_on_later(
    on: PlayedBox,
) -> None:
    on.then(on.begin, lambda: on.desire(0), *[lambda: None] * 4)
    answer = typed("run")
    assert answer.exit_code == 5
    assert "The box is off." in answer.stderr and "waits for the next box" in answer.stderr
    assert on.open().state == "running"


def test_a_box_that_cannot_begin_the_run_says_why(on: PlayedBox) -> None:
    on.answers["shop-run"] = {
        "Status": "Failed", "ResponseCode": 1, "StandardErrorContent": "docker: no space left\n",
    }  # fmt: skip
    on.then(*[lambda: None] * 5)
    answer = typed("run")
    assert answer.exit_code == 1
    assert "could not begin run" in answer.stderr and "docker: no space left" in answer.stderr


def test_a_box_that_says_busy_or_waits_is_left_to_the_runs_state(on: PlayedBox) -> None:
    on.answers["shop-run"] = {"Status": "Failed", "ResponseCode": 4}
    on.then(*[lambda: None] * 6, on.begin, on.done)
    assert typed("run").exit_code == 0


def test_options_that_the_box_decides_itself_are_refused(on: PlayedBox) -> None:
    for words in (["--memory", "2g"], ["--master", "yarn"], ["--conf", "a=b"]):
        answer = typed("run", *words)
        assert answer.exit_code == 2 and "leave --master" in answer.stderr
    assert typed("run", "--from", "January").stderr.startswith("Error: January is no date")
    assert on.runs.latest() == []


def test_interrupting_ends_the_following_and_not_the_run(on: PlayedBox) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    on.then(on.begin, interrupt)
    answer = typed("run")
    assert answer.exit_code == 130 and "goes on" in answer.stderr
    assert on.open().state == "running"


def failing(patch: pytest.MonkeyPatch, error: Exception, times: int) -> None:
    """From now on, reading from S3 fails so often."""
    real, left = botocore.client.BaseClient._make_api_call, [error] * times

    def call(client: Any, operation: str, told: dict[str, Any]) -> Any:
        if operation == "GetObject" and left:
            raise left.pop()
        return real(client, operation, told)

    patch.setattr(botocore.client.BaseClient, "_make_api_call", call)


def test_a_network_that_is_away_for_a_while_ends_nothing(on: PlayedBox, aws) -> None:
    away = EndpointConnectionError(endpoint_url="https://s3")
    on.then(on.begin, lambda: failing(aws, away, 2), *[lambda: None] * 2, on.done)
    answer = typed("run")
    assert answer.exit_code == 0 and answer.stderr.count("did not answer") == 1, answer.output


def test_credentials_that_expire_meanwhile_end_the_following_and_not_the_run(
    on: PlayedBox, aws
) -> None:
    expired = ClientError({"Error": {"Code": "ExpiredToken", "Message": "x"}}, "GetObject")
    on.then(on.begin, lambda: failing(aws, expired, 1))
    answer = typed("run")
    assert answer.exit_code == 2 and "have expired" in answer.stderr
    assert f"Run {on.open().run_id} goes on" in answer.stderr


def test_a_rebuild_on_aws_is_a_run_that_is_told_so(on: PlayedBox) -> None:
    on.then(on.begin, on.done)
    assert typed("rebuild").exit_code == 0
    assert on.sent[0]["Parameters"]["Rebuild"] == ["true"]
