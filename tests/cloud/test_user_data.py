"""The whole of user data on a bare machine: what it sets up, and how it says what went wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cdk_app.cdk import PROJECT
from tests.cloud.instance import OWN, Instance, signal, tmp_path_of
from tests.small import SHOP


def test_what_the_box_is_told_is_plain_lines_of_names_and_values(instance) -> None:
    assert instance.boot() == 0, instance.said
    lines = instance.wrote("/etc/lake/box.env").read_text().splitlines()
    told = dict(line.split("=", 1) for line in lines)
    assert told["LAKE_SILVER"] == "s3://the-silver-bucket"
    assert told["LAKE_BOX_KIND"] == "t3.xlarge"
    assert told["LAKE_BOX_INSTANCE"] == "i-7" and told["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert told["LAKE_READER_ROLE"] == "the-identity-reader" and told["LAKE_IDLE_MINUTES"] == "30"
    assert told["LAKE_STUCK_AFTER_HOURS"] == "6"
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    run, notebook = int(told["LAKE_RUN_MEMORY_MB"]), int(told["LAKE_NOTEBOOK_MEMORY_MB"])
    assert 1000 < total - run - notebook < 1100
    # Both docker and bash read the file, each by rules of its own.
    assert not any(set(value) & set(" '\"$`\\#") for value in told.values())


def test_a_definition_of_ones_own_lies_beside_the_image_and_is_proved_whole_in_it(
    instance, tmp_path
) -> None:
    assert instance.boot(definition=OWN) == 0, instance.said
    told = instance.wrote("/etc/lake/box.env").read_text().splitlines()
    assert "LAKE_DEFINITION=/opt/lake/definition" in told
    own = instance.wrote("/opt/lake/definition/sources/orders.py")
    assert own.read_text() == (SHOP / "orders.py").read_text()
    (check,) = (call for call in instance.called("docker run") if call.endswith("lake check"))
    assert "--env LAKE_DEFINITION=/opt/lake/definition" in check
    assert "src=/opt/lake/definition,dst=/opt/lake/definition,readonly" in check
    # The image is the same without it: a changed definition builds nothing.
    retail = Instance(tmp_path_of(tmp_path))
    assert retail.boot() == 0, retail.said
    assert retail.called("docker push") == instance.called("docker push")
    assert not any("LAKE_DEFINITION" in line or "lake check" in line for line in retail.calls)
    assert "LAKE_DEFINITION" not in retail.wrote("/etc/lake/box.env").read_text()


def test_every_unit_calls_a_command_that_is_installed_and_every_step_is_there(instance) -> None:
    assert instance.boot() == 0, instance.said
    units = list(instance.wrote("/etc/systemd/system").glob("lake-*"))
    assert len(units) == len(list((PROJECT / "bootstrap" / "units").iterdir()))
    for unit in units:
        for line in unit.read_text().splitlines():
            if line.startswith(("ExecStart=", "ExecStop=")):
                command = Path(line.partition("=")[2].split()[0])
                ours = command.is_relative_to("/usr/local/bin")
                assert os.access(instance.wrote(str(command)) if ours else command, os.X_OK), line
    config = json.loads(instance.wrote("/etc/docker/daemon.json").read_text())
    assert config["log-opts"]["max-size"]


def test_a_box_whose_jupyter_does_not_start_works_and_says_so(instance) -> None:
    assert instance.boot(fails="curl\\ *8888*") == 0, instance.said
    assert instance.called("cfn-signal") == [signal(0)]
    report = instance.report()
    assert report["status"] == "ok"
    assert report["reason"].startswith(
        "booted, but Jupyter does not answer: iptables: No chain/target/match by that name."
    )
    assert len(instance.called("curl")) > 10, "it takes Jupyter a while to start"


def test_a_box_whose_jupyter_answers_has_nothing_to_add(instance) -> None:
    assert instance.boot() == 0, instance.said
    assert instance.report()["reason"] == "booted"


FAILURES = [
    ("aws s3 cp*", "fetch the source", ""),
    ("aws s3api*silver*", "10-reach-the-zones", "aws refused"),
    ("dnf*", "20-docker", "could not install docker"),
    ("systemctl*docker*", "20-docker", "systemctl refused"),
    ("aws*registry/uri*", "30-image", "aws refused"),
    ("docker login*", "30-image", "docker refused"),
    ("aws ecr describe-images*imageTag*", "30-image", "could not ask the registry"),
    ("docker build *", "30-image", "docker refused"),
    ("docker push*", "30-image", "docker refused"),
    ("curl*", "40-services", "curl refused"),
    ("aws*records/log-group*", "40-services", "aws refused"),
    ("docker run*fits", "50-works", "docker refused"),
    ("docker run*open", "50-works", "docker refused"),
    ("systemctl*lake-idle*", "50-works", "systemctl refused"),
]


@pytest.mark.parametrize(("fails", "step", "why"), FAILURES)
def test_a_step_that_fails_is_signalled_with_its_reason(instance, fails, step, why) -> None:
    # The pattern stands in a case of the recorder, where * would be taken for files.
    assert instance.boot(fails=fails.replace(" ", "\\ ")) != 0
    (sent,) = instance.called("cfn-signal")
    assert sent != signal(0) and "--exit-code" in sent
    report = instance.report()
    assert report["status"] == "failed"
    assert report["reason"].startswith(f"{step}: ") and why in report["reason"], report["reason"]
    if step != "50-works":
        assert not any("lake-resume" in call for call in instance.called("systemctl"))


@pytest.mark.parametrize(
    ("fails", "step"),
    [("aws s3 cp*definition*", "35-definition"), ("docker run*lake check", "50-works")],
)
def test_a_definition_that_does_not_come_or_is_not_whole_fails_the_deployment(
    instance, fails, step
) -> None:
    assert instance.boot(fails=fails.replace(" ", "\\ "), definition=OWN) != 0
    assert instance.report()["reason"].startswith(f"{step}: ")
    assert instance.called("cfn-signal") != [signal(0)]
