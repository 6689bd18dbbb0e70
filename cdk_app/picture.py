"""The architecture as a picture, drawn from the synthesised templates and from nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Template = Mapping[str, Any]

# What is drawn: its words, and the property that holds its own name.
SHOWN = {
    "AWS::AutoScaling::AutoScalingGroup": ("Auto Scaling group", "AutoScalingGroupName"),
    "AWS::Budgets::Budget": ("budget", "Budget"),
    "AWS::EC2::InternetGateway": ("internet gateway", ""),
    "AWS::EC2::LaunchTemplate": ("launch template", "LaunchTemplateName"),
    "AWS::EC2::PrefixList": ("prefix list", "PrefixListName"),
    "AWS::EC2::SecurityGroup": ("security group", ""),
    "AWS::EC2::VPC": ("VPC", ""),
    "AWS::EC2::VPCEndpoint": ("S3 gateway endpoint", ""),
    "AWS::ECR::Repository": ("image registry", "RepositoryName"),
    "AWS::IAM::InstanceProfile": ("instance profile", "InstanceProfileName"),
    "AWS::IAM::Role": ("role", "RoleName"),
    "AWS::Logs::LogGroup": ("log group", "LogGroupName"),
    "AWS::S3::Bucket": ("bucket", "BucketName"),
    "AWS::SSM::Document": ("SSM document", "Name"),
}
# What only joins or adorns those above; references are followed through it.
NOT_SHOWN = {
    "AWS::EC2::Route", "AWS::EC2::RouteTable", "AWS::EC2::Subnet",
    "AWS::EC2::SubnetRouteTableAssociation", "AWS::EC2::VPCGatewayAttachment",
    "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy", "AWS::S3::BucketPolicy",
    "AWS::SSM::Parameter",
}  # fmt: skip
# What a right allows, in words, and on what; the strongest first.
DOES = {
    "s3:PutObject": ("reads, writes", "AWS::S3::Bucket"),
    "s3:GetObject": ("reads", "AWS::S3::Bucket"),
    "ecr:PutImage": ("pulls, pushes", "AWS::ECR::Repository"),
    "logs:PutLogEvents": ("writes", "AWS::Logs::LogGroup"),
}
JOINT = "AWS::EC2::VPCGatewayAttachment"
SSH = 22


@dataclass(frozen=True)
class Drawing:
    """All templates at once; a parameter's name stands for the resource whose value it is."""

    resources: dict[str, dict[str, Any]]

    @classmethod
    def of(cls, templates: Mapping[str, Template]) -> Drawing:
        """:raises KeyError: a resource's type is neither drawn nor named as not drawn"""
        resources, told = {}, {}
        for template in templates.values():
            for name, resource in template["Resources"].items():
                if resource["Type"] not in SHOWN and resource["Type"] not in NOT_SHOWN:
                    raise KeyError(f"{resource['Type']}: put it into SHOWN or NOT_SHOWN")
                resources[name] = resource
                if resource["Type"] == "AWS::SSM::Parameter":
                    told[resource["Properties"]["Name"]] = name
        for template in templates.values():
            for parameter, given in template.get("Parameters", {}).items():
                if given.get("Default") in told:
                    resources[parameter] = resources[told[given["Default"]]]
        return cls(resources)

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The resources of one type, by name."""
        return {name: it for name, it in self.resources.items() if it["Type"] == kind}

    def shown(self, name: str) -> bool:
        """Whether a resource is drawn."""
        return self.resources[name]["Type"] in SHOWN

    def reaches(self, name: str, seen: frozenset[str] = frozenset()) -> Iterator[str]:
        """The drawn resources that one refers to, through those that are not drawn."""
        for other in references(self.resources[name].get("Properties", {})):
            if other in self.resources and other not in seen:
                if self.shown(other):
                    yield other
                else:
                    yield from self.reaches(other, seen | {name, other})


def draw(templates: Mapping[str, Template], suffix: str) -> str:
    """A Mermaid flow chart.

    :param templates: the stacks' templates by name, in the order in which they are built
    :param suffix: what the buckets' names end with, account and region, which is left out
    """
    drawing = Drawing.of(templates)
    lines = ["flowchart LR", "  you([you])"]
    for stack, template in templates.items():
        lines.append(f'  subgraph {stack}["stack {stack.lower()}"]')
        lines += [
            f"    {name}{_shape(name, resource, suffix)}"
            for name, resource in template["Resources"].items()
            if drawing.shown(name)
        ]
        lines.append("  end")
    return "\n".join([*lines, *(f"  {edge}" for edge in _edges(drawing))])


def references(value: Any) -> Iterator[str]:
    """The logical ids that a part of a template refers to."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "Ref":
                yield inner
            elif key == "Fn::GetAtt":
                yield inner[0]
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def _shape(logical: str, resource: Mapping[str, Any], suffix: str) -> str:
    words, key = SHOWN[resource["Type"]]
    # What CloudFormation names itself is told apart by its place in the code.
    name = resource["Properties"].get(key, re.sub("[0-9A-F]{8}$", "", logical) if key else "")
    name = name.get("BudgetName", "") if isinstance(name, Mapping) else name
    label = f"{words}<br/>{name.removesuffix(suffix)}" if name else words
    return f'[("{label}")]' if words == "bucket" else f'["{label}"]'


def _edges(drawing: Drawing) -> list[str]:
    plain = {
        f"{name} --- {other}"
        for name in drawing.resources
        if drawing.shown(name)
        for other in drawing.reaches(name)
        if other != name
    }
    joints = (drawing.reaches(name) for name in drawing.of_type(JOINT))
    plain |= {" --- ".join(sorted(joined)) for joined in joints}
    return [*_ways_in(drawing), *sorted(_rights(drawing)), *sorted(plain)]


def _ways_in(drawing: Drawing) -> Iterator[str]:
    for name, resource in drawing.of_type("AWS::EC2::SecurityGroup").items():
        for rule in resource["Properties"]["SecurityGroupIngress"]:
            port = "SSH" if rule["FromPort"] == SSH else f"port {rule['FromPort']}"
            yield f'you -- "{port}, from listed addresses" --> {name}'


def _rights(drawing: Drawing) -> Iterator[str]:
    for policy in drawing.of_type("AWS::IAM::ManagedPolicy").values():
        (role,) = references(policy["Properties"]["Roles"])
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            allowed = [action for action in DOES if action in _actions(statement)]
            for words, kind in [DOES[action] for action in allowed[:1]]:
                where = json.dumps(statement["Resource"])
                for name, resource in drawing.of_type(kind).items():
                    if resource["Properties"][SHOWN[kind][1]] in where:
                        yield f'{role} -- "{words}" --> {name}'


def _actions(statement: Mapping[str, Any]) -> list[str]:
    action = statement["Action"]
    return action if isinstance(action, list) else [action]
