"""A port of this machine that is the box's Jupyter."""

from __future__ import annotations

import socket
import subprocess
import time

from jobs.errors import RetryableError

JUPYTER = 8888
OPEN_SECONDS = 30
LOOPBACK = "127.0.0.1"
UNREACHED = "has your address changed (`lake allow-ip`), or does `--via ssm` work?"


def free_port(wanted: int = JUPYTER) -> int:
    """The wanted port of this machine's loopback, or another where it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            # A tunnel that was just closed must not count as taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise RetryableError("This machine has no free port left: close something and try again.")


def forward_words(port: int) -> list[str]:
    """ssh's words for a tunnel from a port here to Jupyter, and no shell."""
    return ["-N", "-o", "ExitOnForwardFailure=yes", "-L", f"{LOOPBACK}:{port}:{LOOPBACK}:{JUPYTER}"]


def wait_until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    """Waits until something listens on the port.

    :param process: what is to open it
    :raises RetryableError: it ended first, or took longer than 30 seconds
    """
    until = time.monotonic() + OPEN_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((LOOPBACK, port)) == 0:
                return
        time.sleep(0.2)
    raise RetryableError(f"The tunnel did not open: {UNREACHED}")


def address(port: int, token: str) -> str:
    """What to open in a browser."""
    return f"http://{LOOPBACK}:{port}/lab?token={token}"
