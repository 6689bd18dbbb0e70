"""What a machine needs to run a lake, checked one by one."""

from __future__ import annotations

import hashlib
import importlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from jobs.errors import LakeError
from lake.options import Place
from lake.setup import DEFAULT_SPARK, SetupError, jars, java
from lake.setup.interpreter import TRIED

MEMORY_GB = 4.0
DISK_GB = 5.0
GB = 1024**3
PACKAGES = ("pyspark", "delta-spark", "duckdb", "click", "rich")


@dataclass(frozen=True)
class Check:
    """One thing looked at. ok: there, and fits. needed: a lake does not run without it.
    remedy: how to get it, "" when ok."""

    name: str
    ok: bool
    found: str
    remedy: str = ""
    needed: bool = True


def all_checks(place: Place) -> tuple[Check, ...]:
    """Every check of this machine for this lake."""
    return tuple(_each(place))


def _each(place: Place) -> Iterator[Check]:
    yield _python()
    yield from (_package(name) for name in PACKAGES)
    yield _java()
    yield _jars("Delta's jars", _spark_version(), "make setup", needed=True)
    yield _jars("S3's jars", "s3", "make jars-s3", needed=place.on_s3)
    yield _duckdb()
    yield _memory()
    yield _disk(place)
    if place.on_s3:
        yield _boto3()


def _python() -> Check:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    fits = version in TRIED
    return Check(
        "Python", fits, f"{version} ({sys.executable})",
        "" if fits else "install Python 3.10, 3.11 or 3.12, then `make setup`",
    )  # fmt: skip


def _package(name: str) -> Check:
    try:
        return Check(name, True, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Check(name, False, "not installed", "make setup")


def _spark_version() -> str:
    try:
        return metadata.version("pyspark")
    except metadata.PackageNotFoundError:
        return DEFAULT_SPARK


def _java() -> Check:
    found = java.find(Path(sys.prefix))
    if found is None:
        return Check("Java", False, "no Java 17, 11 or 8", "make setup")
    return Check("Java", True, f"{found.major} ({found.home}, by {found.origin})")


def _jars(title: str, group: str, remedy: str, needed: bool) -> Check:
    """The jars are there and whole. Only small ones are read again: 280 MB takes too long."""
    try:
        wanted = jars.group(group)
    except SetupError as error:
        return Check(title, False, str(error), "make setup", needed)
    absent = {jar.file_name for jar in jars.missing(group)}
    broken = {
        jar.file_name
        for jar in wanted
        if jar.file_name not in absent and needed and not _is_whole(jar)
    }
    if broken:
        files = " and ".join(str(jars.FOLDER / name) for name in sorted(broken))
        return Check(title, False, f"damaged: {', '.join(sorted(broken))}",
                     f"remove {files}, then `{remedy}`", needed)  # fmt: skip
    if absent:
        return Check(title, False, f"not fetched: {', '.join(sorted(absent))}", remedy, needed)
    return Check(title, True, str(jars.FOLDER), needed=needed)


def _is_whole(jar: jars.Jar) -> bool:
    digest = hashlib.sha256()
    with (jars.FOLDER / jar.file_name).open("rb") as file:
        while chunk := file.read(jars.CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest() == jar.sha256


def _duckdb() -> Check:
    return _tried("DuckDB's delta extension", _load_extension, "make setup")


def _load_extension() -> str:
    from lake.native import extension

    return str(extension("delta"))


def _boto3() -> Check:
    def version() -> str:
        importlib.import_module("boto3")
        return metadata.version("boto3")

    return _tried("boto3", version, "pip install boto3")


def _tried(name: str, attempt: Callable[[], str], remedy: str) -> Check:
    try:
        return Check(name, True, attempt())
    except (ImportError, LakeError) as error:
        return Check(name, False, str(error), remedy)


def _memory() -> Check:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GB
    enough = total >= MEMORY_GB
    remedy = f"a million sales take {MEMORY_GB:.0f} GB; `lake run --memory 1g` takes less"
    return Check("memory", enough, f"{total:.0f} GB", "" if enough else remedy, needed=False)


def _disk(place: Place) -> Check:
    """Free space where the tables go: the nearest folder that is there already."""
    if "://" in place.zones.bronze:
        return Check("disk", True, f"not used by {place.zones.bronze}", needed=False)
    folder = next(
        p for p in (Path(place.zones.bronze), *Path(place.zones.bronze).parents) if p.exists()
    )
    free = shutil.disk_usage(folder).free / GB
    return Check(
        "disk", free >= DISK_GB, f"{free:.0f} GB free at {folder}",
        "" if free >= DISK_GB else f"free {DISK_GB:.0f} GB, or name another --root",
        needed=False,
    )  # fmt: skip
