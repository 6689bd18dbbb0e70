"""A box that is shut down, for whatever reason, tells its run first."""

from __future__ import annotations

import re
from configparser import ConfigParser

from tests.box.conftest import BIN, PROJECT, RUN, PlayedBox

UNIT = PROJECT / "bootstrap" / "units" / "lake-leave.service"


def unit() -> ConfigParser:
    parsed = ConfigParser(interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment]
    parsed.read_string(UNIT.read_text())
    return parsed


def leave(box: PlayedBox) -> tuple[int, str]:
    """What systemd does with the unit when the machine is shut down."""
    path, *words = unit()["Service"]["ExecStop"].split()
    return box.call(path.rpartition("/")[2], *words)


def test_a_shutdown_in_mid_run_leaves_the_run_for_the_next_box(box: PlayedBox) -> None:
    run = box.begin("lake-run", "start", RUN, STEPS="200")
    box.wait_for(RUN, lambda state: state.step != "")
    status, said = leave(box)
    assert status == 0 and f"told run {RUN} to stop" in said
    run.communicate(timeout=20)
    assert run.returncode == 75
    assert box.runs.find(RUN).state == "interrupted"


def test_it_is_told_before_the_engine_and_the_network_end_and_has_the_time_it_needs() -> None:
    told = unit()
    # systemd ends units in the order opposite to that in which it begins them.
    assert set(told["Unit"]["After"].split()) == {"docker.service", "network-online.target"}
    service = told["Service"]
    # A service that has ended at once would have nothing to stop.
    assert (service["Type"], service["RemainAfterExit"]) == ("oneshot", "yes")
    (given,) = re.findall(r"LAKE_LEAVE_SECONDS:-(\d+)", (BIN / "lake-run").read_text())
    assert int(given) < int(service["TimeoutStopSec"]) < 120


def test_a_shutdown_without_a_run_stops_no_container_and_changes_no_state(box: PlayedBox) -> None:
    assert box.call("lake-run", "start", RUN, STEPS="1")[0] == 0
    before, calls = box.runs.find(RUN), len(box.calls)
    assert leave(box) == (0, "")
    assert all(call.startswith("docker ps") for call in box.calls[calls:])
    assert box.runs.find(RUN) == before


def test_a_shutdown_after_the_notice_says_the_same_again_and_does_no_harm(box: PlayedBox) -> None:
    assert leave(box) == leave(box) == (0, "")
    box.reboot()
    assert box.call("lake-run", "start", RUN, STEPS="1")[0] == 0


def test_an_engine_that_is_gone_already_is_no_error(box: PlayedBox) -> None:
    status, said = box.call("lake-run", "leave", DOCKER_FAILS="ps")
    assert status == 0, said
