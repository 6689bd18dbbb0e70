"""The box: what it boots, and the group that keeps one running."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from cdk_app.definition import folder, published
from cdk_app.names import Names
from cdk_app.settings import Settings
from stacks.resources.boot import Boot, BootProps
from stacks.resources.box import GROUP_LOGICAL_ID, Box, BoxProps
from stacks.resources.discovery import Discovery
from stacks.resources.documents import Documents
from stacks.resources.idle_off import IdleOff
from stacks.resources.launch import LaunchProps

_CPU = {"x86_64": ec2.AmazonLinuxCpuType.X86_64, "arm64": ec2.AmazonLinuxCpuType.ARM_64}


class BoxStack(Stack):
    """The only part that costs money by the hour.

    It finds what it stands on through SSM parameters, not exports: an export could not change
    while this stack uses it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        names: Names,
        project: Path,
        tags: dict[str, str],
    ) -> None:
        """
        :param project: the project's folder, whose source is shipped to the box
        :param tags: the cost tags, for what the launch template and not the stack creates
        """
        super().__init__(
            scope,
            construct_id,
            stack_name=names.stack("box"),
            description=f"The box of the lake {settings.name}",
        )
        self._names = names
        boot = Boot(
            self,
            "Boot",
            BootProps(
                names=names,
                project=project,
                definition=folder(settings.definition) if settings.definition else None,
                role_name=settings.role_name,
                signal_to=GROUP_LOGICAL_ID,
                patience_minutes=settings.boot_timeout_minutes,
                idle_minutes=settings.idle_minutes,
                stuck_after_hours=settings.stuck_after_hours,
            ),
        )
        launch = LaunchProps(
            image_id=self._image(settings),
            user_data=boot.user_data,
            profile=self._find("identity/profile"),
            security_group=self._find("network/security-group"),
            disk_gib=settings.disk_gib,
            key_pair=settings.key_pair,
            name=names.stack("box"),
            label=f"{names.lake} box ({settings.stage}, {settings.market})",
            tags=tags,
        )
        subnets = ssm.StringListParameter.value_for_typed_list_parameter(
            self, names.parameter("network/subnets"), ssm.ParameterValueType.STRING
        )
        box = Box(self, "Box", BoxProps(names, settings, subnets, launch))
        # A box that boots before it may read its source would fail its first step.
        box.group.add_resource_dependency(boot.read_source)
        IdleOff(self, "IdleOff", role_name=settings.role_name, group_name=box.group.ref)
        discovery = Discovery(self, "Discovery", names=names)
        discovery.tell("box/group", box.group.ref, "the Auto Scaling group of the box")
        reads = published(settings.definition)
        discovery.keep("box/definition", reads, "what the box's lake is made of")
        asked = Documents(self, "Documents", names=names, project=project, tags=tags)
        for word, document in asked.documents.items():
            discovery.tell(f"documents/{word}", document.ref, f"the SSM document: {word}")

    def _find(self, path: str) -> str:
        return ssm.StringParameter.value_for_string_parameter(self, self._names.parameter(path))

    def _image(self, settings: Settings) -> str:
        image = ec2.MachineImage.latest_amazon_linux2023(
            cpu_type=_CPU[settings.architecture], kernel=ec2.AmazonLinux2023Kernel.DEFAULT
        )
        return image.get_image(self).image_id
