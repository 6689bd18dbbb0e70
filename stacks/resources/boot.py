"""What the box runs when it boots: the project's source as an asset, and the user data."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Aws, Fn, IgnoreMode, SymlinkFollowMode
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from cdk_app.names import Names
from cdk_app.shipped import LITTER, SHIPPED_FILES, SHIPPED_FOLDERS

SCRIPT = Path("bootstrap", "user_data.sh")
# What a box needs to start before its own clock runs, so that it signals before the wait ends.
START_MINUTES = 3


@dataclass(frozen=True)
class BootProps:
    """What the boot script is told.

    :param project: the project's folder, from which the source is shipped
    :param definition: the folder of the user's lake definition; None: the one in the source
    :param role_name: the box's role, which is let read the source
    :param signal_to: logical id of the group that waits for the box's signal
    :param patience_minutes: how long the group waits
    :param idle_minutes: after how long unused the box turns itself off; 0: never
    :param stuck_after_hours: after how long without a step that ends, and next to nothing computed,
        it kills a run; 0: never
    """

    names: Names
    project: Path
    definition: Path | None
    role_name: str
    signal_to: str
    patience_minutes: int
    idle_minutes: int
    stuck_after_hours: int


class Boot(Construct):
    """The asset with the source, leave to read it, and the user data as ``user_data``."""

    def __init__(self, scope: Construct, construct_id: str, props: BootProps) -> None:
        super().__init__(scope, construct_id)
        kept = [f"!/{name}" for name in (*SHIPPED_FOLDERS, *SHIPPED_FILES)]
        source = assets.Asset(
            self,
            "Source",
            path=str(props.project),
            exclude=["/*", *kept, *LITTER],
            ignore_mode=IgnoreMode.GIT,
        )
        shipped = [source]
        if props.definition is not None:
            shipped.append(self._definition(props.definition))
        places = [f"{asset.s3_bucket_name}/{asset.s3_object_key}" for asset in shipped]
        self.read_source = self._let_read(props.role_name, places)
        told = {
            "LAKE_NAME": props.names.lake,
            "LAKE_REGION": Aws.REGION,
            "LAKE_STACK": Aws.STACK_NAME,
            "LAKE_SIGNAL_TO": props.signal_to,
            "LAKE_SOURCE": f"s3://{places[0]}",
            "LAKE_DEFINITION_SOURCE": f"s3://{places[1]}" if places[1:] else "",
            "LAKE_LAST_BOOT": props.names.last_boot_parameter,
            "LAKE_BOOT_SECONDS": str((props.patience_minutes - START_MINUTES) * 60),
            "LAKE_IDLE_MINUTES": str(props.idle_minutes),
            "LAKE_STUCK_AFTER_HOURS": str(props.stuck_after_hours),
        }
        script = (props.project / SCRIPT).read_text(encoding="utf-8")
        self.user_data = Fn.base64(user_data(script, told))

    def _definition(self, folder: Path) -> assets.Asset:
        # Beside the source and not in it: the image's version does not change with it, while the
        # user data, which names it by its content, does, so the next deployment boots it.
        return assets.Asset(
            self,
            "Definition",
            path=str(folder),
            exclude=[".*", *LITTER],
            ignore_mode=IgnoreMode.GIT,
            follow_symlinks=SymlinkFollowMode.ALWAYS,
        )

    def _let_read(self, role_name: str, paths: list[str]) -> iam.CfnRolePolicy:
        statement = iam.PolicyStatement(
            sid="ReadThisVersionsSource",
            actions=["s3:GetObject"],
            resources=[f"arn:{Aws.PARTITION}:s3:::{path}" for path in paths],
        )
        return iam.CfnRolePolicy(
            self,
            "ReadSource",
            role_name=role_name,
            policy_name="read-source",
            policy_document=iam.PolicyDocument(statements=[statement]),
        )


def user_data(script: str, told: Mapping[str, str]) -> str:
    """The boot script with what it is told set before it, below its first line.

    :param script: a bash script, its first line naming bash
    :param told: environment variables; their values are quoted, so none is read as code
    """
    first, rest = script.split("\n", 1)
    lines = [f"export {name}={_quoted(value)}" for name, value in told.items()]
    return "\n".join([first, *lines, rest])


def _quoted(value: str) -> str:
    # A token holds characters that shlex would quote one way and CloudFormation another; AWS's
    # own values (region, stack name, bucket) contain no quote, so single quotes are enough.
    return f"'{value}'" if "${Token" in value else shlex.quote(value)
