"""The box: launch templates, and a group of one that brings a reclaimed box back by itself."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import (
    CfnAutoScalingRollingUpdate,
    CfnCreationPolicy,
    CfnResourceSignal,
    CfnUpdatePolicy,
)
from aws_cdk import aws_autoscaling as autoscaling
from constructs import Construct

from cdk_app.instance_types import is_burstable
from cdk_app.names import Names
from cdk_app.settings import Settings
from stacks.resources.findings import acknowledge
from stacks.resources.launch import Launch, LaunchProps

GROUP_LOGICAL_ID = "BoxGroup"
# While a template changes, nothing else may start or stop a box.
SUSPENDED = [
    "HealthCheck",
    "ReplaceUnhealthy",
    "AZRebalance",
    "AlarmNotification",
    "ScheduledActions",
]


@dataclass(frozen=True)
class BoxProps:
    """What the group needs to know.

    :param subnets: subnet ids, or the token of their list
    :param launch: how one box is launched
    """

    names: Names
    settings: Settings
    subnets: list[str]
    launch: LaunchProps


class Box(Construct):
    """An Auto Scaling group of none or one, as ``group``."""

    def __init__(self, scope: Construct, construct_id: str, props: BoxProps) -> None:
        super().__init__(scope, construct_id)
        self._settings = props.settings
        # EC2 refuses a credit mode on a type without credits, so each kind has its own template.
        self._launch = {
            burstable: Launch(
                self,
                "Burstable" if burstable else "Steady",
                props.launch,
                props.settings.cpu_credits if burstable else None,
            )
            for burstable in sorted({is_burstable(name) for name in props.settings.instance_types})
        }
        self.group = self._make_group(props)
        self.group.override_logical_id(GROUP_LOGICAL_ID)
        self.group.cfn_options.creation_policy = CfnCreationPolicy(
            resource_signal=CfnResourceSignal(count=1, timeout=self._patience())
        )
        self.group.cfn_options.update_policy = CfnUpdatePolicy(
            auto_scaling_rolling_update=CfnAutoScalingRollingUpdate(
                min_instances_in_service=0,
                max_batch_size=1,
                pause_time=self._patience(),
                wait_on_resource_signals=True,
                suspend_processes=SUSPENDED,
            )
        )
        acknowledge(self.group, _REASONS)

    def _make_group(self, props: BoxProps) -> autoscaling.CfnAutoScalingGroup:
        return autoscaling.CfnAutoScalingGroup(
            self,
            "Group",
            auto_scaling_group_name=props.names.stack("box"),
            min_size="0",
            max_size="1",
            # One, so that every deployment that changes the box also boots it and waits.
            desired_capacity="1",
            vpc_zone_identifier=props.subnets,
            health_check_type="EC2",
            # A second box before the first is gone would be a second writer.
            capacity_rebalance=False,
            instance_maintenance_policy=autoscaling.CfnAutoScalingGroup.InstanceMaintenancePolicyProperty(
                min_healthy_percentage=0, max_healthy_percentage=100
            ),
            mixed_instances_policy=self._mixed_instances(),
        )

    def _mixed_instances(self) -> autoscaling.CfnAutoScalingGroup.MixedInstancesPolicyProperty:
        group = autoscaling.CfnAutoScalingGroup
        types = self._settings.instance_types
        return group.MixedInstancesPolicyProperty(
            instances_distribution=self._distribution(),
            launch_template=group.LaunchTemplateProperty(
                launch_template_specification=self._template(types[0]),
                overrides=[
                    group.LaunchTemplateOverridesProperty(
                        instance_type=name, launch_template_specification=self._template(name)
                    )
                    for name in types
                ],
            ),
        )

    def _distribution(self) -> autoscaling.CfnAutoScalingGroup.InstancesDistributionProperty:
        spot, price = self._settings.market == "spot", self._settings.spot_max_price
        return autoscaling.CfnAutoScalingGroup.InstancesDistributionProperty(
            on_demand_base_capacity=0,
            on_demand_percentage_above_base_capacity=0 if spot else 100,
            on_demand_allocation_strategy="prioritized",
            # The cheapest pool is often the one reclaimed first, and a reclaimed run starts again:
            # this strategy takes the cheapest among the pools that are deep enough to last.
            spot_allocation_strategy="price-capacity-optimized",
            # "": none. A price that is merely left out would stay as an earlier deployment set it.
            spot_max_price=f"{price}" if spot and price is not None else "",
        )

    def _template(
        self, instance_type: str
    ) -> autoscaling.CfnAutoScalingGroup.LaunchTemplateSpecificationProperty:
        launch = self._launch[is_burstable(instance_type)]
        return autoscaling.CfnAutoScalingGroup.LaunchTemplateSpecificationProperty(
            launch_template_id=launch.template.ref,
            version=launch.template.attr_latest_version_number,
        )

    def _patience(self) -> str:
        return f"PT{self._settings.boot_timeout_minutes}M"


_LOOKS_ELSEWHERE = (
    "The rule looks for one launch template on the group and sees none in a mixed-instances "
    "policy; the tests hold every launch template to it."
)
_REASONS = {
    "AwsSolutions-EC26": _LOOKS_ELSEWHERE,
    "NIST.800.53.R5-EC2IMDSv2Enabled": _LOOKS_ELSEWHERE,
    "AwsSolutions-AS3": "A group of one tells of its box through the run's own notices; launch and "
    "termination stand in the group's activity history.",
}
