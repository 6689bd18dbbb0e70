"""What AWS says where it starts no box, and what a person has to ask for, where waiting alone
does not help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

# A machine of the setting's first type has four vCPUs, and quotas count those.
QUOTA = (
    'request more of "{name}" ({code}, in vCPUs; a t3.xlarge has 4) in Service Quotas, {{region}}.'
)
SPOT = QUOTA.format(
    name="All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", code="L-34B43A08"
)
ON_DEMAND = QUOTA.format(
    name="Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", code="L-1216C47A"
)
# A box that has just gone still counts against a quota for a while.
QUOTA_PATIENCE = timedelta(minutes=5)
# What AWS's sentence contains in some spelling, and what to do; the first that fits counts.
QUOTAS = (
    (
        ("max spot instance count exceeded", "maxspotinstancecountexceeded"),
        f"The account's quota of spot machines is used up: {SPOT}",
    ),
    (
        ("vcpulimitexceeded", "current vcpu limit"),
        f"The account's quota of machines on demand is used up: {ON_DEMAND}",
    ),
)
ACTIONS = (
    *QUOTAS,
    (
        ("service-linked role",),
        "Have an administrator run `aws iam create-service-linked-role --aws-service-name "
        "spot.amazonaws.com` in this account, once.",
    ),
    (
        ("unauthorizedoperation", "not authorized", "access denied", "accessdenied"),
        "Have an administrator of the account or its organization allow the start of this machine "
        "in {region}.",
    ),
)


@dataclass(frozen=True)
class Refusal:
    """AWS's last try to start a box, which failed.

    :param reason: AWS's own words
    :param what: what a person must do, as ``action`` says; "" where waiting may be enough
    :param when: it was tried
    :param emptied: when a box of the group last came or went; None: longer ago than AWS tells
    """

    reason: str
    what: str
    when: datetime
    emptied: datetime | None

    def hopeless(self, since: datetime, empty_since: datetime | None = None) -> bool:
        """Whether AWS starts no box before a person acts; a group without any box is assumed.

        :param since: a try that began before is none of this wait's
        :param empty_since: until then a box may have counted against a quota that the group's
            activities do not tell of; None: they tell of all
        """
        if not self.what or self.when < since:
            return False
        if not _fits(self.reason, QUOTAS):
            return True
        counted = [moment for moment in (self.emptied, empty_since) if moment is not None]
        return all(self.when - moment >= QUOTA_PATIENCE for moment in counted)


def last_refusal(activities: Sequence[Mapping[str, Any]], region: str) -> Refusal | None:
    """The refusal that a group's newest activity is; None where that is none, whatever failed
    before.

    :param activities: as AWS lists them: those in progress, then the others, the newest first
    """
    if not activities or activities[0]["StatusCode"] != "Failed":
        return None
    reason = activities[0].get("StatusMessage", "no reason given")
    others = [each for each in activities if each["StatusCode"] != "Failed"]
    emptied = max((each["EndTime"] for each in others if "EndTime" in each), default=None)
    return Refusal(reason, action(reason, region), activities[0]["StartTime"], emptied)


def action(reason: str, region: str) -> str:
    """What a person must do before AWS starts a box; "" where waiting may be enough.

    :param reason: AWS's own words
    """
    return _fits(reason, ACTIONS).format(region=region)


def _fits(reason: str, actions: Sequence[tuple[tuple[str, ...], str]]) -> str:
    said = reason.lower()
    return next((what for parts, what in actions if any(part in said for part in parts)), "")
