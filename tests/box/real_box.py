"""The box with a real engine: its image, its settings, a lake on a stand-in S3, and a twin of that
lake on this machine's disk that ordinary runs keep."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3

from jobs.settings import Zones
from lake.box.state import Runs, RunState
from tests.box.docker_host import PROJECT

ZONES = ("landing", "bronze", "silver", "gold")
LOG_GROUP = "/shop/box"
PATIENCE_SECONDS = 300.0
DOCUMENTS = PROJECT / "bootstrap" / "documents"


class RealBox:
    """One box and its lake. ``twin``: the local lake's root."""

    def __init__(self, folder: Path, image: str, endpoint: str, client: dict[str, str]) -> None:
        self.folder, self.image, self.client, self.endpoint = folder, image, client, endpoint
        self.twin = folder / "twin"
        self.zones = Zones(*(f"s3://shop-{zone}" for zone in ZONES))
        self.s3 = boto3.client("s3")
        for zone in ZONES:
            self.s3.create_bucket(Bucket=f"shop-{zone}")
        boto3.client("logs").create_log_group(logGroupName=LOG_GROUP)
        self.runs = Runs(self.zones)
        self.settings = folder / "box.env"
        told = {
            **{f"LAKE_{zone.upper()}": f"s3://shop-{zone}" for zone in ZONES},
            **{name: os.environ[name] for name in
               ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                "AWS_DEFAULT_REGION")},
            "LAKE_IMAGE": image, "LAKE_BOX_INSTANCE": "i-1", "LAKE_RUN_MEMORY_MB": "4096",
            "LAKE_NOTEBOOK_MEMORY_MB": "3072", "LAKE_LOG_GROUP": LOG_GROUP,
            "LAKE_LOG_ENDPOINT": endpoint,
        }  # fmt: skip
        self.settings.write_text("".join(f"{name}={value}\n" for name, value in told.items()))

    def environment(self, **more: str) -> dict[str, str]:
        path = f"{PROJECT / 'bootstrap' / 'bin'}:{os.environ['PATH']}"
        return {
            **os.environ, **self.client, "PATH": path, "LAKE_BOX_SETTINGS": str(self.settings),
            "LAKE_RUN_FOLDER": str(self.folder / "run"), "LAKE_PAUSE_SECONDS": "1", **more,
        }  # fmt: skip

    def begin(self, *command: str, **more: str) -> subprocess.Popen[str]:
        """Starts a command on the box."""
        return subprocess.Popen(
            command, env=self.environment(**more), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def document(self, word: str, **parameters: str) -> subprocess.Popen[str]:
        """Does what the SSM agent does with a document: parameters become variables."""
        told = {f"SSM_{name}": value for name, value in parameters.items()}
        return self.begin("bash", str(DOCUMENTS / f"{word}.sh"), **told)

    def run(self, run_id: str) -> subprocess.Popen[str]:
        """Asks for a run of everything."""
        return self.document("run", RunId=run_id, Layers="all", Rebuild="false", From="", To="")

    def wait_for(self, run_id: str, fits: Callable[[RunState], bool]) -> RunState:
        """The state of a run once it fits."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            state = self.runs.find(run_id)
            if state is not None and fits(state):
                return state
            time.sleep(0.2)
        raise AssertionError(f"run {run_id}: {self.runs.find(run_id)}")

    def land(self, *options: str) -> None:
        """Makes landing files for the twin and lands the same on S3."""
        self.lake("generate", *options)
        landing = self.twin / "landing"
        for file in landing.rglob("*.csv*"):
            self.s3.upload_file(str(file), "shop-landing", str(file.relative_to(landing)))

    def lake(self, *words: str) -> str:
        """Types ``lake ...`` on the twin."""
        done = subprocess.run(
            [sys.executable, "-m", "lake", "--root", str(self.twin), *words],
            cwd=PROJECT, env={**os.environ, "PYTHONPATH": str(PROJECT)},
            capture_output=True, text=True, timeout=PATIENCE_SECONDS,
        )  # fmt: skip
        assert done.returncode in (0, 3), done.stderr
        return done.stdout

    def twin_facts(self) -> dict[str, Any]:
        """Runs the twin; what its run tells."""
        return facts(json.loads(self.lake("run", "--json")))

    def facts(self, run_id: str) -> dict[str, Any]:
        """What a run of the box told, the same way."""
        state = self.runs.find(run_id)
        assert state is not None and state.report is not None
        return facts(dict(state.report))

    def gold(self, zone: str) -> dict[str, list[tuple]]:
        """{mart: its rows, in order} of a lake's gold zone."""
        from lake.native import Native
        from lake.options import Place

        zones = Zones.under(str(self.twin)) if zone == "twin" else self.zones
        native = Native(Place("", zones, ""))
        marts = [table for layer, table in native.tables() if layer == "gold"]
        assert marts
        return {m: sorted(map(repr, native.rows(f'SELECT * FROM gold."{m}"'))) for m in marts}

    def log(self, run_id: str) -> list[str]:
        """The lines that a run's log stream holds."""
        told = boto3.client("logs").get_log_events(
            logGroupName=LOG_GROUP, logStreamName=f"run/{run_id}", startFromHead=True
        )
        return [event["message"] for event in told["events"]]

    def reboot(self) -> None:
        """What a replacement does not inherit."""
        shutil.rmtree(self.folder / "run", ignore_errors=True)

    def kill_container(self) -> None:
        """Ends the run's container with no warning."""
        subprocess.run(["docker", "kill", f"--signal={signal.SIGKILL.value}", "lake-run"],
                       env=self.environment(), check=True, capture_output=True)  # fmt: skip


def facts(report: dict[str, Any]) -> dict[str, Any]:
    """Of a report, where every record is and what needs a look: all that does not depend on how
    often the run was begun."""
    return {name: report[name] for name in ("books", "notes", "exit_status")}
