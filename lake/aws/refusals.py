"""What AWS says where it starts no box, and what a person has to ask for, where waiting alone
does not help."""

from __future__ import annotations

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
# What AWS's sentence contains in some spelling, and what to do; the first that fits counts.
ACTIONS = (
    (
        ("max spot instance count exceeded", "maxspotinstancecountexceeded"),
        f"The account's quota of spot machines is used up: {SPOT}",
    ),
    (
        ("vcpulimitexceeded", "current vcpu limit"),
        f"The account's quota of machines on demand is used up: {ON_DEMAND}",
    ),
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


def action(reason: str, region: str) -> str:
    """What a person must do before AWS starts a box; "" where waiting may be enough.

    :param reason: AWS's own words
    """
    said = reason.lower()
    for parts, what in ACTIONS:
        if any(part in said for part in parts):
            return what.format(region=region)
    return ""
