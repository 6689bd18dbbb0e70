"""The architecture as a picture, drawn from the synthesised templates and from nothing else."""

from __future__ import annotations

import json
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
}
# What only joins or adorns those above; references are followed through it.
NOT_SHOWN = {
    "AWS::EC2::Route", "AWS::EC2::RouteTable", "AWS::EC2::Subnet",
    "AWS::EC2::SubnetRouteTableAssociation", "AWS::EC2::VPCGatewayAttachment",
    "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy", "AWS::S3::BucketPolicy",
    "AWS::SSM::Parameter",
}  # fmt: skip
# What a right allows, in words; the strongest first.
DOES = {
    "s3:PutObject": "reads, writes",
    "s3:GetObject": "reads",
    "ecr:PutImage": "pulls, pushes",
    "logs:PutLogEvents": "writes",
}
SSH = 22


@dataclass(frozen=True)
class Drawing:
    """All templates at once: their resources, and where a parameter's value comes from."""

    resources: dict[str, dict[str, Any]]
    told: dict[str, str]

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
        return cls(resources, told)

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
            f"    {name}{_shape(resource, suffix)}"
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


def _shape(resource: Mapping[str, Any], suffix: str) -> str:
    words, key = SHOWN[resource["Type"]]
    name = resource["Properties"].get(key, "")
    name = name.get("BudgetName", "") if isinstance(name, Mapping) else name
    label = f"{words}<br/>{name.removesuffix(suffix)}" if name else words
    return f'[("{label}")]' if words == "bucket" else f'["{label}"]'


def _edges(drawing: Drawing) -> list[str]:
    plain = {
        f"{name} --- {other}"
        for name in drawing.resources
        if drawing.resources[name]["Type"] in SHOWN
        for other in drawing.reaches(name)
        if other != name
    }
    return [*_ways_in(drawing), *sorted(_rights(drawing)), *sorted(plain)]


def _ways_in(drawing: Drawing) -> Iterator[str]:
    for name, resource in drawing.resources.items():
        for rule in resource.get("Properties", {}).get("SecurityGroupIngress", ()):
            port = "SSH" if rule["FromPort"] == SSH else f"port {rule['FromPort']}"
            yield f'you -- "{port}, from listed addresses" --> {name}'


def _rights(drawing: Drawing) -> Iterator[str]:
    named = {
        resource["Properties"][SHOWN[resource["Type"]][1]]: name
        for name, resource in drawing.resources.items()
        if drawing.shown(name) and isinstance(resource["Properties"].get(_key(resource)), str)
    }
    for resource in drawing.resources.values():
        if resource["Type"] != "AWS::IAM::ManagedPolicy":
            continue
        (role,) = references(resource["Properties"]["Roles"])
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
            does = next((words for act, words in DOES.items() if act in _list(statement)), None)
            where = json.dumps(statement["Resource"])
            for own, name in named.items():
                if does and own in where:
                    yield f'{role} -- "{does}" --> {name}'


def _key(resource: Mapping[str, Any]) -> str:
    return SHOWN[resource["Type"]][1]


def _list(statement: Mapping[str, Any]) -> list[str]:
    action = statement["Action"]
    return action if isinstance(action, list) else [action]
