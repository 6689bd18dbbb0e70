"""A folder that plays the box: its commands, a lake on its disk, and an engine without Spark."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from jobs.settings import Zones
from lake.box.state import Runs, RunState

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
BIN = PROJECT / "bootstrap" / "bin"
RUN = "20260101T060000-1a2b3c"
OTHER = "20260102T060000-4d5e6f"
PATIENCE_SECONDS = 20.0


class PlayedBox:
    """The box. ``calls``: the words of each stand-in's call."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.zones = Zones.under(str(folder / "lake"))
        self.runs = Runs(self.zones)
        self.started: list[subprocess.Popen[str]] = []
        settings = {
            "LAKE_IMAGE": "lake:1", "LAKE_LOG_DRIVER": "local", "LAKE_RUN_MEMORY_MB": "4096",
            "LAKE_NOTEBOOK_MEMORY_MB": "1024", "LAKE_BOX_INSTANCE": "i-1", "LAKE_NAME": "shop",
            "LAKE_IDLE_MINUTES": "30", "LAKE_STUCK_AFTER_HOURS": "6",
            "LAKE_READER_ROLE": "arn:aws:iam::1:role/reader",
            "LAKE_LANDING": self.zones.landing, "LAKE_BRONZE": self.zones.bronze,
            "LAKE_SILVER": self.zones.silver, "LAKE_GOLD": self.zones.gold,
        }  # fmt: skip
        self.settings = folder / "box.env"
        self.settings.write_text("".join(f"{k}={v}\n" for k, v in settings.items()))
        (folder / "calls").touch()
        (folder / "run").mkdir()
        (folder / "bin").mkdir()
        self.computed(seconds=0)

    def stand_in(self, name: str, script: str) -> None:
        """Puts a bash script in the place of a command; its call is noted first."""
        file = self.folder / "bin" / name
        file.write_text(f'#!/bin/bash\necho "{name} $*" >>"$CALLS"\n{script}\n')
        file.chmod(0o755)

    def environment(self, **more: str) -> dict[str, str]:
        path = (self.folder / "bin", HERE / "stand_ins", BIN, os.environ["PATH"])
        return {
            **os.environ, "PATH": ":".join(map(str, path)), "CALLS": str(self.folder / "calls"),
            "LAKE_PAUSE_SECONDS": "0", "PYTHON": sys.executable,
            "IMAGE": f"{HERE / 'engine'}:{PROJECT}",
            "LAKE_CGROUPS": str(self.folder / "groups"),
            "LAKE_BOX_SETTINGS": str(self.settings), "LAKE_RUN_FOLDER": str(self.folder / "run"),
            **more,
        }  # fmt: skip

    def begin(self, *command: str, **more: str) -> subprocess.Popen[str]:
        """Starts a command of the box and does not wait for it."""
        process = subprocess.Popen(
            command, env=self.environment(**more), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self.started.append(process)
        return process

    def call(self, *command: str, **more: str) -> tuple[int, str]:
        """A command of the box: its exit status and all that it said."""
        process = self.begin(*command, **more)
        said, _ = process.communicate(timeout=PATIENCE_SECONDS)
        return process.returncode, said

    @property
    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text().splitlines()

    def container(self) -> int:
        """The process in the run's container."""
        return int((self.folder / "container-lake-run").read_text().split()[0])

    def wait_for(self, run_id: str, fits: Callable[[RunState], bool]) -> RunState:
        """The state of a run once it fits."""

        def found() -> RunState | None:
            state = self.runs.find(run_id)
            return state if state and fits(state) else None

        return until(found)

    def reboot(self) -> None:
        """Everything on the box ends without a word, and what lay in memory is gone."""
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        shutil.rmtree(self.folder / "run")
        (self.folder / "run").mkdir()

    def computed(self, seconds: int) -> None:
        """Notes how much processor time a container has had, as the kernel does."""
        # The container that a process of this machine plays is in the group that this one is in.
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        (group,) = [line[len("0::/") :] for line in lines if line.startswith("0::/")] or [""]
        folder = self.folder / "groups" / group
        folder.mkdir(parents=True, exist_ok=True)
        told = f"usage_usec {seconds * 1_000_000}\nuser_usec 1\nsystem_usec 2\n"
        (folder / "cpu.stat").write_text(told)

    def ended_no_step_for(self, hours: float) -> None:
        """Makes the open run's last step older, and the box's clock later, by so much."""
        state = self.runs.open_run()
        assert state is not None
        then = datetime.now(timezone.utc) - timedelta(hours=hours)
        file = Path(self.zones.bronze, "_lake", "runs-state", f"{state.run_id}.json")
        file.write_bytes(replace(state, updated=then.isoformat(timespec="seconds")).as_json())
        self.stand_in("date", f"echo $(($(/bin/date +%s) + {round(hours * 3600)}))")

    def was_old(self, run_id: str, **changes: object) -> None:
        """Changes the state of a run, as time would have."""
        state = self.runs.find(run_id)
        assert state is not None
        self.runs.write(replace(state, **changes))


def until(found: Callable[[], object]):
    """What ``found`` gives once it gives something."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited {PATIENCE_SECONDS} s in vain")


@pytest.fixture
def box(tmp_path: Path) -> Iterator[PlayedBox]:
    played = PlayedBox(tmp_path)
    yield played
    played.reboot()
