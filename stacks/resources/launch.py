"""How one box is launched: image, disk, metadata, network, name."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import CfnTag
from aws_cdk import aws_ec2 as ec2
from constructs import Construct


@dataclass(frozen=True)
class LaunchProps:
    """What every launch template has in common.

    :param image_id: the AMI, or the token of the SSM parameter that names it
    :param user_data: base64, as EC2 takes it
    :param disk_gib: size of the encrypted gp3 root disk
    :param key_pair: name of the EC2 key pair, or None
    :param name: the launch templates' name, before the kind
    :param label: what the box is called in the console
    :param tags: laid on the box and on its disk
    """

    image_id: str
    user_data: str
    profile: str
    security_group: str
    disk_gib: int
    key_pair: str | None
    name: str
    label: str
    tags: dict[str, str]


class Launch(Construct):
    """A launch template, as ``template``."""

    def __init__(
        self, scope: Construct, construct_id: str, props: LaunchProps, cpu_credits: str | None
    ) -> None:
        """
        :param cpu_credits: standard, unlimited, or None for types that have no credits
        """
        super().__init__(scope, construct_id)
        template = ec2.CfnLaunchTemplate
        self.template = template(
            self,
            "Template",
            launch_template_name=f"{props.name}-{construct_id.lower()}",
            tag_specifications=[
                template.LaunchTemplateTagSpecificationProperty(
                    resource_type="launch-template", tags=_tags(props.tags)
                )
            ],
            launch_template_data=_data(props, cpu_credits),
        )


def _data(
    props: LaunchProps, cpu_credits: str | None
) -> ec2.CfnLaunchTemplate.LaunchTemplateDataProperty:
    template = ec2.CfnLaunchTemplate
    credit = template.CreditSpecificationProperty(cpu_credits=cpu_credits)
    return template.LaunchTemplateDataProperty(
        image_id=props.image_id,
        user_data=props.user_data,
        key_name=props.key_pair,
        iam_instance_profile=template.IamInstanceProfileProperty(name=props.profile),
        credit_specification=credit if cpu_credits else None,
        metadata_options=_metadata(),
        network_interfaces=[
            template.NetworkInterfaceProperty(
                device_index=0,
                associate_public_ip_address=True,
                delete_on_termination=True,
                groups=[props.security_group],
            )
        ],
        block_device_mappings=[_disk(props.disk_gib)],
        tag_specifications=_names(props),
    )


def _metadata() -> ec2.CfnLaunchTemplate.MetadataOptionsProperty:
    # Two hops: a container on the box is one hop further from the metadata service.
    return ec2.CfnLaunchTemplate.MetadataOptionsProperty(
        http_tokens="required",
        http_put_response_hop_limit=2,
        http_endpoint="enabled",
        instance_metadata_tags="enabled",
    )


def _disk(gib: int) -> ec2.CfnLaunchTemplate.BlockDeviceMappingProperty:
    return ec2.CfnLaunchTemplate.BlockDeviceMappingProperty(
        device_name="/dev/xvda",
        ebs=ec2.CfnLaunchTemplate.EbsProperty(
            volume_type="gp3", volume_size=gib, encrypted=True, delete_on_termination=True
        ),
    )


def _names(props: LaunchProps) -> list[ec2.CfnLaunchTemplate.TagSpecificationProperty]:
    return [
        ec2.CfnLaunchTemplate.TagSpecificationProperty(
            resource_type=kind,
            tags=_tags({"Name": f"{props.label}{part}", **props.tags}),
        )
        for kind, part in (("instance", ""), ("volume", " disk"), ("network-interface", " network"))
    ]


def _tags(tags: dict[str, str]) -> list[CfnTag]:
    return [CfnTag(key=key, value=value) for key, value in tags.items()]
