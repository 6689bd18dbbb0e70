"""Leave for the box to turn itself off when nobody uses it."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct


class IdleOff(Construct):
    """The box's role may set the size of its own group, and of no other."""

    def __init__(
        self, scope: Construct, construct_id: str, *, role_name: str, group_name: str
    ) -> None:
        """
        :param role_name: the box's role
        :param group_name: the Auto Scaling group of the box
        """
        super().__init__(scope, construct_id)
        # An ARN of a group holds an id that nobody knows beforehand; its name is enough.
        group = (
            f"arn:{Aws.PARTITION}:autoscaling:{Aws.REGION}:{Aws.ACCOUNT_ID}:autoScalingGroup:*:"
            f"autoScalingGroupName/{group_name}"
        )
        statement = iam.PolicyStatement(
            sid="TurnItselfOff", actions=["autoscaling:SetDesiredCapacity"], resources=[group]
        )
        iam.CfnRolePolicy(
            self,
            "Policy",
            role_name=role_name,
            policy_name="turn-itself-off",
            policy_document=iam.PolicyDocument(statements=[statement]),
        )
