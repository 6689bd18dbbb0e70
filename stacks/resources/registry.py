"""Where the box's image is kept, so that a replacement box pulls it and never builds it."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ecr as ecr
from constructs import Construct

from stacks.resources.zone import pin


@dataclass(frozen=True)
class RegistryProps:
    """:param images_kept: how many images stay; older ones expire"""

    repository_name: str
    images_kept: int


class Registry(Construct):
    """The image repository. It goes with its stack: images are made from the source, not kept."""

    def __init__(self, scope: Construct, construct_id: str, props: RegistryProps) -> None:
        super().__init__(scope, construct_id)
        self.repository = ecr.Repository(
            self,
            "Repository",
            repository_name=props.repository_name,
            image_scan_on_push=True,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            lifecycle_rules=[
                ecr.LifecycleRule(
                    description=f"keep the {props.images_kept} newest images",
                    max_image_count=props.images_kept,
                )
            ],
            removal_policy=RemovalPolicy.DESTROY,
            empty_on_delete=True,
        )
        pin(self.repository, "Registry")
