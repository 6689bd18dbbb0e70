"""The box turns itself off when nobody uses it, and never while somebody does."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from lake.box.state import INTERRUPTED, STOPPED, Asked, Box
from tests.box.conftest import PROJECT, RUN, PlayedBox

SWITCH = "aws autoscaling set-desired-capacity --auto-scaling-group-name box-group"
OFF, ON = f"{SWITCH} --desired-capacity 0", f"{SWITCH} --desired-capacity 1"


@pytest.fixture
def idle(box: PlayedBox) -> PlayedBox:
    """A box that nobody has used for an hour."""
    box.stand_in("aws", "if [[ $1 == ssm ]]; then echo box-group; fi")
    box.stand_in("ss", "")
    box.stand_in("pgrep", "exit 1")
    used(box, minutes_ago=60)
    return box


def used(box: PlayedBox, minutes_ago: int) -> None:
    file = box.folder / "run" / "last-used"
    file.touch()
    then = time.time() - minutes_ago * 60
    os.utime(file, (then, then))


def off(box: PlayedBox) -> bool:
    status, said = box.call("lake-idle")
    assert status == 0, said
    return OFF in box.calls


def test_a_box_that_nobody_uses_turns_off(idle: PlayedBox) -> None:
    assert off(idle)
    assert "aws ssm get-parameter --name /shop/box/group --query Parameter.Value" in str(idle.calls)


def test_a_box_used_lately_stays_on(idle: PlayedBox) -> None:
    used(idle, minutes_ago=29)
    assert not off(idle)


def test_a_box_that_has_just_booted_counts_as_used(idle: PlayedBox) -> None:
    (idle.folder / "run" / "last-used").unlink()
    assert not off(idle)
    assert (idle.folder / "run" / "last-used").exists()


def test_a_run_at_work_keeps_it_on(idle: PlayedBox) -> None:
    idle.begin("lake-run", "start", RUN, STEPS="200")
    idle.wait_for(RUN, lambda state: state.step != "")
    assert not off(idle)


def test_a_run_that_hangs_is_ended_even_where_the_box_never_turns_off(idle: PlayedBox) -> None:
    text = idle.settings.read_text().replace("IDLE_MINUTES=30", "IDLE_MINUTES=0")
    idle.settings.write_text(text)
    run = idle.begin("lake-run", "start", RUN, HANGS="yes")
    idle.wait_for(RUN, lambda state: state.state == "running")
    assert not off(idle)
    idle.ended_no_step_for(hours=6.1)
    assert not off(idle)
    state = idle.wait_for(RUN, lambda state: state.died == 1)
    assert "for 6 hours no step of it had ended" in state.reason
    assert run.poll() is None


def test_a_run_that_is_asked_for_and_not_yet_at_work_keeps_it_on(idle: PlayedBox) -> None:
    used(idle, minutes_ago=59)
    idle.runs.ask(RUN, Asked())
    assert not off(idle)
    idle.runs.end(idle.runs.find(RUN), STOPPED, exit_status=5)
    assert off(idle)


def test_a_run_that_waits_to_go_on_keeps_it_on(idle: PlayedBox) -> None:
    used(idle, minutes_ago=31)
    idle.runs.end(idle.runs.begin(RUN, Asked(), Box("i-0")), INTERRUPTED)
    assert not off(idle)


def test_a_run_that_never_goes_on_keeps_it_on_for_half_an_hour_and_no_longer(idle) -> None:
    idle.runs.ask(RUN, Asked())
    used(idle, minutes_ago=60)
    status, said = idle.call("lake-idle")
    assert status == 0 and f"run {RUN} is not over" in said
    assert OFF in idle.calls
    assert ON not in idle.calls, "that run was known, and would turn the box on for ever"


@pytest.mark.parametrize(("minutes", "stays"), [(59, True), (60, False)])
def test_where_it_cannot_be_asked_a_run_is_taken_to_wait(idle, minutes: int, stays: bool) -> None:
    used(idle, minutes_ago=minutes)
    assert idle.call("lake-idle", DOCKER_FAILS="run")[0] == 0
    assert (OFF in idle.calls) != stays


@pytest.mark.parametrize(("command", "answer"), [("ss", "echo ESTAB 0 0"), ("pgrep", "echo 42")])
def test_a_session_keeps_it_on_and_starts_the_clock_anew(idle, command: str, answer: str) -> None:
    before = (idle.folder / "run" / "last-used").stat().st_mtime
    idle.stand_in(command, answer)
    assert not off(idle)
    assert (idle.folder / "run" / "last-used").stat().st_mtime > before


def while_it_turns_off(idle: PlayedBox, act: str) -> list[str]:
    """What the group is told where this happens at the moment in which it is told to go."""
    answer = "if [[ $1 == ssm ]]; then echo box-group; fi"
    idle.stand_in("aws", f"{answer}\n[[ $* != *capacity\\ 0 ]] || {{ {act}; }}")
    status, said = idle.call("lake-idle")
    assert status == 0, said
    return [call for call in idle.calls if call.startswith(SWITCH)]


def test_a_run_that_is_asked_for_while_it_turns_off_turns_it_on_again(idle: PlayedBox) -> None:
    ask = f"PYTHONPATH={PROJECT} {sys.executable} -m lake.box ask {RUN}"
    zones = "set -a; source $LAKE_BOX_SETTINGS; set +a"
    assert while_it_turns_off(idle, f"{zones}; {ask}") == [OFF, ON]
    idle.runs.end(idle.runs.find(RUN), STOPPED, exit_status=5)


def test_a_box_asked_to_stay_while_it_turns_off_turns_on_again(idle: PlayedBox) -> None:
    script = PROJECT / "bootstrap" / "documents" / "use.sh"
    assert while_it_turns_off(idle, f"bash {script}") == [OFF, ON]


def test_a_box_asked_to_stay_on_begins_its_minutes_anew(idle: PlayedBox) -> None:
    assert idle.call("bash", str(PROJECT / "bootstrap" / "documents" / "use.sh"))[0] == 0
    assert not off(idle)


def test_where_nobody_asks_for_it_meanwhile_it_is_told_once_to_go(idle: PlayedBox) -> None:
    assert while_it_turns_off(idle, "true") == [OFF]


@contextmanager
def jupyter(kernels: str) -> Iterator[None]:
    """A Jupyter that tells of these kernels, to whoever has the token."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            good = self.headers.get("Authorization") == "token secret"
            self.send_response(200 if good else 403)
            self.end_headers()
            self.wfile.write(kernels.encode() if good else b"[]")

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    server = _at_jupyters_port(Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def _at_jupyters_port(answers: type[BaseHTTPRequestHandler]) -> HTTPServer:
    """A server there, once no real Jupyter of this machine has the port any more."""
    for _ in range(180):
        with suppress(OSError):
            return HTTPServer(("127.0.0.1", 8888), answers)
        time.sleep(1)
    raise AssertionError("port 8888 is in use on this machine: the test needs it")


@pytest.mark.parametrize(
    ("connections", "state", "stays"),
    [(1, "idle", True), (0, "busy", True), (0, "idle", False)],
)
def test_a_notebook_keeps_it_on_while_it_is_open_or_computes(
    idle: PlayedBox, connections: int, state: str, stays: bool
) -> None:
    (idle.folder / "run" / "notebook-token").write_text("secret")
    with jupyter(f'[{{"connections": {connections}, "execution_state": "{state}"}}]'):
        assert off(idle) != stays


def test_a_jupyter_that_is_gone_is_no_use(idle: PlayedBox) -> None:
    (idle.folder / "run" / "notebook-token").write_text("secret")
    assert off(idle)


def test_it_never_turns_off_where_that_was_chosen(idle: PlayedBox) -> None:
    text = idle.settings.read_text().replace("LAKE_IDLE_MINUTES=30", "LAKE_IDLE_MINUTES=0")
    idle.settings.write_text(text)
    assert not off(idle)
