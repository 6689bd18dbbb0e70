"""A Python that fits is found, or the one sentence says which is needed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lake.setup import SetupError, interpreter


def a_python(folder: Path, name: str, version: str, has_venv: bool) -> Path:
    """A program that answers the probe as a Python of that version would."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    lines = [version, "venv", str(path)] if has_venv else [version]
    path.write_text("#!/bin/sh\n" + "".join(f"echo '{line}'\n" for line in lines))
    path.chmod(0o755)
    return path


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH; the running Python is one that does not fit."""
    folder = tmp_path / "bin"
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    running = a_python(tmp_path / "running", "python", "3.13", True)
    monkeypatch.setattr(sys, "executable", str(running))
    return folder


def test_the_running_python_is_taken_if_it_fits() -> None:
    chosen = interpreter.choose()
    assert Path(chosen).exists()
    assert not chosen.startswith(sys.prefix), "a venv must not hang on another venv"


def test_one_on_path_is_taken_if_the_running_one_does_not_fit(bin_folder: Path) -> None:
    fitting = a_python(bin_folder, "python3.10", "3.10", True)
    assert interpreter.choose() == str(fitting)


def test_a_shim_that_starts_nothing_is_passed_over(bin_folder: Path) -> None:
    shim = a_python(bin_folder, "python3.11", "3.11", True)
    shim.write_text("#!/bin/sh\nexit 127\n")
    fitting = a_python(bin_folder, "python3.12", "3.12", True)
    assert interpreter.choose() == str(fitting)


def test_without_a_fitting_one_the_versions_that_fit_are_named(bin_folder: Path) -> None:
    a_python(bin_folder, "python3", "3.9", True)
    with pytest.raises(SetupError, match=r"3\.10, 3\.11 or 3\.12 is needed"):
        interpreter.choose()


def test_a_fitting_one_without_venv_is_told_what_it_lacks(bin_folder: Path) -> None:
    a_python(bin_folder, "python3.11", "3.11", False)
    with pytest.raises(SetupError, match=r"without its venv module.*apt install python3\.11-venv"):
        interpreter.choose()
