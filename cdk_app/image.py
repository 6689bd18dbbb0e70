"""The box's image, made on this machine by the step that makes it on a box."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from cdk_app.aws import open_account
from cdk_app.cdk import PROJECT
from cdk_app.settings import Settings
from cdk_app.shipped import ship
from jobs.errors import DefinitionError, LakeError

STEP = Path("bootstrap", "steps", "30-image.sh")
COMMANDS = ("bash", "docker", "aws")


def image(settings: Settings) -> None:
    """Builds this version's image and keeps it in the lake's registry, unless it is there.

    :raises DefinitionError: a command that it takes is missing, or the credentials do not work
    :raises LakeError: the step failed; it has said why
    """
    missing = [command for command in COMMANDS if shutil.which(command) is None]
    if missing:
        raise DefinitionError(
            f"The image is made with {', '.join(COMMANDS)}; not found here: {', '.join(missing)}. "
            "Without it the first box that boots makes the image."
        )
    account = open_account(settings)
    with tempfile.TemporaryDirectory(prefix="lake-image-") as home:
        # A copy, as a box has it: what lies about in this folder would be another version.
        ship(PROJECT, Path(home, "source"))
        told = {
            "LAKE_HOME": home,
            "LAKE_NAME": settings.name,
            "LAKE_ARCHITECTURE": settings.architecture,
            "AWS_DEFAULT_REGION": account.names.region,
        }
        command = ["bash", "-Eeuo", "pipefail", str(Path(home, "source", STEP))]
        done = subprocess.run(command, env={**account.cli_environment(), **told}, check=False)
    if done.returncode != 0:
        raise LakeError(
            f"The image was not made (status {done.returncode}): the lines above say why."
        )
