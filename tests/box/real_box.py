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
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3

from jobs.settings import Zones
from lake.box.state import Runs, RunState
from lake.native import Native
from lake.options import Place
from tests import small
from tests.box.docker_host import PROJECT

ZONES = ("landing", "bronze", "silver", "gold")
LOG_GROUP = "/shop/box"
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
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
               ("AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", *KEYS)},
            "LAKE_IMAGE": image, "LAKE_BOX_INSTANCE": "i-1", "LAKE_RUN_MEMORY_MB": "4096",
            "LAKE_NOTEBOOK_MEMORY_MB": "3072", "LAKE_LOG_GROUP": LOG_GROUP,
            "LAKE_LOG_ENDPOINT": endpoint, "LAKE_DEFINITION": str(small.SHOP),
            # A run this short ends before the JVM's second compiler pays.
            "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1",
        }  # fmt: skip
        self.settings.write_text(_lines(told))
        # A real box has no keys in its settings: a notebook has what lies in the reader's file.
        self.keyless = folder / "keyless.env"
        kept = {name: value for name, value in told.items() if name not in KEYS}
        self.keyless.write_text(_lines(kept))

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

    def land(self, files: Mapping[str, str]) -> None:
        """Lands files here and in the twin."""
        small.write(files, self.twin / "landing")
        for path, content in files.items():
            self.s3.put_object(Bucket="shop-landing", Key=path, Body=content.encode())

    def run_the_twin(self) -> dict[str, Any]:
        """What one ordinary run over all that has landed tells."""
        root = ["--root", str(self.twin), "--definition", str(small.SHOP)]
        done = subprocess.run(
            [sys.executable, "-m", "lake", *root, "run", "--json"],
            cwd=PROJECT, env={**os.environ, "PYTHONPATH": str(PROJECT)},
            capture_output=True, text=True, timeout=PATIENCE_SECONDS,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return facts(json.loads(done.stdout))

    def facts(self, run_id: str) -> dict[str, Any]:
        """What a run of the box told, the same way."""
        state = self.runs.find(run_id)
        assert state is not None and state.report is not None
        return facts(dict(state.report))

    def tables(self, zones: Zones) -> dict[str, list[str]]:
        """{table: its rows, in order} of silver and gold, without what is a run's own."""
        native = Native(Place("", zones, str(small.SHOP)))
        left_out = ", ".join(f"'{name}'" for name in small.OWN_TO_A_RUN)
        found = {}
        for layer, table in native.tables():
            if layer in ("silver", "gold"):
                rows = native.rows(f"SELECT COLUMNS(c -> c NOT IN ({left_out})) "
                                   f'FROM {layer}."{table}"')  # fmt: skip
                found[f"{layer}.{table}"] = sorted(map(repr, rows))
        return found

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


def _lines(told: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in told.items())


def facts(report: dict[str, Any]) -> dict[str, Any]:
    """Of a report, where every record is: what does not depend on which run a file came with."""
    return {name: report[name] for name in ("books", "exit_status")}
