"""The jars that Spark is handed: fetched once from Maven Central, checked, kept in .tools/jars.

Spark's own resolver (Ivy) asks the network at every start and breaks when two start at once.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lake.setup import PROJECT, SetupError

FOLDER = PROJECT / ".tools" / "jars"
MAVEN_CENTRAL = "https://repo1.maven.org/maven2"
TRIES = 4
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Jar:
    """One file of Maven Central: its coordinates (group:artifact:version) and checksum."""

    coordinates: str
    sha256: str

    @property
    def file_name(self) -> str:
        """The file's name, e.g. ``delta-storage-3.3.3.jar``."""
        _, artifact, version = self.coordinates.split(":")
        return f"{artifact}-{version}.jar"

    @property
    def path(self) -> str:
        """Where it stands below a Maven repository's address."""
        group, artifact, version = self.coordinates.split(":")
        return f"{group.replace('.', '/')}/{artifact}/{version}/{self.file_name}"


def group(name: str) -> tuple[Jar, ...]:
    """The jars of a group of jars.json: a Spark version, or ``s3``. SetupError if unknown."""
    table = json.loads(Path(__file__).with_name("jars.json").read_text())
    if name not in table:
        raise SetupError(f"No jars are known for {name!r}: there are {', '.join(table)}.")
    return tuple(Jar(**entry) for entry in table[name])


def missing(name: str, folder: Path = FOLDER) -> tuple[Jar, ...]:
    """The jars of a group that are not in the folder."""
    return tuple(jar for jar in group(name) if not (folder / jar.file_name).exists())


def paths(name: str, folder: Path = FOLDER) -> tuple[str, ...]:
    """The files of a group that is in the folder. SetupError, with the remedy, if it is not."""
    absent = missing(name, folder)
    if absent:
        command = "make jars-s3" if name == "s3" else f"make setup SPARK={name}"
        names = ", ".join(jar.file_name for jar in absent)
        raise SetupError(f"{names} not found in {folder}: fetch with `{command}`.")
    return tuple(str(folder / jar.file_name) for jar in group(name))


def fetch(name: str, say: Callable[[str], None], folder: Path = FOLDER) -> None:
    """Bring a group's missing jars into the folder; whole and checked, or not at all.

    LAKE_MAVEN_URL replaces Maven Central. Raises SetupError after the last try.
    """
    base = os.environ.get("LAKE_MAVEN_URL", MAVEN_CENTRAL).rstrip("/")
    for jar in missing(name, folder):
        say(f"fetching {jar.file_name}")
        folder.mkdir(parents=True, exist_ok=True)
        _fetch_one(jar, f"{base}/{jar.path}", folder)


def _fetch_one(jar: Jar, url: str, folder: Path) -> None:
    reason = ""
    for attempt in range(TRIES):
        time.sleep(2**attempt if attempt else 0)
        part = folder / f".{jar.file_name}.{os.getpid()}"
        try:
            found = _download(url, part)
            if found == jar.sha256:
                os.replace(part, folder / jar.file_name)
                return
            reason = f"its sha256 is {found}, not {jar.sha256}"
        except (OSError, urllib.error.URLError) as error:
            reason = str(error)
        finally:
            if part.exists():
                part.unlink()
    raise SetupError(
        f"{url} could not be fetched: {reason}. Check the network, or name a mirror of "
        "Maven Central in LAKE_MAVEN_URL, and run this again."
    )


def _download(url: str, part: Path) -> str:
    """Write what the address holds to a file; its sha256."""
    digest = hashlib.sha256()
    with urllib.request.urlopen(url, timeout=60) as answer, open(part, "wb") as out:
        for chunk in iter(lambda: answer.read(CHUNK_BYTES), b""):
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()
