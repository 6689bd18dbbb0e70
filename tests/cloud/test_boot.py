"""The boot script, run for real with stand-ins for the commands that reach AWS."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import zipfile
from pathlib import Path

import pytest

from cdk_app.cdk import PROJECT
from stacks.resources.boot import user_data

TOLD = {
    "LAKE_NAME": "medallion",
    "LAKE_REGION": "eu-west-1",
    "LAKE_STACK": "medallion-box",
    "LAKE_SIGNAL_TO": "BoxGroup",
    "LAKE_SOURCE": "s3://assets/source.zip",
    "LAKE_DEFINITION_SOURCE": "",
    "LAKE_LAST_BOOT": "/medallion/box/last-boot",
    "LAKE_BOOT_SECONDS": "30",
}
AWS = """#!/bin/bash
echo "aws $*" >>"$CALLS"
case "$1 $2" in
  "s3 cp") cp "$SOURCE_ZIP" "${@: -1}" ;;
  "ssm get-parameter") echo "bucket-of-$4" ;;
  "s3api list-objects-v2") [[ $* != *"$REFUSED"* ]] || { echo "AccessDenied: no" >&2; exit 254; } ;;
  "ssm put-parameter") printf '%s' "${@: -1}" >"$REPORT" ;;
  "logs put-log-events")
    [[ -z $NO_LOGS ]] || exit 254
    cp "$(sed 's,.*file://,,' <<<"$*")" "$EVENTS" ;;
esac
"""
SIGNAL = """#!/bin/bash
echo "cfn-signal $*" >>"$CALLS"
exit "${SIGNAL_STATUS:-0}"
"""


class Machine:
    """A folder that plays the instance: its commands, its calls, what it reported."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.steps = {
            path.name: path.read_text()
            for path in (PROJECT / "bootstrap" / "steps").glob("10-*.sh")
        }
        (folder / "instance-id").write_text("i-7\n")
        (folder / "bin").mkdir()
        for name, text in (("aws", AWS), ("cfn-signal", SIGNAL)):
            command = folder / "bin" / name
            command.write_text(text)
            command.chmod(command.stat().st_mode | stat.S_IXUSR)

    def boot(self, refused: str = "nothing at all", **more: str) -> int:
        with zipfile.ZipFile(self.folder / "source.zip", "w") as source:
            for name, text in self.steps.items():
                source.writestr(f"bootstrap/steps/{name}", text)
        script = (PROJECT / "bootstrap" / "user_data.sh").read_text()
        (self.folder / "script").write_text(user_data(script, {**TOLD, **more}))
        environment = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "CALLS": str(self.folder / "calls"),
            "REPORT": str(self.folder / "report"),
            "SOURCE_ZIP": str(self.folder / "source.zip"),
            "EVENTS": str(self.folder / "events"),
            "LAKE_INSTANCE_FILE": str(self.folder / "instance-id"),
            "REFUSED": refused,
            "LAKE_HOME": str(self.folder / "home"),
            "LAKE_BOOT_LOG": str(self.folder / "log"),
            **more,
        }
        command = ["bash", str(self.folder / "script")]
        done = subprocess.run(
            command, env=environment, capture_output=True, check=False, timeout=60
        )
        return done.returncode

    def called(self, start: str) -> list[str]:
        lines = (self.folder / "calls").read_text().splitlines()
        return [line for line in lines if line.startswith(start)]

    def signals(self) -> list[str]:
        return self.called("cfn-signal")

    def report(self) -> dict[str, str]:
        return json.loads((self.folder / "report").read_text())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_good_boot_signals_success_once(machine: Machine) -> None:
    assert machine.boot() == 0
    assert machine.signals() == [
        "cfn-signal --exit-code 0 --region eu-west-1 --stack medallion-box --resource BoxGroup"
    ]
    assert machine.report()["status"] == "ok"


def test_a_zone_that_cannot_be_reached_fails_the_deployment_with_its_reason(
    machine: Machine,
) -> None:
    assert machine.boot(refused="silver") != 0
    (signal,) = machine.signals()
    assert "--exit-code 0" not in signal
    assert machine.report()["status"] == "failed"
    assert machine.report()["reason"].startswith("10-reach-the-zones")
    assert "AccessDenied" in machine.report()["last_lines"]


def test_a_source_that_is_not_there_fails_the_deployment(machine: Machine) -> None:
    assert machine.boot(SOURCE_ZIP="/nowhere.zip") != 0
    assert len(machine.signals()) == 1
    assert machine.report()["reason"].startswith("fetch the source")


def test_steps_run_in_their_order_and_stop_at_the_first_failure(machine: Machine) -> None:
    machine.steps = {
        "20-b.sh": "echo b; false\necho never",
        "10-a.sh": "echo a",
        "30-c.sh": "echo c",
    }
    assert machine.boot() != 0
    lines = (machine.folder / "log").read_text().splitlines()
    assert [line for line in lines if line in ("a", "b", "c", "never")] == ["a", "b"]


def test_a_boot_that_hangs_signals_before_cloudformation_gives_up(machine: Machine) -> None:
    machine.steps = {"10-hang.sh": "sleep 50"}
    assert machine.boot(LAKE_BOOT_SECONDS="2") != 0
    assert len(machine.signals()) == 1


def test_a_replacement_box_boots_though_nobody_waits_for_its_signal(machine: Machine) -> None:
    assert machine.boot(SIGNAL_STATUS="1") == 0
    assert machine.report()["status"] == "ok"


TURNED_OFF = "aws autoscaling set-desired-capacity"


def test_a_box_that_fails_where_no_deployment_waits_turns_itself_off(machine: Machine) -> None:
    assert machine.boot(refused="silver", SIGNAL_STATUS="1") != 0
    assert machine.called(TURNED_OFF) == [
        f"{TURNED_OFF} --auto-scaling-group-name bucket-of-/medallion/box/group "
        "--desired-capacity 0"
    ]
    assert machine.report()["status"] == "failed"


def test_a_deployment_takes_its_failed_box_away_itself_and_a_good_one_stays_on(
    machine: Machine,
) -> None:
    assert machine.boot(refused="silver") != 0
    assert machine.boot(SIGNAL_STATUS="1") == 0
    assert machine.called(TURNED_OFF) == []


@pytest.mark.parametrize("refused", ["nothing at all", "silver"])
def test_the_boots_log_outlives_the_box_in_a_stream_of_its_own(
    machine: Machine, refused: str
) -> None:
    status = machine.boot(refused=refused)
    stream = "--log-group-name bucket-of-/medallion/records/log-group --log-stream-name boot/i-7"
    assert machine.called("aws logs create-log-stream") == [f"aws logs create-log-stream {stream}"]
    events = json.loads((machine.folder / "events").read_text())
    said = [event["message"] for event in events]
    assert all(said) and "lake-boot: 10-reach-the-zones" in said
    assert ("AccessDenied: no" in said) == (status != 0)
    assert machine.report()["instance"] == "i-7"
    calls = machine.called("")
    assert calls.index(machine.signals()[0]) > max(
        index for index, call in enumerate(calls) if call.startswith("aws logs")
    )


def test_a_log_that_cannot_be_kept_changes_nothing_else(machine: Machine) -> None:
    assert machine.boot(NO_LOGS="yes") == 0
    assert len(machine.signals()) == 1 and machine.report()["status"] == "ok"


def test_the_report_fits_a_standard_parameter(machine: Machine) -> None:
    machine.steps = {"10-loud.sh": "printf '\"%.0s' {1..5000}; echo; false"}
    assert machine.boot() != 0
    assert len((machine.folder / "report").read_bytes()) <= 4096


def test_what_the_script_is_told_is_never_read_as_code(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(user_data('#!/bin/bash\necho "$NAME"', {"NAME": "$(touch x); `id` 'y'"}))
    said = subprocess.run(["bash", str(script)], capture_output=True, text=True, check=True)
    assert said.stdout == "$(touch x); `id` 'y'\n"
