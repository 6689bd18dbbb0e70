"""Which Python the lake runs on: one that Spark 3.5 was tried with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from lake.setup import SetupError

TRIED = ("3.11", "3.10", "3.12")
# A name on PATH may be a shim that starts nothing, and Debian's python3 may lack ensurepip.
PROBE = (
    "import sys; print('%d.%d' % sys.version_info[:2]); "
    "import ensurepip, venv; print('venv'); print(sys.executable)"
)


def choose() -> str:
    """The path of an interpreter that fits: the one running if it does, else one on PATH.

    Raises SetupError, naming the versions that fit, when there is none.
    """
    without_venv = ""
    for candidate in (sys.executable, *(f"python{version}" for version in TRIED), "python3"):
        version, has_venv, path = _probe(candidate)
        if version in TRIED and has_venv:
            return path
        if version in TRIED:
            without_venv = without_venv or version
    if without_venv:
        raise SetupError(
            f"Python {without_venv} is here without its venv module: install it "
            f"(Debian and Ubuntu: apt install python{without_venv}-venv) and run this again."
        )
    raise SetupError(
        "Python 3.10, 3.11 or 3.12 is needed (Spark 3.5 runs on no other), and none is on PATH: "
        "install one and run this again."
    )


def _probe(candidate: str) -> tuple[str, bool, str]:
    """(version, has venv and ensurepip, path); empty where the candidate does not start."""
    # A venv's own interpreter would make the new venv depend on that one: take its base.
    if os.path.realpath(candidate) == os.path.realpath(sys.executable) and _in_venv():
        candidate = str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}")
    try:
        done = subprocess.run(
            [candidate, "-c", PROBE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return "", False, ""
    lines = done.stdout.decode().split("\n")
    fits = len(lines) > 2 and lines[1] == "venv"
    return lines[0], fits, lines[2] if fits else ""


def _in_venv() -> bool:
    return sys.prefix != sys.base_prefix
