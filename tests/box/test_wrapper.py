"""The run wrapper, its containers played by processes of this machine."""

from __future__ import annotations

import os
import signal

import pytest

from lake.box.state import Asked
from tests.box.conftest import OTHER, RUN, PlayedBox, until

WAITS = 75


def at_work(state) -> bool:
    return state.state == "running" and state.step != ""


def test_a_run_ends_with_its_state_its_report_and_its_exit_status(box: PlayedBox) -> None:
    status, said = box.call("lake-run", "start", RUN, "--layer", "silver", "--rebuild")
    assert status == 0, said
    state = box.runs.find(RUN)
    assert (state.state, state.exit_status, state.attempt) == ("done", 0, 1)
    assert state.asked == Asked(("silver",), rebuild=True)
    assert state.report["run_id"] == RUN and state.step == "silver table_9"
    assert state.box.instance == "i-1" and state.box.log_stream == f"run/{RUN}"
    assert "silver table_9: 1 rows" in said
    assert box.runs.open_run() is None


def test_a_second_run_is_refused_and_told_of_the_first(box: PlayedBox) -> None:
    first = box.begin("lake-run", "start", RUN, STEPS="100")
    box.wait_for(RUN, at_work)
    status, said = box.call("lake-run", "start", OTHER)
    assert status == 4 and f"run {RUN} is at work on this box" in said
    assert box.runs.find(OTHER) is None
    os.kill(box.container(), signal.SIGUSR1)
    first.communicate(timeout=60)


def test_a_run_that_waits_elsewhere_refuses_another(box: PlayedBox) -> None:
    box.runs.ask(RUN, Asked())
    status, said = box.call("lake-run", "start", OTHER)
    assert status == 4 and f"Run {RUN} is not over (pending" in said
    assert f"lake stop {RUN}" in said


def test_what_is_no_id_of_a_run_goes_nowhere(box: PlayedBox) -> None:
    status, said = box.call("lake-run", "start", "x; touch y")
    assert status == 2 and "is not the id of a run" in said
    assert box.calls == []


def test_a_run_stopped_by_somebody_is_over(box: PlayedBox) -> None:
    run = box.begin("lake-run", "start", RUN, STEPS="100")
    box.wait_for(RUN, at_work)
    status, said = box.call("lake-run", "stop", RUN)
    assert status == 0, said
    run.communicate(timeout=60)
    assert run.returncode == 5
    assert box.runs.find(RUN).state == "stopped" and box.runs.open_run() is None


def test_a_run_stopped_before_it_listens_is_over_all_the_same(box: PlayedBox) -> None:
    run = box.begin("lake-run", "start", RUN, STEPS="200")
    until(lambda: (box.folder / "container-lake-run").exists())
    assert box.call("lake-run", "stop", RUN)[0] == 0
    run.communicate(timeout=60)
    assert run.returncode == 5
    assert box.runs.find(RUN).state == "stopped" and box.runs.find(RUN).attempt <= 1


def test_a_run_that_only_waits_is_stopped_too(box: PlayedBox) -> None:
    box.runs.ask(RUN, Asked())
    assert box.call("lake-run", "stop", RUN) == (0, f"run {RUN}: stopped\n")
    assert box.runs.open_run() is None


def test_a_run_is_left_for_the_next_box_which_goes_on_as_it_was_asked(box: PlayedBox) -> None:
    run = box.begin("lake-run", "start", RUN, "--layer", "gold", STEPS="100")
    box.wait_for(RUN, at_work)
    status, said = box.call("lake-run", "leave")
    assert status == 0 and f"told run {RUN} to stop" in said
    run.communicate(timeout=60)
    assert run.returncode == WAITS
    assert box.runs.find(RUN).state == "interrupted"
    assert box.call("lake-run", "resume") == (0, ""), "a box that goes away begins nothing"

    box.reboot()
    status, said = box.call("lake-run", "resume")
    assert status == 0 and f"run {RUN} is not over: going on with it" in said
    state = box.runs.find(RUN)
    assert (state.state, state.attempt, state.died) == ("done", 2, 0)
    assert state.asked.layers == ("gold",)
    assert state.report["run_id"] == f"{RUN}-2"


def test_a_box_gone_without_a_word_is_followed_by_the_next(box: PlayedBox) -> None:
    box.begin("lake-run", "start", RUN, STEPS="100")
    box.wait_for(RUN, at_work)
    box.reboot()
    assert box.runs.find(RUN).state == "running"
    status, said = box.call("lake-run", "resume")
    assert status == 0, said
    state = box.runs.find(RUN)
    assert (state.state, state.attempt, state.died) == ("done", 2, 0), "it got further"


def test_a_killed_container_is_followed_at_once_by_another(box: PlayedBox) -> None:
    run = box.begin("lake-run", "start", RUN, STEPS="20")
    box.wait_for(RUN, at_work)
    os.kill(box.container(), signal.SIGKILL)
    said, _ = run.communicate(timeout=60)
    assert run.returncode == 0, said
    assert "ended without a word (exit status 137)" in said
    state = box.runs.find(RUN)
    assert (state.state, state.attempt, state.died) == ("done", 2, 0), "it got further"


def test_a_run_that_a_going_box_kills_goes_on_however_often(box: PlayedBox) -> None:
    for attempt in range(1, 5):
        run = box.begin("lake-run", "resume" if attempt > 1 else "start",
                        *[RUN] * (attempt == 1), STEPS="200")  # fmt: skip
        box.wait_for(RUN, lambda state, now=attempt: at_work(state) and state.attempt == now)
        (box.folder / "run" / "leaving").touch()
        os.kill(box.container(), signal.SIGKILL)
        said, _ = run.communicate(timeout=60)
        assert run.returncode == WAITS, said
        state = box.runs.find(RUN)
        assert (state.state, state.attempt, state.died) == ("interrupted", attempt, 0)
        box.reboot()


def test_a_run_that_always_dies_fails_and_frees_the_lake(box: PlayedBox) -> None:
    status, said = box.call("lake-run", "start", RUN, DIES="yes")
    assert status == 1, said
    state = box.runs.find(RUN)
    assert (state.state, state.attempt) == ("failed", 3)
    assert "too little memory" in state.reason
    assert box.runs.open_run() is None


def hanging(box: PlayedBox, attempt: int = 1) -> None:
    """Waits for an attempt, and has the box look at it for the first time."""
    box.wait_for(RUN, lambda state: state.state == "running" and state.attempt == attempt)
    box.stand_in("date", "exec /bin/date +%s")
    assert box.call("lake-run", "unstick") == (0, "")


def test_a_run_that_hangs_is_ended_as_a_death_and_after_three_of_them_for_good(
    box: PlayedBox,
) -> None:
    run = box.begin("lake-run", "start", RUN, HANGS="yes")
    for attempt in (1, 2, 3):
        box.computed(seconds=100 * attempt)
        hanging(box, attempt)
        # What a Spark takes that only waits.
        box.computed(seconds=100 * attempt + 300)
        box.ended_no_step_for(hours=6.1)
        status, said = box.call("lake-run", "unstick")
        assert status == 0 and f"for 6 hours no step of run {RUN} has ended" in said
    said, _ = run.communicate(timeout=60)
    assert run.returncode == 1, said
    state = box.runs.find(RUN)
    assert (state.state, state.attempt) == ("failed", 3)
    assert "for 6 hours no step of it had ended" in state.reason and "it hangs" in state.reason
    assert "memory" not in state.reason and box.runs.open_run() is None


def test_a_step_that_computes_may_take_as_long_as_it_needs(box: PlayedBox) -> None:
    run = box.begin("lake-run", "start", RUN, HANGS="yes")
    hanging(box)
    for hours in (6.1, 12.2, 18.3):
        box.computed(seconds=round(hours * 70))
        box.ended_no_step_for(hours)
        assert box.call("lake-run", "unstick") == (0, "")
    assert not any("patience" in call for call in box.calls)
    # From then on it hangs.
    box.ended_no_step_for(hours=24.2)
    assert box.call("lake-run", "unstick") == (0, "")
    box.ended_no_step_for(hours=24.4)
    assert "ending this attempt" in box.call("lake-run", "unstick")[1]
    box.wait_for(RUN, lambda state: state.died == 1)
    assert run.poll() is None


def test_a_run_is_never_ended_where_the_hours_are_none_or_what_it_computed_is_unknown(
    box: PlayedBox,
) -> None:
    run = box.begin("lake-run", "start", RUN, HANGS="yes")
    hanging(box)
    box.ended_no_step_for(hours=100)
    for file in (box.folder / "groups").rglob("cpu.stat"):
        file.unlink()
    status, said = box.call("lake-run", "unstick")
    assert status != 0 and "cpu.stat" in said
    box.computed(seconds=0)
    told = box.settings.read_text()
    box.settings.write_text(told.replace("AFTER_HOURS=6", "AFTER_HOURS=0"))
    assert box.call("lake-run", "unstick") == (0, "")
    assert run.poll() is None and box.runs.find(RUN).died == 0
    box.settings.write_text(told)
    assert "ending this attempt" in box.call("lake-run", "unstick")[1]


def test_a_run_whose_steps_end_is_left_alone_and_seldom_asked(box: PlayedBox) -> None:
    run = box.begin("lake-run", "start", RUN, STEPS="200")
    box.wait_for(RUN, at_work)
    for _ in range(2):
        assert box.call("lake-run", "unstick") == (0, "")
    assert not any("patience" in call for call in box.calls)
    # Six hours later; but a step has ended just now.
    box.stand_in("date", "echo $(($(/bin/date +%s) + 6 * 3600))")
    for _ in range(2):
        assert box.call("lake-run", "unstick") == (0, "")
    assert sum("patience" in call for call in box.calls) == 1
    os.kill(box.container(), signal.SIGUSR1)
    run.communicate(timeout=60)
    assert run.returncode == 5 and box.runs.find(RUN).attempt == 1
    assert box.call("lake-run", "unstick") == (0, "")


def test_lines_that_cloudwatch_does_not_take_hold_no_run_up(box: PlayedBox) -> None:
    with box.settings.open("a") as settings:
        settings.write("LAKE_LOG_DRIVER=awslogs\nAWS_DEFAULT_REGION=r\nLAKE_LOG_GROUP=g\n")
    assert box.call("lake-run", "start", RUN, STEPS="1")[0] == 0
    (call,) = [call for call in box.calls if "lake.box work" in call]
    assert "--log-opt mode=non-blocking --log-opt max-buffer-size=4m" in call


def test_a_run_that_is_over_is_not_begun_again(box: PlayedBox) -> None:
    assert box.call("lake-run", "start", RUN, STEPS="1")[0] == 0
    status, said = box.call("lake-run", "start", RUN)
    assert status == 1 and f"Run {RUN} is over (done); start a new one." in said


def test_with_no_run_open_resuming_does_nothing(box: PlayedBox) -> None:
    assert box.call("lake-run", "resume") == (0, "")
    assert box.call("lake-run", "at-work") == (1, "")


def test_a_container_may_write_its_own_tmp_and_nothing_else(box: PlayedBox) -> None:
    box.call("lake-run", "start", RUN, STEPS="1")
    (call,) = [call for call in box.calls if "lake.box work" in call]
    for words in ("--read-only", "--mount type=volume,dst=/tmp", "--cap-drop ALL",
                  "--memory 4096m --memory-swap 4096m", "no-new-privileges", "--rm"):  # fmt: skip
        assert words in call
    assert "docker.sock" not in call


def test_a_definition_of_ones_own_is_in_every_container_and_cannot_be_written(
    box: PlayedBox,
) -> None:
    own = box.folder / "definition"
    with box.settings.open("a") as settings:
        settings.write(f"LAKE_DEFINITION={own}\n")
    status, said = box.call("lake-run", "start", RUN, STEPS="1")
    assert status == 0, said
    assert f"definition: {own}\n" in said
    calls = [call for call in box.calls if call.startswith("docker run")]
    assert calls and all(f"--mount type=bind,src={own},dst={own},readonly" in c for c in calls)


def test_without_one_a_run_is_of_the_retail_lake(box: PlayedBox) -> None:
    status, said = box.call("lake-run", "start", RUN, STEPS="1")
    assert status == 0 and "definition: retail\n" in said
    assert not any("type=bind" in call for call in box.calls)


@pytest.mark.parametrize("words", [(), ("start",), ("dance",)])
def test_a_wrong_call_is_refused(box: PlayedBox, words: tuple[str, ...]) -> None:
    status, said = box.call("lake-run", *words)
    assert status == 2 and said != ""
