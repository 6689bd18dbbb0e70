"""What is left of who the box was: roles, instance profiles, policies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from cdk_app.aws import Account
from cdk_app.names import LAKE_TAG, REGION_TAG
from cdk_app.teardown.leftover import DELETE_IT, Leftover
from cdk_app.teardown.pages import items
from cdk_app.teardown.stacks import ORDER


def find_identity(account: Account, *, role_name: str) -> Iterator[Leftover]:
    """Roles with the lake's tags, their instance profiles, and the policies of its stacks.

    :param role_name: the setting; an instance profile of that name may have outlived its role
    """
    iam = account.client("iam")
    ours = set(_roles(account, iam))
    for role in sorted(ours):
        yield Leftover("IAM role", role, DELETE_IT)
    for profile in items(iam, "list_instance_profiles", "InstanceProfiles"):
        name, holds = profile["InstanceProfileName"], {r["RoleName"] for r in profile["Roles"]}
        if ours & holds or (name == role_name and not holds):
            yield Leftover("instance profile", name, DELETE_IT)
    for policy in items(iam, "list_policies", "Policies", Scope="Local"):
        if _is_a_stacks(account, policy["PolicyName"]) and _is_of_here(account, iam, policy):
            yield Leftover("IAM policy", policy["PolicyName"], DELETE_IT)


def _roles(account: Account, iam: Any) -> Iterator[str]:
    for role in items(iam, "list_roles", "Roles"):
        try:
            tags = iam.list_role_tags(RoleName=role["RoleName"])["Tags"]
        except iam.exceptions.NoSuchEntityException:
            continue  # deleted since the list was made
        named = {tag["Key"]: tag["Value"] for tag in tags}
        here = (account.names.lake, account.names.region)
        if (named.get(LAKE_TAG), named.get(REGION_TAG)) == here:
            yield role["RoleName"]


def _is_a_stacks(account: Account, name: str) -> bool:
    """Whether CloudFormation made the name: the stack's, the logical id, letters by chance."""
    stacks = "|".join(re.escape(account.names.stack(part)) for part in ORDER)
    # A logical id begins with a capital; a lake's name, which might go on here, has none.
    return re.match(f"({stacks})-[A-Z]", name) is not None


def _is_of_here(account: Account, iam: Any, policy: dict[str, Any]) -> bool:
    """Policies carry no tags, and IAM has no regions: what it allows tells where the lake is."""
    try:
        version = iam.get_policy_version(
            PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"]
        )["PolicyVersion"]
    except iam.exceptions.NoSuchEntityException:
        return False  # deleted since the list was made
    return account.names.region in json.dumps(version["Document"])
