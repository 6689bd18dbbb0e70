"""What the name of an EC2 instance type says about the machine behind it."""

from __future__ import annotations

import re

_NAME = re.compile(r"^(?P<family>[a-z]+)(?P<generation>\d+)(?P<traits>[a-z]*)\.[a-z0-9-]+$")
_REFUSED_FAMILIES = {"mac", "u"}  # dedicated hosts alone: neither spot nor a group of one fits
_BURSTABLE_FAMILY = "t"


def architecture(instance_type: str) -> str | None:
    """The processor architecture of an instance type.

    The letter g behind the generation marks AWS's own arm64 processors (m7g, c7gn, t4g, is4gen);
    a1 is the one older family. Everything else that this project can use is x86-64.

    :param instance_type: a name such as ``t3.xlarge``
    :returns: ``"x86_64"``, ``"arm64"``, or None where the name is no type that the box can be
    """
    match = _NAME.match(instance_type)
    if match is None or match["family"] in _REFUSED_FAMILIES:
        return None
    is_arm = "g" in match["traits"] or match["family"] + match["generation"] == "a1"
    return "arm64" if is_arm else "x86_64"


def is_burstable(instance_type: str) -> bool:
    """Whether the type lives on CPU credits (T2, T3, T3a, T4g)."""
    match = _NAME.match(instance_type)
    return match is not None and match["family"] == _BURSTABLE_FAMILY
