"""What the box stands on: its identity, network, image registry and records.

Apart from the box, so that a boot that fails and is rolled back takes none of it along: the image
is still there, the SSH address still listed, the reason still to be read.
"""

from __future__ import annotations

from aws_cdk import Stack
from constructs import Construct

from cdk_app.names import Names
from cdk_app.settings import Settings
from stacks.resources.discovery import Discovery
from stacks.resources.identity import Identity, IdentityProps
from stacks.resources.network import Network, NetworkProps
from stacks.resources.reader import Reader, ReaderProps
from stacks.resources.records import Records, RecordsProps
from stacks.resources.registry import Registry, RegistryProps


class FoundationStack(Stack):
    """Identity, network, registry and records; all of it costs nothing while no box runs."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, names: Names
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=names.stack("foundation"),
            description=f"What the box of the lake {settings.name} stands on",
        )
        self._identity = Identity(
            self,
            "Identity",
            IdentityProps(
                names=names,
                role_name=settings.role_name,
                managed_s3=settings.s3_access == "managed",
                kms_key_arn=settings.kms_key_arn,
            ),
        )
        self._reader = Reader(
            self, "Reader", ReaderProps(names, self._identity.role, settings.kms_key_arn)
        )
        self._network = Network(self, "Network", NetworkProps(names, settings.vpc_cidr))
        self._registry = Registry(
            self, "Registry", RegistryProps(names.repository, settings.images_kept)
        )
        self._records = Records(self, "Records", RecordsProps(names, settings.log_retention_days))
        self._tell(Discovery(self, "Discovery", names=names))

    def _tell(self, discovery: Discovery) -> None:
        network, registry = self._network, self._registry
        group = network.security_group.attr_group_id
        subnets = [subnet.subnet_id for subnet in network.vpc.public_subnets]
        prefix_list = network.ssh_addresses.attr_prefix_list_id
        discovery.tell("identity/role", self._identity.role.role_name, "the box's role")
        discovery.tell("identity/profile", self._identity.profile.ref, "the box's instance profile")
        discovery.tell("identity/reader", self._reader.role.role_arn, "the role of notebooks")
        discovery.tell("network/security-group", group, "the box's security group")
        discovery.tell("network/ssh-addresses", prefix_list, "who may reach SSH: a prefix list")
        discovery.tell_list("network/subnets", subnets, "the subnets that the box may stand in")
        discovery.tell(
            "registry/uri", registry.repository.repository_uri, "where the image is kept"
        )
        discovery.tell("records/log-group", self._records.log_group.ref, "the box's logs")
