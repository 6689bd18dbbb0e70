"""`lake logs` and `lake stop` on AWS: of the run that is not over, or of one that is named."""

from __future__ import annotations

import time
from dataclasses import replace

from lake.box.state import STOPPED, Asked
from tests.aws.conftest import PlayedBox, typed


def test_logs_shows_a_runs_lines_and_follows_it_if_asked(on: PlayedBox) -> None:
    typed("run", "--no-wait")
    assert "said nothing yet" in typed("logs").stderr
    on.begin("bronze", "silver")
    answer = typed("logs")
    assert (answer.exit_code, answer.stdout) == (0, "bronze\nsilver\n"), answer.output
    on.then(on.done)
    answer = typed("logs", on.open().run_id, "--follow")
    assert (answer.exit_code, answer.stdout) == (0, "bronze\nsilver\npage of facts\n")


def test_a_run_that_is_not_there_is_answered_with_those_that_are(on: PlayedBox) -> None:
    assert "No run has been asked for" in typed("logs").stderr
    typed("run", "--no-wait")
    answer = typed("logs", "20250101T000000-aaaaaa")
    assert answer.exit_code == 2 and on.open().run_id in answer.stderr


def test_stop_has_the_box_stop_the_run_and_waits_until_it_has(on: PlayedBox) -> None:
    typed("run", "--no-wait")
    on.begin()
    on.then(lambda: None, lambda: on.end(how=STOPPED, status=5))
    answer = typed("stop")
    assert answer.exit_code == 0 and answer.stdout.endswith(": stopped.\n"), answer.output
    assert [sent["DocumentName"] for sent in on.sent] == ["shop-run", "shop-stop"]
    (run,) = on.runs.latest()
    assert "was over already" in typed("stop", run.run_id).stdout


def test_stop_says_at_once_why_the_box_could_not(on: PlayedBox) -> None:
    typed("run", "--no-wait")
    on.begin()
    on.answers["shop-stop"] = {"Status": "Failed", "StandardErrorContent": "no such container\n"}
    on.then(lambda: None)
    answer = typed("stop")
    assert answer.exit_code == 1 and "no such container" in answer.stderr, answer.output


def test_a_stop_that_fails_because_the_run_is_over_has_stopped_it(on: PlayedBox) -> None:
    typed("run", "--no-wait")
    on.begin()
    on.answers["shop-stop"] = {"Status": "Failed", "StandardErrorContent": "no such container\n"}
    on.then(lambda: on.end(how=STOPPED, status=5))
    assert typed("stop").exit_code == 0


def test_a_stop_that_takes_long_says_after_what_the_run_ends(on: PlayedBox, aws) -> None:
    typed("run", "--no-wait")
    on.begin()
    on.runs.write(replace(on.open(), step="silver sales"))
    begun = time.monotonic()
    on.then(lambda: aws.setattr(time, "monotonic", lambda: begun + 11 * 60))
    answer = typed("stop")
    assert answer.exit_code == 5, answer.output
    assert "after the step in hand (the last that ended: silver sales)" in answer.stderr


def test_stop_ends_a_run_that_no_box_works_on(box: PlayedBox) -> None:
    box.runs.ask("20260101T060000-1a2b3c", Asked())
    box.then(lambda: None)
    assert typed("stop").exit_code == 0
    (run,) = box.runs.latest()
    assert (run.state, run.exit_status) == (STOPPED, 5) and box.sent == []
