"""The box turns itself off when nobody uses it, and never while somebody does."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from lake.box.state import INTERRUPTED, STOPPED, Asked, Box
from tests.box.conftest import RUN, PlayedBox

OFF = (
    "aws autoscaling set-desired-capacity --auto-scaling-group-name box-group --desired-capacity 0"
)


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
