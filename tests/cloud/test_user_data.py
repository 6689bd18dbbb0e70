"""The whole of user data, every step for real, on a machine whose system folders are overlaid: what
it writes there goes away with the test. Commands that reach AWS or change a system are recorders.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import zipfile
from pathlib import Path

import jmespath
import pytest

from cdk_app.cdk import PROJECT
from cdk_app.shipped import SHIPPED_FILES, SHIPPED_FOLDERS
from stacks.resources.boot import user_data
from tests.cloud.test_boot import TOLD
from tests.small import SHOP

OVERLAID = ("/etc", "/opt", "/usr/local", "/var/log")
OWN = "s3://assets/definition.zip"
KEPT = "0123456789abcdef-x86_64"
REGISTRY = "1.dkr.ecr.eu-west-1.amazonaws.com/medallion-box"
FAILS = 'case "$(basename "$0") $*" in $FAILS) echo "$(basename "$0") refused" >&2; exit 9 ;; esac'
STAND_INS = {
    "aws": """case "$1 $2" in
      "s3 cp")
        case "$4" in
          */definition.zip) cp "$DEFINITION_ZIP" "${@: -1}" ;;
          *) cp "$SOURCE_ZIP" "${@: -1}" ;;
        esac ;;
      "ssm get-parameter")
        case "$4" in
          */registry/uri) echo "$REGISTRY" ;;
          *) echo "the-$(basename "$(dirname "$4")")-$(basename "$4")" ;;
        esac ;;
      "ecr get-login-password") echo "a-password" ;;
      "ecr describe-images")
        [[ $* != *imageTag=* ]] && echo "$KEPT" && exit
        [[ -n $PULLS ]] || { echo "An error occurred (ImageNotFoundException)" >&2; exit 254; } ;;
      "ssm put-parameter") printf '%s' "${@: -1}" >"$REPORT" ;;
    esac""",
    "docker": """case "$1" in
      login) cat >/dev/null ;;
      pull)
        [[ ${@: -1} == *:$KEPT ]] && exit
        (($(grep --count "^docker pull" "$CALLS") >= ${PULLS:-99})) ;;
    esac""",
    "curl": """case "$*" in *api/token*) echo token ;; *instance-id*) echo i-7 ;;
      *instance-type*) echo t3.xlarge ;; esac""",
    "dnf": "",
    "uname": 'echo "$MACHINE"',
    "systemctl": "",
    "journalctl": "echo 'iptables: No chain/target/match by that name.'",
    "cfn-signal": "",
    "sleep": "exec /bin/sleep 0.05",
}


class Instance:
    """A bare machine. ``calls``: what the recorders were called with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.machine = "x86_64"
        (folder / "bin").mkdir()
        for name, script in STAND_INS.items():
            file = folder / "bin" / name
            file.write_text(f'#!/bin/bash\necho "{name} $*" >>"$CALLS"\n{FAILS}\n{script}\n')
            file.chmod(0o755)
        for place in OVERLAID:
            for part in ("upper", "work"):
                (folder / part / place[1:]).mkdir(parents=True)
        ship(folder / "source.zip")
        with zipfile.ZipFile(folder / "definition.zip", "w") as own:
            own.write(SHOP / "orders.py", "sources/orders.py")

    def boot(self, fails: str = "nothing", pulls: str = "", definition: str = "") -> int:
        """:param pulls: which pull of the registry's image succeeds; "": the registry has none"""
        script = (PROJECT / "bootstrap" / "user_data.sh").read_text()
        told = {**TOLD, "LAKE_BOOT_SECONDS": "60", "LAKE_IDLE_MINUTES": "30",
                "LAKE_STUCK_AFTER_HOURS": "6",
                "LAKE_DEFINITION_SOURCE": definition}  # fmt: skip
        (self.folder / "script").write_text(user_data(script, told))
        mounts = [
            f"mount -t overlay overlay -o lowerdir={place},upperdir={self.folder}/upper{place},"
            f"workdir={self.folder}/work{place} {place}"
            for place in OVERLAID
        ]
        inside = " && ".join([*mounts, f"exec bash {self.folder}/script"])
        as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
        environment = {
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}", "CALLS": f"{self.folder}/calls",
            "REPORT": f"{self.folder}/report", "SOURCE_ZIP": f"{self.folder}/source.zip",
            "DEFINITION_ZIP": f"{self.folder}/definition.zip", "FAILS": fails,
            "PULLS": pulls, "REGISTRY": REGISTRY, "KEPT": KEPT, "MACHINE": self.machine,
        }  # fmt: skip
        command = ["unshare", "--mount", *as_root, "bash", "-c", inside]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        self.said = done.stdout + done.stderr
        return done.returncode

    @property
    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text().splitlines()

    def called(self, start: str) -> list[str]:
        return [call for call in self.calls if call.startswith(start)]

    def report(self) -> dict[str, str]:
        return json.loads((self.folder / "report").read_text())

    def wrote(self, path: str) -> Path:
        """A file that the boot wrote to the system."""
        return self.folder / "upper" / path.lstrip("/")


def ship(to: Path) -> None:
    """The project's source, as the asset has it."""
    with zipfile.ZipFile(to, "w") as source:
        for name in (*SHIPPED_FOLDERS, *SHIPPED_FILES):
            top = PROJECT / name
            for file in sorted(top.rglob("*")) if top.is_dir() else [top]:
                if file.is_file() and "__pycache__" not in file.parts:
                    source.write(file, file.relative_to(PROJECT))


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path)


def signal(status: int) -> str:
    return (
        f"cfn-signal --exit-code {status} --region eu-west-1 --stack medallion-box "
        "--resource BoxGroup"
    )


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


def tmp_path_of(tmp_path: Path) -> Path:
    (tmp_path / "another").mkdir()
    return tmp_path / "another"


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
