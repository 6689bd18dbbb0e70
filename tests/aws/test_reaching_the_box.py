"""Addresses, SSH with a key that is kept nowhere, and Jupyter through a tunnel."""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import webbrowser
from pathlib import Path
from typing import Any

import boto3
import botocore.client
import pytest

from lake.aws import address, tunnel
from tests.aws.conftest import PlayedBox, typed

RECORDER = '''#!{python}
"""Notes what it was called with, and whether its key was there; a tunnel listens."""
import json, os, socket, sys
words = sys.argv[1:]
key = words[words.index("-i") + 1] if "-i" in words else None
told = {{
    "words": words, "key": key and os.path.exists(key),
    "mode": key and oct(os.stat(key).st_mode & 0o777),
    "hosts": key and open(os.path.join(os.path.dirname(key), "known_hosts")).read(),
    "answer": os.environ.get("AWS_SSM_START_SESSION_RESPONSE"),
}}
json.dump(told, open(os.environ["CALLS"], "w"))
ports = [word.split(":")[1] for word in words if word.count(":") == 3 and "-L" in words]
ports += [json.loads(word).get("Parameters", {{}}).get("localPortNumber", [None])[0]
          for word in words if word.startswith("{{")]
for port in filter(None, ports):
    with socket.create_server(("127.0.0.1", int(port))) as server:
        server.settimeout(20)
        server.accept()
sys.exit(int(os.environ.get("ENDS", "0")))
'''
TOKEN = "0123456789abcdef"
CONSOLE = (
    "boot\n-----BEGIN SSH HOST KEY KEYS-----\n"
    "ecdsa-sha2-nistp256 AAAAE2 root@ip\nssh-ed25519 AAAAC3 root@ip\n"
    "-----END SSH HOST KEY KEYS-----\nlogin:\n"
)


@pytest.fixture
def calls(tmp_path: Path, on: PlayedBox, aws: pytest.MonkeyPatch) -> Path:
    """Where the recorders write; ``ssh`` and the Session Manager plugin are recorders."""
    for name in ("ssh", "session-manager-plugin"):
        file = tmp_path / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(RECORDER.format(python=sys.executable))
        file.chmod(0o755)
    aws.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    aws.setenv("CALLS", str(tmp_path / "calls"))
    on.answers["shop-notebook"] = {"Status": "Success", "StandardOutputContent": f"{TOKEN}\n"}
    # A tunnel is waited for in real time.
    aws.setattr(tunnel.time, "sleep", lambda seconds: None)
    return tmp_path / "calls"


@pytest.fixture
def noted(aws: pytest.MonkeyPatch, on: PlayedBox) -> dict[str, Any]:
    """What was asked of AWS by calls that the stand-in lacks."""
    real, told_of = botocore.client.BaseClient._make_api_call, {}

    def call(client: Any, operation: str, told: dict[str, Any]) -> Any:
        told_of[operation] = told
        if operation == "StartSession":
            return {"SessionId": "s-1", "TokenValue": "secret", "StreamUrl": "wss://x"}
        if operation == "GetConsoleOutput":
            return {"Output": told_of.get("console", CONSOLE)}
        return real(client, operation, told)

    aws.setattr(botocore.client.BaseClient, "_make_api_call", call)
    return told_of


def open_to() -> list[str]:
    ec2, ssm = boto3.client("ec2"), boto3.client("ssm")
    found = ssm.get_parameter(Name="/shop/network/ssh-addresses")["Parameter"]["Value"]
    entries = ec2.get_managed_prefix_list_entries(PrefixListId=found)
    return sorted(entry["Cidr"] for entry in entries["Entries"])


def test_allow_ip_finds_the_callers_address(box: PlayedBox, aws) -> None:
    aws.setattr(address, "own_address", lambda: "198.51.101.7")
    answer = typed("allow-ip")
    assert (answer.exit_code, answer.stdout) == (0, "SSH is open to 198.51.101.7/32.\n")
    assert open_to() == ["198.51.101.7/32"]


def test_the_address_before_is_removed_and_kept_only_where_asked(box: PlayedBox) -> None:
    typed("allow-ip", "8.8.8.8")
    answer = typed("allow-ip", "9.9.9.0/24")
    assert answer.stdout == "closed to 8.8.8.8/32\nSSH is open to 9.9.9.0/24.\n"
    assert open_to() == ["9.9.9.0/24"]
    typed("allow-ip", "8.8.8.8", "--keep")
    assert open_to() == ["8.8.8.8/32", "9.9.9.0/24"]
    answer = typed("allow-ip", "8.8.8.8", "--keep")
    assert answer.stdout == "SSH is open to 8.8.8.8/32, as it was.\n"


@pytest.mark.parametrize(
    "cidr", ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "8.0.0.0/8", "::1", "10.0.0.7", "8.8.8.8/24",
             "127.0.0.1", "224.0.0.1", "100.64.3.7", "home", "8.8.8"],
)  # fmt: skip
def test_ssh_is_never_opened_to_the_world_nor_to_what_is_no_address(
    box: PlayedBox, cidr: str
) -> None:
    answer = typed("allow-ip", cidr)
    assert answer.exit_code == 2 and cidr in answer.stderr
    assert open_to() == []


@pytest.mark.parametrize(
    ("cidr", "words"),
    [
        ("203.0.113.0/24", "stands in documentation for your own"),
        ("100.64.0.0/16", "carrier NAT"),
        ("100.127.255.255", "carrier NAT"),
    ],
)
def test_an_address_that_nobody_comes_from_is_refused_by_what_it_is(
    box: PlayedBox, cidr: str, words: str
) -> None:
    answer = typed("allow-ip", cidr)
    assert answer.exit_code == 2 and words in answer.stderr
    assert "`lake allow-ip` finds the address" in answer.stderr and open_to() == []


def test_the_examples_of_allow_ip_are_not_refused(box: PlayedBox, aws) -> None:
    aws.setattr(address, "own_address", lambda: "8.8.8.8")
    examples = re.findall(r"  lake (allow-ip.*)", typed("allow-ip", "--help").stdout)
    assert len(examples) == 2
    for words in examples:
        assert typed(*words.split()).exit_code == 0, words


@pytest.mark.parametrize(("status", "says"), [(255, True), (1, False), (0, False)])
def test_ssh_that_does_not_reach_the_box_says_what_may_have_changed(
    calls: Path, noted, aws, status: int, says: bool
) -> None:
    typed("allow-ip", "8.8.8.8")
    aws.setenv("ENDS", str(status))
    answer = typed("ssh")
    assert answer.exit_code == status
    assert ("has your address changed (`lake allow-ip`)" in answer.stderr) is says


def test_a_list_that_changes_meanwhile_is_read_again(box: PlayedBox, aws) -> None:
    real, refused = botocore.client.BaseClient._make_api_call, []

    def call(client: Any, operation: str, told: dict[str, Any]) -> Any:
        if operation == "ModifyManagedPrefixList" and not refused:
            refused.append(told)
            error = {"Error": {"Code": "PrefixListVersionMismatch", "Message": "x"}}
            raise botocore.client.ClientError(error, operation)
        return real(client, operation, told)

    aws.setattr(botocore.client.BaseClient, "_make_api_call", call)
    assert typed("allow-ip", "8.8.8.8").exit_code == 0
    assert refused and open_to() == ["8.8.8.8/32"]


def test_an_address_that_cannot_be_found_is_to_be_given(box: PlayedBox, aws) -> None:
    aws.setattr(address, "MIRROR", "http://127.0.0.1:9")
    answer = typed("allow-ip")
    assert answer.exit_code == 5 and "give it yourself" in answer.stderr


def test_ssh_has_a_key_for_this_call_alone(calls: Path, noted, aws) -> None:
    typed("allow-ip", "8.8.8.8")
    aws.setenv("ENDS", "7")
    answer = typed("ssh", "--", "docker", "ps")
    assert answer.exit_code == 7, answer.output
    called = json.loads(calls.read_text())
    words = called["words"]
    assert called["key"] is True and called["mode"] == "0o600"
    assert not Path(words[words.index("-i") + 1]).parent.exists()
    assert words[-2:] == ["docker", "ps"] and words[-3].startswith("ec2-user@")
    pushed = noted["SendSSHPublicKey"]
    assert pushed["SSHPublicKey"].startswith("ssh-ed25519 ")
    assert (pushed["InstanceOSUser"], pushed["AvailabilityZone"]) == ("ec2-user", "eu-west-1a")


def test_ssh_knows_the_box_by_the_keys_on_its_console(calls: Path, noted) -> None:
    typed("allow-ip", "8.8.8.8")
    typed("ssh")
    called = json.loads(calls.read_text())
    host = called["words"][-1].removeprefix("ec2-user@")
    assert called["hosts"].splitlines() == [
        f"{host} ecdsa-sha2-nistp256 AAAAE2 root@ip", f"{host} ssh-ed25519 AAAAC3 root@ip",
    ]  # fmt: skip
    assert "StrictHostKeyChecking=yes" in called["words"]
    noted["console"] = "past that"
    typed("ssh")
    assert "StrictHostKeyChecking=accept-new" in json.loads(calls.read_text())["words"]


def test_ssh_that_is_open_to_nobody_says_how_to_open_it(calls: Path, noted) -> None:
    answer = typed("ssh")
    assert answer.exit_code == 2 and "`lake allow-ip`" in answer.stderr
    assert not calls.exists()


def test_a_session_needs_no_open_port_and_keeps_its_token_from_other_users(
    calls: Path, noted, on: PlayedBox
) -> None:
    assert typed("ssh", "--via", "ssm").exit_code == 0
    called = json.loads(calls.read_text())
    assert noted["StartSession"] == {"Target": on.instance}
    assert called["words"][:4] == [
        "AWS_SSM_START_SESSION_RESPONSE", "eu-west-1", "StartSession", "",
    ]  # fmt: skip
    assert "secret" not in " ".join(called["words"])
    assert json.loads(called["answer"])["TokenValue"] == "secret"


def test_without_the_plugin_one_sentence_says_where_it_is(calls: Path, noted) -> None:
    (calls.parent / "bin" / "session-manager-plugin").unlink()
    answer = typed("ssh", "--via", "ssm")
    assert answer.exit_code == 2 and "https://docs.aws.amazon.com" in answer.stderr


@pytest.mark.parametrize("via", ["ssh", "ssm"])
def test_tunnel_opens_jupyter_here_and_in_the_browser(
    calls: Path, noted, aws, on: PlayedBox, via: str
) -> None:
    opened: list[str] = []
    aws.setattr(webbrowser, "open", opened.append)
    typed("allow-ip", "8.8.8.8")
    answer = typed("tunnel", "--via", via, "--port", str(tunnel.free_port()))
    assert answer.exit_code == 0, answer.output
    (line,) = answer.stdout.splitlines()
    port = line.partition("127.0.0.1:")[2].partition("/")[0]
    assert line == f"http://127.0.0.1:{port}/lab?token={TOKEN}" and opened == [line]
    (sent,) = on.sent
    assert sent["DocumentName"] == "shop-notebook"
    assert "CloudWatchOutputConfig" not in sent  # the token is to stand in no log
    words = json.loads(calls.read_text())["words"]
    if via == "ssh":
        assert "-N" in words and f"127.0.0.1:{port}:127.0.0.1:8888" in words
    else:
        assert noted["StartSession"]["DocumentName"] == "AWS-StartPortForwardingSession"
        assert noted["StartSession"]["Parameters"] == {
            "portNumber": ["8888"], "localPortNumber": [port],
        }  # fmt: skip


def test_a_port_that_is_taken_is_left_alone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert tunnel.free_port(port) not in (port, 0)


def test_a_box_whose_jupyter_has_not_started_says_so(calls: Path, noted, on: PlayedBox) -> None:
    on.answers["shop-notebook"] = {
        "Status": "Failed", "StandardErrorContent": "Jupyter has not started on this box yet.\n",
    }  # fmt: skip
    answer = typed("tunnel")
    assert answer.exit_code == 1 and "Jupyter has not started" in answer.stderr
