"""The box's image, made on a laptop: the same as the box would make, and the box pulls it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from cdk_app.aws import Account
from cdk_app.cdk import PROJECT
from cdk_app.command import main
from cdk_app.image import STEP
from cdk_app.shipped import LITTER, ship

REGISTRY = "1.dkr.ecr.eu-west-1.amazonaws.com/shop-box"
STAND_INS = {
    "uname": 'echo "$MACHINE"',
    "aws": """echo "aws $AWS_DEFAULT_REGION $*" >>"$CALLS"
    case "$1 $2" in
      "ssm get-parameter") echo "$REGISTRY" ;;
      "ecr get-login-password") echo "a-password" ;;
      "ecr describe-images")
        [[ $* == *imageTag=* ]] || { echo None; exit; }
        [[ $KEPT == yes ]] || { echo ImageNotFoundException >&2; exit 254; } ;;
    esac""",
    "docker": """echo "docker $*" >>"$CALLS"
    case "$1" in
      login) cat >/dev/null ;;
      build) [[ $BUILDS == yes ]] || { echo "no space left on device" >&2; exit 1; } ;;
    esac""",
}


class Laptop:
    """This machine, its docker and aws played. ``calls``: what they were called with."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.log = folder / "calls"
        (folder / "bin").mkdir()
        for name, script in STAND_INS.items():
            file = folder / "bin" / name
            file.write_text(f"#!/bin/bash\n{script}\n")
            file.chmod(0o755)
        self.told = {
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "CALLS": str(self.log),
            "REGISTRY": REGISTRY, "MACHINE": "x86_64", "KEPT": "no", "BUILDS": "yes",
        }  # fmt: skip
        for name, value in self.told.items():
            patch.setenv(name, value)

    def called(self, start: str) -> list[str]:
        return [call for call in self.log.read_text().splitlines() if call.startswith(start)]

    def pushed(self) -> str:
        """The last image that went to the registry."""
        return self.called("docker push")[-1].split()[-1]


@pytest.fixture
def laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, account: Account) -> Laptop:
    return Laptop(tmp_path, monkeypatch)


def on_a_box(laptop: Laptop, home: Path) -> str:
    """The image that a box with the same source would make."""
    ship(PROJECT, home / "source")
    environment = {**os.environ, "LAKE_HOME": str(home), "LAKE_NAME": "shop"}
    command = ["bash", "-Eeuo", "pipefail", str(PROJECT / STEP)]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return laptop.pushed()


def test_the_image_of_a_laptop_is_the_one_that_the_box_looks_for(laptop, tmp_path) -> None:
    assert main(["image", "-c", "name=shop"]) == 0
    made = laptop.pushed()
    assert made.startswith(f"{REGISTRY}:") and made.endswith("-x86_64")
    assert "--name /shop/registry/uri" in laptop.called("aws")[0]
    assert not any("--platform" in call for call in laptop.called("docker build "))
    assert on_a_box(laptop, tmp_path) == made


def test_a_laptop_of_another_kind_builds_for_the_boxs_machine(laptop, tmp_path, monkeypatch):
    for own, wanted, platform in (("arm64", "x86_64", "amd64"), ("x86_64", "arm64", "arm64")):
        monkeypatch.setenv("MACHINE", own)
        types = {"x86_64": "t3.xlarge", "arm64": "t4g.xlarge"}[wanted]
        settings = ["-c", f"architecture={wanted}", "-c", f"instance_types={types}"]
        assert main(["image", *settings]) == 0
        made = laptop.pushed()
        assert made.endswith(f"-{wanted}")
        assert f"--platform linux/{platform}" in laptop.called("docker build ")[-1]
        monkeypatch.setenv("MACHINE", "aarch64" if wanted == "arm64" else wanted)
        assert on_a_box(laptop, tmp_path / wanted) == made


def test_an_image_that_is_kept_already_is_built_no_second_time(laptop, monkeypatch) -> None:
    monkeypatch.setenv("KEPT", "yes")
    assert main(["image"]) == 0
    assert laptop.called("docker build ") == laptop.called("docker push") == []


def test_a_build_that_fails_says_so_below_its_own_words(laptop, monkeypatch, capfd) -> None:
    monkeypatch.setenv("BUILDS", "no")
    assert main(["image"]) == 1
    said = capfd.readouterr().err
    assert said.index("no space left") < said.index("The image was not made (status 1)")


def test_a_machine_without_docker_is_told_what_is_missing(laptop, monkeypatch, capsys) -> None:
    monkeypatch.setattr("cdk_app.image.shutil.which", lambda name: name if name == "bash" else None)
    assert main(["image"]) == 2
    assert "not found here: docker, aws." in capsys.readouterr().err


def test_what_machines_leave_behind_is_no_other_version(tmp_path: Path) -> None:
    ship(PROJECT, tmp_path / "project")
    for litter in LITTER:
        (tmp_path / "project" / "lake" / litter.replace("*", "x")).touch()
    ship(tmp_path / "project", tmp_path / "shipped")
    names = {path.name for path in (tmp_path / "shipped").rglob("*")}
    assert "settings.py" in names
    assert not names & {litter.replace("*", "x") for litter in LITTER}
