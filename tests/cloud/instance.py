"""A bare machine that boots by our user data, every step for real.

Its system folders are overlaid: what a boot writes there goes away with the test. Commands that
reach AWS or change a system are recorders.
"""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from pathlib import Path

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


def signal(status: int) -> str:
    return (
        f"cfn-signal --exit-code {status} --region eu-west-1 --stack medallion-box "
        "--resource BoxGroup"
    )


def tmp_path_of(tmp_path: Path) -> Path:
    (tmp_path / "another").mkdir()
    return tmp_path / "another"
