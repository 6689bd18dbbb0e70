"""Watches, while a deployment waits for the box, whether AWS gives it a machine, and ends a wait
that would be in vain: CloudFormation itself waits for the box's signal until its time is up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cdk_app import boots
from cdk_app.aws import Account
from cdk_app.teardown import stacks
from cdk_app.teardown.pages import items
from lake.aws.refusals import last_refusal

LOOK_SECONDS = 15.0
STACK, GROUP = "AWS::CloudFormation::Stack", "AWS::AutoScaling::AutoScalingGroup"
CREATING, UPDATING = "CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"
# CloudFormation says that it updates the group a moment before the group has the new template.
TAKES_OVER = {CREATING: timedelta(0), UPDATING: timedelta(seconds=30)}
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
        began = self._group_began(stack)
        refusal = last_refusal(boots.activities(self._account), self._account.names.region)
        if began is None or refusal is None or refusal.when < began:
            return False
        # The box of a group before this one, too, counts against a quota while it goes.
        if refusal.hopeless(began, empty_since=began) and self._is_empty():
            self._say(f"AWS refuses to start the box: {refusal.reason} {refusal.what}")
            self._end(stack["StackName"], stack["StackStatus"])
            return True
        self._say(f"AWS could not start the box yet, and goes on trying: {refusal.reason}")
        return False

    def _group_began(self, stack: dict[str, Any]) -> datetime | None:
        """Since when the group tries what this deployment gave it, by AWS's clock: a refusal of
        before may be mended. None: the deployment has not come to the group, leaves it as it is,
        or is done with it."""
        client, status = self._account.client("cloudformation"), stack["StackStatus"]
        name = stack["StackName"]
        began: datetime | None = None
        for event in items(client, "describe_stack_events", "StackEvents", StackName=name):
            if event["ResourceType"] == STACK and event["ResourceStatus"] == status:
                break  # what stands behind it is of the deployments before
            if event["ResourceType"] != GROUP:
                continue
            if event["ResourceStatus"] not in TAKES_OVER:
                return None
            began = event["Timestamp"] + TAKES_OVER[event["ResourceStatus"]]
        return began

    def _is_empty(self) -> bool:
        """Whether the group is there and has no instance, nor one that goes."""
        groups = self._account.client("autoscaling").describe_auto_scaling_groups(
            AutoScalingGroupNames=[self._account.names.stack("box")]
        )["AutoScalingGroups"]
        return bool(groups) and not groups[0]["Instances"]

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
