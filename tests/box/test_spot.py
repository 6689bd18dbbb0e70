"""The watcher for the notice that comes two minutes before the box goes."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.box.conftest import RUN, PlayedBox, until
from tests.box.metadata import Metadata


@pytest.fixture
def metadata() -> Iterator[Metadata]:
    with Metadata() as server:
        yield server


def watch(box: PlayedBox, metadata: Metadata):
    return box.begin("lake-spot", LAKE_METADATA=metadata.address, LAKE_SPOT_SECONDS="0.05")


def test_a_notice_in_mid_run_stops_the_run_at_a_safe_point(box, metadata: Metadata) -> None:
    run = box.begin("lake-run", "start", RUN, STEPS="200")
    box.wait_for(RUN, lambda state: state.step != "")
    watcher = watch(box, metadata)
    until(lambda: 404 in metadata.asked)
    metadata.take_away()
    said, _ = watcher.communicate(timeout=20)
    assert watcher.returncode == 0 and "this box is to be taken away" in said
    run.communicate(timeout=20)
    assert run.returncode == 75
    assert box.runs.find(RUN).state == "interrupted"


def test_without_a_run_a_notice_keeps_the_box_from_beginning_one(box, metadata: Metadata) -> None:
    metadata.take_away()
    assert watch(box, metadata).wait(timeout=20) == 0
    status, said = box.call("lake-run", "start", RUN)
    assert status == 75 and f"run {RUN} waits for the next one" in said
    assert box.runs.find(RUN).state == "pending", "the next box finds it"


def test_a_token_that_ran_out_is_asked_for_anew(box, metadata: Metadata) -> None:
    watcher = watch(box, metadata)
    until(lambda: 404 in metadata.asked)
    metadata.token = "another"
    until(lambda: 401 in metadata.asked)
    metadata.take_away()
    assert watcher.wait(timeout=20) == 0


def test_a_service_that_does_not_answer_is_told_once_and_waited_for(box, metadata) -> None:
    silent = box.begin("lake-spot", LAKE_METADATA="http://127.0.0.1:9", LAKE_SPOT_SECONDS="0.05")
    time.sleep(1)
    silent.terminate()
    said, _ = silent.communicate(timeout=20)
    assert said.count("the metadata service answered: no token") == 1
