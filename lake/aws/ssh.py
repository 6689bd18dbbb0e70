"""SSH to the box with a key that lives a minute, and Session Manager where SSH is not wanted."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.errors import DefinitionError, LakeError
from lake.aws.address import allowed
from lake.aws.box import Machine
from lake.aws.lake import AwsLake

USER = "ec2-user"
PORT_FORWARDING = "AWS-StartPortForwardingSession"
# The name by which the plugin, from 1.2.497 on, finds the answer in its environment, where other
# users of this machine do not see the token that is in it.
ANSWER = "AWS_SSM_START_SESSION_RESPONSE"
PLUGIN = "session-manager-plugin"
PLUGIN_PAGE = (
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/"
    "session-manager-working-with-install-plugin.html"
)
HOST_KEYS = re.compile(r"-----BEGIN SSH HOST KEY KEYS-----(.*?)-----END", re.DOTALL)


@dataclass(frozen=True)
class Command:
    """A program to call. environment: laid over this process's own."""

    words: Sequence[str]
    environment: Mapping[str, str]

    def start(self) -> subprocess.Popen[bytes]:
        """Starts it with this terminal."""
        return subprocess.Popen(list(self.words), env={**os.environ, **self.environment})


@contextmanager
def ssh(lake: AwsLake, machine: Machine, words: Sequence[str]) -> Iterator[Command]:
    """An SSH call to the box; its key is gone when the block ends.

    :param words: ssh's own, put before the box's address; after ``--`` the box's command
    :raises DefinitionError: SSH is open to nobody, or this machine has no ssh
    """
    if not machine.address:
        raise LakeError(f"The box {machine.instance} has no public address: use --via ssm.")
    if not allowed(lake):
        raise DefinitionError("SSH is open to nobody yet: `lake allow-ip` opens it to you.")
    options, command = _split(words)
    with tempfile.TemporaryDirectory(prefix="lake-ssh-") as folder:
        key = _push_key(lake, machine, Path(folder))
        hosts, strict = _known_host(lake, machine, Path(folder))
        yield Command(
            [
                program("ssh"), "-i", str(key), "-o", "IdentitiesOnly=yes", "-o",
                f"UserKnownHostsFile={hosts}", "-o", f"StrictHostKeyChecking={strict}", "-o",
                "ConnectTimeout=15", "-o", "ServerAliveInterval=30", "-o", "LogLevel=ERROR",
                *options, f"{USER}@{machine.address}", *command,
            ],
            {},
        )  # fmt: skip


def _split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    at = list(words).index("--") if "--" in words else len(words)
    return list(words[:at]), list(words[at + 1 :])


def _push_key(lake: AwsLake, machine: Machine, folder: Path) -> Path:
    """A key made for this call; the box takes it for the next sixty seconds."""
    key = folder / "key"
    made = [program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", "lake", "-f", str(key)]
    subprocess.run(made, check=True)
    lake.client("ec2-instance-connect").send_ssh_public_key(
        InstanceId=machine.instance, InstanceOSUser=USER, AvailabilityZone=machine.zone,
        SSHPublicKey=(folder / "key.pub").read_text(encoding="ascii"),
    )  # fmt: skip
    return key


def _known_host(lake: AwsLake, machine: Machine, folder: Path) -> tuple[Path, str]:
    """The box's own keys as it wrote them to its console, so that nobody else can pose as it; and
    how strict ssh is to be, where the console no longer shows them."""
    said = lake.client("ec2").get_console_output(InstanceId=machine.instance, Latest=True)
    found = HOST_KEYS.search(said.get("Output", ""))
    hosts = folder / "known_hosts"
    keys = [
        line[line.index("ssh-") if "ssh-" in line else line.index("ecdsa-") :].strip()
        for line in (found.group(1).splitlines() if found else [])
        if "ssh-" in line or "ecdsa-" in line
    ]
    hosts.write_text("".join(f"{machine.address} {key}\n" for key in keys), encoding="ascii")
    return hosts, "yes" if keys else "accept-new"


def session(lake: AwsLake, machine: Machine, forward: tuple[int, int] | None = None) -> Command:
    """A Session Manager session: a shell, or a port of the box's loopback on this machine's.

    :param forward: (this machine's port, the box's port), or None for a shell
    :raises DefinitionError: the plugin is not installed
    """
    plugin = program(PLUGIN)
    asked: dict[str, Any] = {"Target": machine.instance}
    if forward:
        local, there = forward
        ports = {"portNumber": [str(there)], "localPortNumber": [str(local)]}
        asked |= {"DocumentName": PORT_FORWARDING, "Parameters": ports}
    ssm = lake.client("ssm")
    answer = ssm.start_session(**asked)
    told = {key: answer[key] for key in ("SessionId", "TokenValue", "StreamUrl")}
    profile = os.environ.get("AWS_PROFILE", "")
    return Command(
        [plugin, ANSWER, lake.region, "StartSession", profile, json.dumps(asked),
         ssm.meta.endpoint_url],
        {ANSWER: json.dumps(told)},
    )  # fmt: skip


def program(name: str) -> str:
    """Where a program is on this machine.

    :raises DefinitionError: it is not installed; says where to get it
    """
    found = shutil.which(name)
    if found:
        return found
    where = f": {PLUGIN_PAGE}" if name == PLUGIN else " (OpenSSH), or use --via ssm"
    raise DefinitionError(f"{name} is not installed here; install it{where}.")
