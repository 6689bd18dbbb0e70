"""Who notebooks are: a role that reads the lake's zones and can write nothing."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_app.names import ZONES, Names
from stacks.resources.findings import acknowledge
from stacks.resources.identity import LIST, READ


@dataclass(frozen=True)
class ReaderProps:
    """:param box: the box's role, the only one that may become the reader
    :param kms_key_arn: the key that encrypts the zones, or None
    """

    names: Names
    box: iam.Role
    kms_key_arn: str | None


class Reader(Construct):
    """The reader's role, as ``role``.

    A lake has one writer. A notebook that held the box's own credentials could be a second one.
    """

    def __init__(self, scope: Construct, construct_id: str, props: ReaderProps) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Role",
            description=f"Notebooks of the lake {props.names.lake}: reads the zones",
            assumed_by=iam.ArnPrincipal(props.box.role_arn),
        )
        buckets = [f"arn:{Aws.PARTITION}:s3:::{props.names.bucket(zone)}" for zone in ZONES]
        statements = [
            iam.PolicyStatement(sid="ListTheZones", actions=LIST, resources=buckets),
            iam.PolicyStatement(
                sid="ReadTheZones", actions=READ, resources=[f"{bucket}/*" for bucket in buckets]
            ),
        ]
        if props.kms_key_arn:
            key = [props.kms_key_arn]
            statements.append(
                iam.PolicyStatement(sid="ReadWithTheKey", actions=["kms:Decrypt"], resources=key)
            )
        policy = iam.ManagedPolicy(
            self,
            "Policy",
            description=f"What notebooks of the lake {props.names.lake} may do",
            statements=statements,
            roles=[self.role],
        )
        self._let_become(props)
        self._explain(policy, props.names)

    def _let_become(self, props: ReaderProps) -> None:
        become = iam.PolicyStatement(
            sid="BecomeTheReader", actions=["sts:AssumeRole"], resources=[self.role.role_arn]
        )
        iam.CfnRolePolicy(
            self,
            "Become",
            role_name=props.box.role_name,
            policy_name="become-the-reader",
            policy_document=iam.PolicyDocument(statements=[become]),
        )

    def _explain(self, policy: iam.ManagedPolicy, names: Names) -> None:
        shown = {zone: names.bucket(zone) for zone in ZONES}
        for zone, bucket in shown.items():
            bucket = bucket.replace(Aws.ACCOUNT_ID, "<AWS::AccountId>")
            bucket = bucket.replace(Aws.REGION, "<AWS::Region>")
            finding = f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::{bucket}/*]"
            acknowledge(policy, {finding: f"The objects of {zone}, to be read alone."})
