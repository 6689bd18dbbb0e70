"""A Docker engine for the tests: one of their own where this machine can start one.

It keeps its layers in .tools/box, so that the second build is quick; `make clean` removes them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / ".tools" / "box"
BASE_IMAGE = "lake-test-base"
PACKAGES = ("docker.io", "debootstrap", "docker-registry")
COMMANDS = ("dockerd", "docker", "debootstrap", "docker-registry")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
SECONDS_TO_START = 60


class CannotStart(Exception):
    """This machine can start no engine; the message says why."""


def bring() -> None:
    """Debian's own engine, where root may install it. CannotStart elsewhere."""
    missing = [command for command in COMMANDS if shutil.which(command) is None]
    if not missing:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise CannotStart(f"{', '.join(missing)} not found: apt-get install {' '.join(PACKAGES)}.")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    command = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *PACKAGES]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def engine(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """A running engine without network bridges; what a client's environment needs for it.

    environment: the engine's own, for its log drivers. Raises CannotStart.
    """
    bring()
    with tempfile.TemporaryDirectory(prefix="lake-docker-") as run:
        # vfs runs everywhere and copies each layer whole; overlay2 is quicker where it runs.
        for driver in ("overlay2", "vfs"):
            process = _start(Path(run), driver, environment)
            address = f"unix://{run}/socket"
            if _answers(process, address):
                break
        else:
            raise CannotStart(f"dockerd does not start here: {_last_lines(Path(run))}")
        # A test that was killed may have left some.
        _clear(address)
        try:
            yield {"DOCKER_HOST": address, "DOCKER_BUILDKIT": "0", "DOCKER_CONFIG": run}
        finally:
            _clear(address)
            process.terminate()
            process.wait(timeout=SECONDS_TO_START)
            _unmount(Path(run))


def _start(run: Path, driver: str, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    command = [
        "dockerd", f"--storage-driver={driver}", "--iptables=false", "--bridge=none",
        f"--data-root={FOLDER / driver}", f"--exec-root={run}/exec", f"--pidfile={run}/pid",
        f"--host=unix://{run}/socket",
    ]  # fmt: skip
    with open(run / "log", "ab") as log:
        return subprocess.Popen(
            command, stdout=log, stderr=log, env={**os.environ, **environment},
            start_new_session=True,
        )  # fmt: skip


def _answers(process: subprocess.Popen[bytes], address: str) -> bool:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        if not subprocess.run(["docker", "-H", address, "info"], capture_output=True).returncode:
            return True
        time.sleep(0.5)
    process.kill()
    process.wait()
    return False


def _clear(address: str) -> None:
    """Removes every container and volume of the engine; its images stay."""
    client = ["docker", "--host", address]
    for kind, remove in (("ps --all", "rm --force --volumes"), ("volume ls", "volume rm")):
        command = [*client, *kind.split(), "--quiet"]
        left = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        if left:
            subprocess.run([*client, *remove.split(), *left], check=True, capture_output=True)


def _unmount(folder: Path) -> None:
    """Lets go of what the engine left mounted below its folder."""
    places = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for place in reversed(places):
        if place.startswith(f"{folder}/"):
            subprocess.run(["umount", place], check=True)


def _last_lines(run: Path) -> str:
    return " ".join((run / "log").read_text().splitlines()[-3:])


def base_image(client: Mapping[str, str]) -> str:
    """A Debian with a Python, made here, since not every machine reaches a registry of images."""
    environment = {**os.environ, **client}
    known = subprocess.run(["docker", "image", "inspect", BASE_IMAGE], env=environment,
                           capture_output=True)  # fmt: skip
    if known.returncode == 0:
        return BASE_IMAGE
    with tempfile.TemporaryDirectory(prefix="lake-base-") as folder:
        root = Path(folder, "root")
        subprocess.run(
            ["debootstrap", "--variant=minbase", "--include=python3,python3-venv,ca-certificates",
             "bookworm", str(root)],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        # Where this machine trusts certificates of its own, what is built on it must too.
        shutil.copy(CERTIFICATES, root / "etc/ssl/certs")
        trust = f"ENV PIP_CERT={CERTIFICATES} SSL_CERT_FILE={CERTIFICATES}"
        with subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE) as tar:
            command = ["docker", "import", "--change", trust, "-", BASE_IMAGE]
            subprocess.run(command, stdin=tar.stdout, check=True, env=environment,
                           stdout=subprocess.DEVNULL)  # fmt: skip
    return BASE_IMAGE
