"""The lake's stacks: what they would do with the data, which are protected, which are left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cdk_app.aws import Account
from cdk_app.names import ON_DESTROY
from cdk_app.teardown.leftover import Leftover
from cdk_app.teardown.pages import items
from jobs.errors import DefinitionError

# What needs another stands before it.
ORDER = ("box", "foundation", "budget", "zones")
# A stack that was never built, or was and went again: nothing is in it.
_EMPTY = {"REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"}


def present(account: Account) -> dict[str, dict[str, Any]]:
    """The lake's stacks that are there, by their part's name, in the order in which they can go."""
    described = items(account.client("cloudformation"), "describe_stacks", "Stacks")
    found = {
        stack["StackName"]: stack
        for stack in described
        if stack["StackStatus"] != "DELETE_COMPLETE"
    }
    named = {part: account.names.stack(part) for part in ORDER}
    return {part: found[name] for part, name in named.items() if name in found}


def made(account: Account, part: str) -> bool:
    """Whether a stack is there and holds what it was built for."""
    stack = present(account).get(part)
    return stack is not None and stack["StackStatus"] not in _EMPTY


def refuse_protected(account: Account) -> None:
    """Stop before anything goes, where not everything could.

    :raises DefinitionError: a stack is protected against deletion
    """
    for stack in present(account).values():
        if stack.get("EnableTerminationProtection"):
            raise DefinitionError(
                f"Nothing was deleted: the stack {stack['StackName']} is protected; deploy once "
                "with -c termination_protection=false, then destroy."
            )


def deletes_data(account: Account) -> bool:
    """Whether the zones, as they were deployed, go with their stack, whatever the settings say."""
    outputs = present(account).get("zones", {}).get("Outputs", ())
    return {"OutputKey": ON_DESTROY, "OutputValue": "delete"} in [
        {key: output.get(key) for key in ("OutputKey", "OutputValue")} for output in outputs
    ]


def end_the_rest(account: Account) -> list[str]:
    """Delete stacks that the CDK CLI did not: with other settings the app has other stacks.

    :returns: the names of the deleted stacks
    """
    cloudformation = account.client("cloudformation")
    ended = []
    for stack in present(account).values():
        cloudformation.delete_stack(StackName=stack["StackName"])
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack["StackName"])
        ended.append(stack["StackName"])
    return ended


def find_stacks(account: Account) -> Iterator[Leftover]:
    """Stacks that were not deleted."""
    for stack in present(account).values():
        reason = stack.get("StackStatusReason", "no reason given")
        why = f"it is {stack['StackStatus']}: {reason}"
        yield Leftover("CloudFormation stack", stack["StackName"], why)
