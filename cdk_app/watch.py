"""Watches, while a deployment waits for the box, whether AWS gives it a machine, and ends a wait
that would be in vain: CloudFormation itself waits for the box's signal until its time is up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from cdk_app import boots
from cdk_app.aws import Account
from cdk_app.teardown import stacks
from lake.aws.refusals import action

LOOK_SECONDS = 15.0
CREATING, UPDATING = "CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"
ENDS = {
    CREATING: "The stack {stack} is being deleted, as a creation that fails is; `make deploy` "
    "makes it again.",
    UPDATING: "The update of the stack {stack} is being cancelled. Its way back wants a machine "
    "too, where the old one is gone already: AWS may refuse that one as well until this is mended; "
    "then `make deploy` again.",
}


@contextmanager
def watched(account: Account) -> Iterator[None]:
    """Watches for the length of a ``with`` block, beside what is done in it."""
    watch = _Watch(account)
    thread = threading.Thread(target=watch.until_stopped, daemon=True)
    thread.start()
    try:
        yield
    finally:
        watch.stop.set()
        thread.join()


class _Watch:
    def __init__(self, account: Account) -> None:
        self._account = account
        self._said: set[str] = set()
        self.stop = threading.Event()

    def until_stopped(self) -> None:
        """Looks again and again, until somebody stops it or the deployment has been ended."""
        while not self.stop.wait(LOOK_SECONDS):
            try:
                if self._ended():
                    return
            except (BotoCoreError, ClientError) as error:
                # The deployment goes on without: it ends by itself, only later.
                self._say(f"Whether AWS gives the box a machine cannot be seen now: {error}")

    def _ended(self) -> bool:
        """Whether the deployment was ended, because AWS gives no machine before a person acts."""
        stack = stacks.present(self._account).get("box")
        if stack is None or stack["StackStatus"] not in ENDS:
            return False
        # Since this update or creation began, by AWS's clock: a refusal of before may be mended.
        began = stack.get("LastUpdatedTime", stack["CreationTime"])
        for reason in boots.refusals(self._account, began):
            what = action(reason, self._account.names.region)
            if what:
                self._say(f"AWS refuses to start the box: {reason} {what}")
                self._end(stack["StackName"], stack["StackStatus"])
                return True
            self._say(f"AWS could not start the box yet, and goes on trying: {reason}")
        return False

    def _end(self, stack: str, status: str) -> None:
        cloudformation = self._account.client("cloudformation")
        try:
            if status == CREATING:
                cloudformation.delete_stack(StackName=stack)
            else:
                cloudformation.cancel_update_stack(StackName=stack)
        except ClientError as error:
            self._say(
                f"The deployment could not be ended: {error}; Ctrl-C ends this command, and "
                f"CloudFormation takes the stack {stack} back when its wait is over."
            )
        else:
            self._say(ENDS[status].format(stack=stack))

    def _say(self, words: str) -> None:
        """Once, on a line of its own amid the CDK CLI's."""
        if words not in self._said:
            self._said.add(words)
            print(f"\n{words}", flush=True)
