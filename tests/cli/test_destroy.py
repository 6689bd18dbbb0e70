"""`lake destroy` hands over to the infrastructure's own command and ends as that does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lake.__main__ import cli
from lake.verbs import destroy


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that were started instead of the infrastructure's own; each ends with 1."""
    commands: list[list[str]] = []

    def run(command: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
        assert (cwd / "cdk.json").exists()
        commands.append(command)
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr(subprocess, "run", run)
    return commands


def typed(*words: str) -> Result:
    return CliRunner().invoke(cli, ["destroy", *words], prog_name="lake")


def test_what_is_typed_reaches_the_infrastructure_and_its_status_comes_back(started) -> None:
    answer = typed("--delete-data", "--confirm", "sales", "-c", "name=sales")
    assert answer.exit_code == 1
    own = [sys.executable, "-m", "cdk_app"]
    assert started == [[*own, "destroy", "-c", "name=sales", "--delete-data", "--confirm", "sales"]]


def test_nothing_is_deleted_that_was_not_named(started) -> None:
    typed()
    assert started[0][3:] == ["destroy"]


def test_looking_deletes_nothing(started) -> None:
    typed("--look", "-c", "name=sales")
    assert started[0][3:] == ["leftovers", "-c", "name=sales"]
    answer = typed("--look", "--delete-data")
    assert (answer.exit_code, len(started)) == (2, 1)
    assert "--look deletes nothing" in answer.stderr


def test_without_the_cdk_one_sentence_says_how_to_get_it(
    started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(destroy, "CDK", "aws_cdk_that_is_not_there")
    answer = typed()
    assert (answer.exit_code, started) == (2, [])
    assert answer.stderr == "Error: The CDK is not installed here: `make setup-cloud cdk-cli`.\n"


def test_outside_the_projects_folder_one_sentence_says_so(
    started, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(destroy, "PROJECT", tmp_path)
    answer = typed()
    assert (answer.exit_code, started) == (2, [])
    assert "runs in the project's folder" in answer.stderr
