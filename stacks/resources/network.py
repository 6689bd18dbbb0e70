"""Where the box lives: a network that costs nothing while it is empty, and one way in."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk_app.names import Names
from stacks.resources.findings import acknowledge

MOST_ADDRESSES = 5  # each counts against the security group's quota of 60 rules


@dataclass(frozen=True)
class NetworkProps:
    """:param cidr: the network's addresses, such as 10.42.0.0/24"""

    names: Names
    cidr: str


class Network(Construct):
    """A VPC of public subnets, its S3 endpoint, and the security group that only SSH enters.

    There is no NAT gateway: it would cost about 33 dollars a month without moving a byte. The box
    has a public address instead, which is paid for while the box runs.
    """

    def __init__(self, scope: Construct, construct_id: str, props: NetworkProps) -> None:
        super().__init__(scope, construct_id)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            vpc_name=props.names.lake,
            ip_addresses=ec2.IpAddresses.cidr(props.cidr),
            max_azs=2,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="public", subnet_type=ec2.SubnetType.PUBLIC)
            ],
            # Emptying the default group takes a Lambda function; nothing here uses that group.
            restrict_default_security_group=False,
        )
        self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        # No entries here: they are the user's, and a deployment must not reset them.
        self.ssh_addresses = ec2.CfnPrefixList(
            self,
            "SshAddresses",
            prefix_list_name=props.names.prefix_list,
            address_family="IPv4",
            max_entries=MOST_ADDRESSES,
        )
        # A replaced list is an empty one: nobody could reach the box.
        self.ssh_addresses.override_logical_id("SshAddresses")
        self.security_group = self._one_way_in(props.names)
        self._explain()

    def _one_way_in(self, names: Names) -> ec2.CfnSecurityGroup:
        ssh = ec2.CfnSecurityGroup.IngressProperty(
            ip_protocol="tcp",
            from_port=22,
            to_port=22,
            source_prefix_list_id=self.ssh_addresses.attr_prefix_list_id,
            description="SSH from the addresses in the prefix list",
        )
        # AWS's services, the package mirrors and registries all speak HTTPS. Names and time come
        # from the VPC's own resolver and clock, which no security group stands before.
        https = ec2.CfnSecurityGroup.EgressProperty(
            ip_protocol="tcp", from_port=443, to_port=443, cidr_ip="0.0.0.0/0", description="HTTPS"
        )
        return ec2.CfnSecurityGroup(
            self,
            "SecurityGroup",
            vpc_id=self.vpc.vpc_id,
            group_description=f"SSH from the listed addresses to the box of the lake {names.lake}",
            security_group_ingress=[ssh],
            security_group_egress=[https],
        )

    def _explain(self) -> None:
        flow = (
            "One box and one inbound rule; flow logs would cost more than the rest of the network."
        )
        acknowledge(
            self.vpc,
            {
                "AwsSolutions-VPC7": flow,
                "NIST.800.53.R5-VPCFlowLogsEnabled": flow,
                "NIST.800.53.R5-VPCDefaultSecurityGroupClosed": "Nothing uses the default group; "
                "closing it takes a Lambda function with rights over security groups.",
            },
        )
        for subnet in self.vpc.public_subnets:
            acknowledge(
                subnet,
                {
                    "NIST.800.53.R5-VPCSubnetAutoAssignPublicIpDisabled": "A public address takes "
                    "the place of a NAT gateway, which would cost more than the box.",
                    "NIST.800.53.R5-VPCNoUnrestrictedRouteToIGW": "The box fetches its packages "
                    "and image over HTTPS; inbound is closed by the security group.",
                },
            )
