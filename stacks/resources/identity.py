"""Who the box is: one role, its instance profile, and exactly what it may do."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_app.names import LANDING, LAYERS, Names
from stacks.resources.findings import acknowledge
from stacks.resources.zone import pin

READ = ["s3:GetObject"]
# No s3:DeleteObjectVersion: what a job deletes or overwrites can be brought back.
WRITE = [
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
]
LIST = ["s3:ListBucket", "s3:GetBucketLocation"]
PULL_AND_PUSH = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:DescribeImages",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
]


@dataclass(frozen=True)
class IdentityProps:
    """What the role is called and may reach.

    :param managed_s3: attach AmazonS3FullAccess instead of the exact statements on the zones
    :param kms_key_arn: the key that encrypts the zones, or None
    """

    names: Names
    role_name: str
    managed_s3: bool
    kms_key_arn: str | None


class Identity(Construct):
    """The box's role and instance profile, both of the same name."""

    def __init__(self, scope: Construct, construct_id: str, props: IdentityProps) -> None:
        super().__init__(scope, construct_id)
        self._props = props
        self.role = iam.Role(
            self,
            "Role",
            role_name=props.role_name,
            description=f"The box of the lake {props.names.lake}",
            assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
            managed_policies=[_managed("AmazonSSMManagedInstanceCore")],
        )
        pin(self.role, "BoxRole")
        self.profile = iam.CfnInstanceProfile(
            self, "Profile", instance_profile_name=props.role_name, roles=[self.role.role_name]
        )
        if props.managed_s3:
            self.role.add_managed_policy(_managed("AmazonS3FullAccess"))
        zones = [] if props.managed_s3 else self._zones()
        self._allow([*zones, *self._key(), *self._operations()])
        self._explain()

    def _allow(self, statements: list[iam.PolicyStatement]) -> None:
        self._policy = iam.ManagedPolicy(
            self,
            "Policy",
            description=f"What the box of the lake {self._props.names.lake} may do",
            statements=statements,
            roles=[self.role],
        )

    def _zones(self) -> list[iam.PolicyStatement]:
        names = self._props.names
        every = [_bucket_arn(names, zone) for zone in (LANDING, *LAYERS)]
        layers = [f"{_bucket_arn(names, zone)}/*" for zone in LAYERS]
        return [
            _allow("ListTheZones", LIST, every),
            _allow("ReadLanding", READ, [f"{_bucket_arn(names, LANDING)}/*"]),
            _allow("ReadAndWriteTheLayers", READ + WRITE, layers),
        ]

    def _key(self) -> list[iam.PolicyStatement]:
        # AmazonS3FullAccess holds no right to any key either.
        if self._props.kms_key_arn is None:
            return []
        use = ["kms:Decrypt", "kms:GenerateDataKey"]
        return [_allow("UseTheZonesKey", use, [self._props.kms_key_arn])]

    def _operations(self) -> list[iam.PolicyStatement]:
        names = self._props.names
        logs = _arn("logs", f"log-group:{names.log_group}")
        only_ours = {"StringEquals": {"cloudwatch:namespace": names.metrics_namespace}}
        read_parameters = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"]
        # The SSM agent always asks for its group to be made before it writes there.
        stream = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents",
                  "logs:DescribeLogStreams"]  # fmt: skip
        return [
            _allow("LogIn", ["ecr:GetAuthorizationToken"], ["*"]),
            _allow("KeepTheImage", PULL_AND_PUSH, [_arn("ecr", f"repository/{names.repository}")]),
            _allow("WriteLogs", stream, [logs, f"{logs}:log-stream:*"]),
            _allow("WriteMetrics", ["cloudwatch:PutMetricData"], ["*"], only_ours),
            _allow("ReadNames", read_parameters, [_arn("ssm", f"parameter/{names.lake}/*")]),
            # AmazonSSMManagedInstanceCore reads every parameter of the account, which may be
            # another's password.
            iam.PolicyStatement(
                sid="ReadNoOthersParameters",
                effect=iam.Effect.DENY,
                actions=[*read_parameters, "ssm:GetParameterHistory"],
                not_resources=[_arn("ssm", f"parameter/{names.lake}{end}") for end in ("", "/*")],
            ),
            _allow(
                "SayHowTheBootEnded",
                ["ssm:PutParameter"],
                [_arn("ssm", f"parameter{names.last_boot_parameter}")],
            ),
        ]

    def _explain(self) -> None:
        names = self._props.names
        core = "AmazonSSMManagedInstanceCore is what Run Command and Session Manager need, and AWS "
        managed = {
            "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/"
            "AmazonSSMManagedInstanceCore]": core + "keeps it in step with its agent."
        }
        if self._props.managed_s3:
            managed[
                "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonS3FullAccess]"
            ] = "Chosen by the setting s3_access=managed, to follow the first design to the letter."
        acknowledge(self.role, managed)
        wild = {
            "Resource::*": "ecr:GetAuthorizationToken knows no resource, and cloudwatch:"
            "PutMetricData is held to one namespace by its condition.",
            f"Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:"
            f"{names.log_group}:log-stream:*": "Every boot writes a log stream of its own.",
            f"Resource::arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter/"
            f"{names.lake}/*": "The lake's own parameters; a Deny shuts out the others, which "
            "AmazonSSMManagedInstanceCore would let it read.",
        }
        if not self._props.managed_s3:
            for zone in (LANDING, *LAYERS):
                finding = f"Resource::arn:<AWS::Partition>:s3:::{_shown(names.bucket(zone))}/*"
                wild[finding] = f"The objects of {zone}, whose names are made by runs and by users."
        acknowledge(
            self._policy, {f"AwsSolutions-IAM5[{finding}]": why for finding, why in wild.items()}
        )


def _allow(
    sid: str, actions: list[str], resources: list[str], conditions: dict | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid, actions=actions, resources=resources, conditions=conditions or {}
    )


def _managed(name: str) -> iam.IManagedPolicy:
    return iam.ManagedPolicy.from_aws_managed_policy_name(name)


def _arn(service: str, resource: str) -> str:
    return f"arn:{Aws.PARTITION}:{service}:{Aws.REGION}:{Aws.ACCOUNT_ID}:{resource}"


def _bucket_arn(names: Names, zone: str) -> str:
    return f"arn:{Aws.PARTITION}:s3:::{names.bucket(zone)}"


def _shown(name: str) -> str:
    # cdk-nag writes CloudFormation's own values in angle brackets.
    return name.replace(Aws.ACCOUNT_ID, "<AWS::AccountId>").replace(Aws.REGION, "<AWS::Region>")
