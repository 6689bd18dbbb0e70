"""What a box leaves behind to be read after it is gone: its logs, and how its last boot ended."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from cdk_app.names import Names
from stacks.resources.findings import acknowledge

NEVER_BOOTED = '{"status": "none", "reason": "no box has booted yet"}'


@dataclass(frozen=True)
class RecordsProps:
    """:param retention_days: how long a log line is kept; one of CloudWatch's own values"""

    names: Names
    retention_days: int


class Records(Construct):
    """The log group and the last boot's report.

    They stand apart from the box: a box whose first boot fails is rolled back with its stack, and
    the reason must outlive it.
    """

    def __init__(self, scope: Construct, construct_id: str, props: RecordsProps) -> None:
        super().__init__(scope, construct_id)
        self.log_group = logs.CfnLogGroup(
            self,
            "LogGroup",
            log_group_name=props.names.log_group,
            retention_in_days=props.retention_days,
        )
        self.log_group.apply_removal_policy(RemovalPolicy.DESTROY)
        ssm.StringParameter(
            self,
            "LastBoot",
            parameter_name=props.names.last_boot_parameter,
            string_value=NEVER_BOOTED,
            description="how the box's last boot ended, as the box itself wrote it",
        )
        acknowledge(
            self.log_group,
            {
                "NIST.800.53.R5-CloudWatchLogGroupEncrypted": "CloudWatch encrypts every log group "
                "with keys of its own; the logs hold counts and names, no rows."
            },
        )
