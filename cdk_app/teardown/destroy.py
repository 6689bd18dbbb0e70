"""`destroy`: the stacks go, then the proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cdk_app import cdk
from cdk_app.aws import Account, open_account
from cdk_app.settings import Settings
from cdk_app.teardown import stacks
from cdk_app.teardown.data import delete_buckets
from cdk_app.teardown.leftover import report
from cdk_app.teardown.records import delete_function_logs
from cdk_app.teardown.search import search
from jobs.errors import DefinitionError


@dataclass(frozen=True)
class Choice:
    """What the user said on the command line.

    :param delete_data: delete kept buckets too
    :param confirm: the lake's name as typed beforehand, or None to ask for it
    """

    delete_data: bool
    confirm: str | None


def destroy(settings: Settings, passed_on: Sequence[str], choice: Choice) -> int:
    """Delete the stacks, and the data where that was chosen, and look for what is left.

    :param passed_on: ``-c key=value`` words for the CDK CLI
    :returns: 0 when nothing is left but what was chosen to be kept
    :raises DefinitionError: data would be deleted and the lake's name was not confirmed
    """
    account = open_account(settings)
    stacks.refuse_protected(account)
    asked = choice.delete_data or settings.on_destroy == "delete"
    deletes_data = asked or stacks.deletes_data(account)
    if deletes_data:
        _confirm(account, choice.confirm)
    # The last word on a setting counts: what a box would run must not hinder its end.
    words = ["destroy", "--all", "--force", *passed_on, "-c", "definition=none"]
    status = cdk.run(words, base=account.cli_environment())
    if status:
        print("The stacks did not all go; what follows is still there.")
    else:
        _end_the_rest(account, deletes_data=deletes_data)
    return prove(settings, keep=not deletes_data) or status


def _end_the_rest(account: Account, *, deletes_data: bool) -> None:
    for name in stacks.end_the_rest(account):
        print(f"Deleted the stack {name}.")
    delete_function_logs(account)
    if deletes_data:
        for name in delete_buckets(account):
            print(f"Deleted {name} with every version in it.")


def prove(settings: Settings, *, keep: bool) -> int:
    """Search for leftovers and print what was found.

    :param keep: whether buckets that are still there were kept by choice
    :returns: 0 when nothing is left but what was chosen to be kept
    """
    account = open_account(settings)
    text, clean = report(search(account, keep=keep, role_name=settings.role_name))
    print(text)
    return 0 if clean else 1


def _confirm(account: Account, confirmed: str | None) -> None:
    name = account.names.lake
    if confirmed is None:
        print(f"This deletes all data of the lake {name} in account {account.names.account}:")
        print("\n".join(f"  {bucket}" for bucket in account.names.buckets()))
        try:
            confirmed = input("Type the lake's name to go on: ")
        except EOFError:
            confirmed = ""
    if confirmed.strip() != name:
        raise DefinitionError(
            f"Nothing was deleted: {confirmed.strip()!r} is not the lake's name, {name}."
        )
