"""docs/aws-flow.md: its commands do what it says, in its order, and its diagram is the code's."""

from __future__ import annotations

import http.server
import os
import re
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result
from moto.ssm.models import ssm_backends

from cdk_app.cdk import PROJECT
from lake.__main__ import cli
from lake.aws import address, asking, follow
from lake.aws.lake import AwsLake
from lake.box import state
from tests.cloud.stand_in import ACCOUNT, CREDENTIALS, REGION, aws

PAGE = (PROJECT / "docs" / "aws-flow.md").read_text(encoding="utf-8")
ZONES = ("landing", "bronze", "silver", "gold")
TOKEN = "0123456789abcdef"
SSH = """#!{python}
import socket, sys
(port,) = [word.split(":")[1] for word in sys.argv if word.count(":") == 3]
with socket.create_server(("127.0.0.1", int(port))) as server:
    server.settimeout(20)
    server.accept()
"""


def commands() -> list[list[str]]:
    """The page's commands, each as its words."""
    blocks = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    lines = "\n".join(blocks).splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def diagram() -> str:
    (found,) = re.findall(r"```mermaid\n(.*?)```", PAGE, re.DOTALL)
    return found


class Box(threading.Thread):
    """Plays the box, in another thread: boots when there is an instance, does what SSM asks, and
    runs the engine for real."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(daemon=True)
        self.endpoint, self.ended, self.done = endpoint, threading.Event(), set[str]()
        self.answered: set[str] = set()
        self.failure = ""

    def run(self) -> None:
        while not self.ended.wait(0.5):
            try:
                for instance in self._instances():
                    self._boot(instance)
                self._obey()
            except Exception as error:
                self.failure = repr(error)
                raise

    def _instances(self) -> list[str]:
        groups = boto3.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
        return [i["InstanceId"] for group in groups for i in group["Instances"]]

    def _boot(self, instance: str) -> None:
        if instance in self.done:
            return
        self.done.add(instance)
        ended = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() + 1))
        boto3.client("ssm").put_parameter(
            Name="/medallion/box/last-boot", Overwrite=True,
            Value=f'{{"status": "ok", "reason": "booted", "ended": "{ended}"}}',
        )  # fmt: skip

    def _obey(self) -> None:
        for command in list(ssm_backends[ACCOUNT][REGION]._commands):
            if command.command_id in self.done:
                continue
            self.done.add(command.command_id)
            if command.document_name == "medallion-notebook":
                command.invocations[0]["StandardOutputContent"] = f"{TOKEN}\n"
                self.answered.add(command.command_id)
            else:
                self.answered.add(command.command_id)
                self._work(command.parameters["RunId"][0])

    def _work(self, run_id: str) -> None:
        told = {
            **os.environ, **self._settings(), "PYTHONPATH": str(PROJECT),
            "LAKE_BOX_INSTANCE": self._instances()[0], "LAKE_BOX_KIND": "t3.xlarge",
        }  # fmt: skip
        module = [sys.executable, "-m", "lake.box"]
        subprocess.run([*module, "ask", run_id], env=told, check=True)
        done = subprocess.run([*module, "work", run_id], env=told, capture_output=True, text=True)
        assert done.returncode in (0, 3), done.stderr
        logs, stream = boto3.client("logs"), {"logGroupName": "/medallion/box"}
        logs.create_log_stream(**stream, logStreamName=f"run/{run_id}")
        logs.put_log_events(
            **stream, logStreamName=f"run/{run_id}",
            logEvents=[
                {"timestamp": int(time.time() * 1000), "message": line}
                for line in done.stdout.splitlines() if line
            ],
        )  # fmt: skip

    def _settings(self) -> dict[str, str]:
        ssm = boto3.client("ssm")
        buckets = {
            zone: ssm.get_parameter(Name=f"/medallion/zones/{zone}/bucket")["Parameter"]["Value"]
            for zone in ZONES
        }
        zones = {f"LAKE_{zone.upper()}": f"s3://{bucket}" for zone, bucket in buckets.items()}
        return {**zones, "LAKE_NAME": "medallion"}


class Terminal:
    """Where the page's commands are typed; ``said``: the answer to each."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.said: dict[str, list[Result]] = {}

    def type(self, words: list[str]) -> None:
        if words[0] == "make":
            self._make(words[1:])
        elif words[0] == "lake":
            self._lake(words[1:])
        else:
            assert words == ["source", ".venv/bin/activate"], words

    def _make(self, words: list[str]) -> None:
        """What the target calls, with this interpreter."""
        dry = ["make", "--dry-run", *words, f"CLOUD_PYTHON={sys.executable}"]
        recipe = subprocess.run(dry, cwd=PROJECT, capture_output=True, text=True, check=True)
        calls = recipe.stdout.strip().splitlines()[-1]
        assert calls.startswith(f"{sys.executable} -m cdk_app")
        done = subprocess.run(
            shlex.split(calls), cwd=PROJECT, capture_output=True, text=True, timeout=300,
            env={**os.environ, **CREDENTIALS, "AWS_ENDPOINT_URL": self.endpoint},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def _lake(self, words: list[str]) -> None:
        answer = CliRunner().invoke(cli, words, prog_name="lake")
        assert answer.exit_code in (0, 3), (words, answer.output)
        self.said.setdefault(words[0], []).append(answer)


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """A terminal in an empty folder, AWS's stand-in behind it, and a box that is played."""
    for name in ("AWS_PROFILE", "LAKE_AWS_NAME", *(f"LAKE_{zone.upper()}" for zone in ZONES)):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "bin").mkdir()
    ssh = tmp_path / "bin" / "ssh"
    ssh.write_text(SSH.format(python=sys.executable))
    ssh.chmod(0o755)
    with aws() as endpoint, mirror() as mirrored:
        told = {
            **CREDENTIALS, "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": endpoint,
            "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "BROWSER": "true %s",
        }  # fmt: skip
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(address, "MIRROR", mirrored)
        monkeypatch.setattr(follow, "SETTLE_SECONDS", 1.0)
        monkeypatch.chdir(tmp_path)
        box = Box(endpoint)
        monkeypatch.setattr(asking, "answer_of", answers_of(box))
        box.start()
        yield Terminal(endpoint)
        box.ended.set()
        box.join(20)
        assert box.failure == ""


def answers_of(box: Box) -> Callable[..., dict[str, Any]]:
    """A command's answer, once the played box gave it: moto calls one done when it is sent."""
    told = asking.answer_of

    def answer_of(lake: AwsLake, command: str, instance: str) -> dict[str, Any]:
        if command not in box.answered:
            return {"Status": "Pending"}
        return told(lake, command, instance)

    return answer_of


class mirror:
    """Says what address a caller comes from, as checkip.amazonaws.com does."""

    class _Says(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"198.51.101.7\n")

        def log_message(self, *_: Any) -> None:
            """Nothing to tell."""

    def __enter__(self) -> str:
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._Says)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


# It runs Spark against S3 in this process, which a session made for other tests does not fit.
@pytest.mark.long
def test_the_pages_commands_lead_from_nothing_to_a_chart(terminal: Terminal) -> None:
    for words in commands():
        terminal.type(words)
    said = {verb: [answer.stdout for answer in answers] for verb, answers in terminal.said.items()}
    assert said["allow-ip"] == ["SSH is open to 198.51.101.7/32.\n"]
    first, second = said["run"]
    assert "landed = published + quarantined + superseded" in first
    assert "lake query" in first and first.count("--aws") > 2
    assert "bronze sales" in second
    assert "The box is ready." in said["status"][0] and "gold" in said["status"][0]
    assert said["logs"] == [first]
    assert "2023-" in said["query"][0] and "██" in said["query"][0]
    assert said["tunnel"][0].endswith(f"/lab?token={TOKEN}\n")
    assert said["cost"][0].count("t3.xlarge") >= 2 and "A month like" in said["cost"][0]
    assert "going away" in said["down"][0]


def test_the_page_names_every_verb_that_is_about_aws_alone() -> None:
    from importlib import import_module

    from lake.__main__ import VERBS
    from lake.options import AwsVerb

    verbs = {name: import_module(f"lake.verbs.{name.replace('-', '_')}").verb for name in VERBS}
    words = " ".join(PAGE.split())
    named = words.partition("Verbs that are about AWS alone need neither: ")[2].partition(". ")[0]
    assert set(re.findall(r"`([a-z-]+)`", named)) == {
        name for name, verb in verbs.items() if isinstance(verb, AwsVerb)
    }


def test_the_diagram_has_the_boxs_whole_life_in_the_codes_own_words() -> None:
    drawn = diagram()
    parts = re.findall(r"Note over \w,\w: ([a-z-]+)", drawn)
    assert parts == ["boot", "run", "notice", "resume", "idle-off"]
    bootstrap = PROJECT / "bootstrap"
    known = {path.stem for folder in ("bin", "units") for path in (bootstrap / folder).iterdir()}
    services = set(re.findall(r"\b(lake-[a-z]+)", drawn))
    assert services == {"lake-resume", "lake-spot", "lake-idle"} and services <= known
    for word in (state.PENDING, state.RUNNING, state.INTERRUPTED, state.DONE):
        assert re.search(rf"\b{word}\b", drawn)
    for name in (state.FOLDER, state.OPEN, "box/last-boot"):
        assert name in drawn
    assert f"every {follow.POLL_SECONDS:.0f} s" in drawn
    steps = sorted(path.name[:2] for path in (bootstrap / "steps").iterdir())
    assert f"steps {steps[0]}-{steps[-1]}" in drawn
    assert (bootstrap / "documents" / "run.sh").exists() and "document run" in drawn
