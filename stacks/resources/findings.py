"""How a finding of cdk-nag is acknowledged: next to its resource, one by one, with a reason."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct

PACKS = ("AwsSolutions", "NIST.800.53.R5")


def acknowledge(construct: IConstruct, reasons: dict[str, str]) -> None:
    """Accept findings on one construct.

    :param construct: the resource that the rule found fault with
    :param reasons: rule id, with the finding in brackets where it has one, to the reason
    """
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=rule, reason=reason) for rule, reason in reasons.items())
    )
