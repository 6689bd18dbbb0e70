"""`lake destroy`: end the lake on AWS, and look for what is left."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import click

from jobs.errors import DefinitionError
from lake.setup import PROJECT

INFRASTRUCTURE = "cdk_app"
CDK = "aws_cdk"


@click.command("destroy", short_help="End the lake on AWS, and prove that nothing is left.")
@click.option("--delete-data", is_flag=True, help="Also empty and delete the kept buckets.")
@click.option("--confirm", metavar="NAME", help="The lake's name, instead of being asked for it.")
@click.option("--look", is_flag=True, help="Only look for what is left; delete nothing.")
@click.option(
    "-c",
    "--context",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting, as deployed.",
)
def verb(delete_data: bool, confirm: str | None, look: bool, settings: tuple[str, ...]) -> None:
    """End the lake on AWS: the stacks go, then everything that carries the lake's name or tag
    is looked for, and each thing that is left is named with why it stayed and what it costs.

    The buckets stay unless --delete-data is given, which asks for the lake's name first.
    Exit status 1 if anything is left that was not chosen to be kept.

    \b
    Example:
      lake destroy
      lake destroy --delete-data
      lake destroy --look -c name=sales
    """
    words = ["leftovers" if look else "destroy"]
    words += [word for setting in settings for word in ("-c", setting)]
    if look and (delete_data or confirm):
        raise DefinitionError("--look deletes nothing; leave --delete-data and --confirm out.")
    if delete_data:
        words.append("--delete-data")
    if confirm:
        words += ["--confirm", confirm]
    click.get_current_context().exit(_run(words))


def _run(words: list[str]) -> int:
    """Hand over to the infrastructure's own command, which alone knows the CDK; its status."""
    if not (PROJECT / INFRASTRUCTURE).is_dir():
        raise DefinitionError(
            "`lake destroy` runs in the project's folder, where the infrastructure is defined; "
            f"there is none at {PROJECT}."
        )
    if find_spec(CDK) is None:
        raise DefinitionError("The CDK is not installed here: `make setup-cloud cdk-cli`.")
    return subprocess.run([sys.executable, "-m", INFRASTRUCTURE, *words], cwd=PROJECT).returncode
