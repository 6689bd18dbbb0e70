"""The image at boot: built once for a version and a kind of machine, and pulled ever after."""

from __future__ import annotations

import re
from pathlib import Path

import jmespath

from cdk_app.cdk import PROJECT
from cdk_app.shipped import SHIPPED_FILES, SHIPPED_FOLDERS
from tests.cloud.instance import KEPT, REGISTRY, Instance, signal, tmp_path_of


def test_the_first_boot_builds_the_image_keeps_it_and_starts_the_services(instance) -> None:
    assert instance.boot() == 0, instance.said
    assert instance.called("cfn-signal") == [signal(0)]
    assert instance.report()["status"] == "ok"
    assert instance.called("dnf") == ["dnf install --assumeyes --quiet docker iptables-nft"]
    (build,) = instance.called("docker build ")
    (push,) = instance.called("docker push")
    image = push.split()[-1]
    assert re.fullmatch(rf"{REGISTRY}:[0-9a-f]{{16}}-x86_64", image)
    assert f"--cache-from {REGISTRY}:{KEPT} ." in build and f"--tag {image} " in build
    # BuildKit takes layers from the image before only where that one says which it has.
    assert "--progress=plain --build-arg BUILDKIT_INLINE_CACHE=1" in build
    assert "--quiet" not in build and "--platform" not in build
    started = " ".join(instance.called("systemctl enable"))
    for unit in ("docker", "lake-spot.service", "lake-leave.service", "lake-notebook.service",
                 "lake-resume.timer", "lake-idle.timer", "lake-reader.timer"):  # fmt: skip
        assert unit in started
    assert "a-password" not in instance.said


def test_a_later_box_pulls_the_same_image_and_builds_nothing(instance, tmp_path) -> None:
    assert instance.boot(pulls="1") == 0, instance.said
    assert instance.called("docker build ") == instance.called("docker push") == []
    first = Instance(tmp_path_of(tmp_path))
    assert first.boot() == 0
    assert (
        first.called("docker push")[0].split()[-1] == instance.called("docker pull")[0].split()[-1]
    )


def built(folder: Path, machine: str = "x86_64") -> str:
    """The tag of the image that a bare machine builds."""
    folder.mkdir()
    bare = Instance(folder)
    bare.machine = machine
    assert bare.boot() == 0, bare.said
    return bare.called("docker push")[0].split()[-1].rpartition(":")[2]


def test_a_machine_of_another_kind_has_an_image_of_its_own(tmp_path) -> None:
    tags = [built(tmp_path / name, name) for name in ("x86_64", "aarch64", "arm64")]
    (version, x86), (arm_version, arm), _ = (tag.split("-") for tag in tags)
    assert (x86, arm) == ("x86_64", "arm64") and version == arm_version
    # What Linux calls the one machine, and what macOS calls it.
    assert tags[1] == tags[2]


def test_layers_are_taken_from_the_newest_image_of_the_same_machine(instance) -> None:
    assert instance.boot() == 0, instance.said
    (asked,) = [c for c in instance.called("aws ecr describe-images") if "--query" in c]
    query = asked.partition("--query ")[2].partition(" --output")[0]
    details = [
        {"imageTags": [tag], "imagePushedAt": at}
        for at, tag in enumerate(["a-x86_64", "b-x86_64", "c-arm64", "d"])
    ]
    kept = {"imageDetails": [*details, {"imagePushedAt": 9}]}
    assert jmespath.search(query, kept) == "b-x86_64"
    assert jmespath.search(query, {"imageDetails": details[2:]}) is None


def test_the_classic_builder_is_told_nothing_that_it_does_not_know(instance) -> None:
    assert instance.boot(fails="docker\\ buildx*") == 0, instance.said
    (build,) = instance.called("docker build ")
    assert "--progress" not in build and "INLINE_CACHE" not in build


def test_an_image_that_is_there_is_pulled_again_where_a_pull_fails(instance) -> None:
    assert instance.boot(pulls="3") == 0, instance.said
    assert len(instance.called("docker pull")) == 3
    assert instance.called("docker build ") == []


def test_an_image_that_is_there_and_cannot_be_pulled_is_not_built_anew(instance) -> None:
    assert instance.boot(pulls="9") != 0
    assert instance.called("docker build ") == instance.called("docker push") == []
    assert "could not pull" in instance.report()["reason"]


def test_what_the_image_is_made_from_is_shipped_and_counted_in_its_version() -> None:
    text = (PROJECT / "bootstrap" / "Dockerfile").read_text()
    assert "COPY notebooks/ notebooks/" in text
    step = (PROJECT / "bootstrap" / "steps" / "30-image.sh").read_text()
    (counted,) = re.findall(r"\$\(find (.*?) -type f", step, re.DOTALL)
    for line in text.splitlines():
        if line.startswith("COPY "):
            source = line.split()[1]
            assert source.split("/")[0] in (*SHIPPED_FOLDERS, *SHIPPED_FILES), line
            assert f"!{source.rstrip('/').split('/')[0]}" in (PROJECT / ".dockerignore").read_text()
            # Its version is what it is made from, so nothing of that may be left out.
            assert {source.rstrip("/"), source.split("/")[0]} & set(counted.split()), line
