"""Every script of the box passes shellcheck."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.box.conftest import PROJECT

BOOTSTRAP = PROJECT / "bootstrap"
SCRIPTS = sorted([*BOOTSTRAP.rglob("*.sh"), *(BOOTSTRAP / "bin").iterdir()])
SHELLCHECK = Path(sys.executable).with_name("shellcheck")


def test_there_are_scripts() -> None:
    assert len(SCRIPTS) >= 13


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_has_no_findings(script: Path) -> None:
    command = [str(SHELLCHECK), "--shell=bash", "--severity=style", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_finding_fails_the_check(tmp_path: Path) -> None:
    bad = tmp_path / "bad.sh"
    bad.write_text("#!/bin/bash\nrm -rf $1/x\n")
    command = [str(SHELLCHECK), "--shell=bash", "--severity=style", str(bad)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_the_image_is_built_by_https_alone() -> None:
    """The box's only way out is port 443."""
    text = (BOOTSTRAP / "Dockerfile").read_text()
    assert text.count("http://") == 1 and "sed -i 's|http://|https://|'" in text
