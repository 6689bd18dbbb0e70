"""What the name of an EC2 instance type says about the machine behind it."""

from __future__ import annotations

import re
from functools import cache

import botocore.session

_NAME = re.compile(r"^(?P<family>[a-z]+)(?P<generation>\d+)(?P<traits>[a-z]*)(-flex)?\.[a-z0-9-]+$")
_REFUSED_FAMILIES = {"mac", "u"}  # dedicated hosts alone: neither spot nor a group of one fits
_REFUSED_GENERATIONS = {"a1"}  # Amazon Linux 2023, which the box boots, does not start there
_BURSTABLE_FAMILY = "t"


def architecture(instance_type: str) -> str | None:
    """The processor architecture of an instance type.

    The letter g behind the generation marks AWS's own arm64 processors (m7g, c7gn, t4g, is4gen).
    Everything else that this project can use is x86-64.

    :param instance_type: a name such as ``t3.xlarge``
    :returns: ``"x86_64"``, ``"arm64"``, or None where the name is no type that the box can be
    """
    match = _NAME.match(instance_type)
    if match is None or match["family"] in _REFUSED_FAMILIES:
        return None
    if match["family"] + match["generation"] in _REFUSED_GENERATIONS:
        return None
    return "arm64" if "g" in match["traits"] else "x86_64"


@cache
def known() -> frozenset[str]:
    """Every instance type that EC2 has, by the model that comes with botocore; AWS is not asked."""
    model = botocore.session.get_session().get_service_model("ec2")
    return frozenset(model.shape_for("InstanceType").enum)


def is_burstable(instance_type: str) -> bool:
    """Whether the type lives on CPU credits (T2, T3, T3a, T4g)."""
    match = _NAME.match(instance_type)
    return match is not None and match["family"] == _BURSTABLE_FAMILY
