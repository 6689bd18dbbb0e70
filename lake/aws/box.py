"""The box, seen from outside: whether it is on, how far its boot is, and the switch."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from jobs.errors import LakeError, RetryableError
from lake.aws.lake import AwsLake
from lake.aws.refusals import last_refusal

OFF, STARTING, REFUSED, BOOTING, READY, BROKEN, LEAVING = (
    "off", "starting", "refused", "booting", "ready", "broken", "leaving",
)  # fmt: skip
IN_WORDS = {
    OFF: "The box is off.",
    STARTING: "AWS is starting the box.",
    REFUSED: "AWS refuses to start the box:",
    BOOTING: "The box is booting, which takes a few minutes.",
    READY: "The box is ready.",
    LEAVING: "The box is going away.",
}
# A broken box is on: it must go before another one comes, whatever run waits for it.
AGAIN = "`lake down --force`, then `lake up`"
LOOK_SECONDS = 10.0
# A little longer than the longest boot that a deployment waits for by default.
PATIENCE_SECONDS = 45 * 60
GONE = ("Terminating", "Terminated", "Detaching")


@dataclass(frozen=True)
class Machine:
    """The box as of now.

    :param state: off; starting: AWS has given none yet; refused: nor will it before a person acts,
        as it said since the box was asked for; booting; ready; broken: its boot failed; leaving: it
        is being ended
    :param reason: why it is broken, or why AWS gives none; of one that is off, why its last boot
        failed, if it did
    :param launched: None while there is no instance
    :param market: spot or on-demand; "" while there is no instance
    """

    state: str
    instance: str = ""
    kind: str = ""
    zone: str = ""
    address: str = ""
    launched: datetime | None = None
    reason: str = ""
    market: str = ""

    @property
    def words(self) -> str:
        """The state in a sentence."""
        why = f" {self.reason}" if self.reason else ""
        return f"{IN_WORDS.get(self.state, 'The box failed to boot:')}{why}"


def look(lake: AwsLake, since: datetime | None = None) -> Machine:
    """The box as of now.

    :param since: when the box was asked for, as ``switch`` told: what AWS refused before may have
        been mended meanwhile. None: it was not, and a refusal is told without being one
    :raises LakeError: the group that the lake names is not there
    """
    name = lake.find("box/group")
    autoscaling = lake.client("autoscaling")
    groups = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    if not groups["AutoScalingGroups"]:
        raise LakeError(f"The group {name} of the box is gone: `make deploy` makes it anew.")
    group = groups["AutoScalingGroups"][0]
    there = [i for i in group["Instances"] if not i["LifecycleState"].startswith(GONE)]
    if there and group["DesiredCapacity"]:
        return _machine(lake, there[0]["InstanceId"])
    if group["DesiredCapacity"]:
        # A box before this one, while it goes, counts against a quota.
        return _none_yet(lake, name, since if not group["Instances"] else None)
    if group["Instances"]:
        return Machine(LEAVING, group["Instances"][0]["InstanceId"])
    boot = lake.last_boot()
    failed = f"Its last boot failed: {boot['reason']}" if boot["status"] == "failed" else ""
    return Machine(OFF, reason=failed)


def _machine(lake: AwsLake, instance: str) -> Machine:
    told = _instance(lake, instance)
    if told is None:
        return Machine(STARTING, instance)
    state, reason = BOOTING, ""
    if told["State"]["Name"] in ("shutting-down", "stopping", "stopped", "terminated"):
        state = LEAVING
    elif told["State"]["Name"] == "running":
        state, reason = _boot(lake, told["LaunchTime"])
    return Machine(
        state, instance, told["InstanceType"], told["Placement"]["AvailabilityZone"],
        told.get("PublicIpAddress", ""), told["LaunchTime"], reason,
        # Only an instance of another market than the usual one says which.
        told.get("InstanceLifecycle", "on-demand"),
    )  # fmt: skip


def _instance(lake: AwsLake, instance: str) -> dict[str, Any] | None:
    """What EC2 tells of an instance; None where it does not know it yet: the group lists one some
    seconds before EC2 does."""
    ec2 = lake.client("ec2")
    try:
        found = ec2.describe_instances(InstanceIds=[instance])["Reservations"]
    except ec2.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "InvalidInstanceID.NotFound":
            raise
        return None
    return found[0]["Instances"][0] if found else None


def _boot(lake: AwsLake, launched: datetime) -> tuple[str, str]:
    boot = lake.last_boot()
    # What is written there may be of the box before.
    if "ended" not in boot or datetime.fromisoformat(boot["ended"]) < launched:
        return BOOTING, ""
    return (READY, "") if boot["status"] == "ok" else (BROKEN, boot["reason"])


def _none_yet(lake: AwsLake, group: str, since: datetime | None) -> Machine:
    """What AWS says of its last try to start a box, if that failed.

    :param since: a try that began before is told, and refuses nothing; None: every one
    """
    told = lake.client("autoscaling").describe_scaling_activities(AutoScalingGroupName=group)
    refusal = last_refusal(told["Activities"], lake.region)
    if refusal is None:
        return Machine(STARTING)
    if since and refusal.hopeless(since):
        return Machine(REFUSED, reason=f"{refusal.reason} {refusal.what}")
    return Machine(STARTING, reason=f"It could not yet: {refusal.reason} {refusal.what}".rstrip())


def switch(lake: AwsLake, on: bool) -> datetime:
    """Turns the box on or off: the group's desired capacity, 1 or 0.

    :returns: when that was, by AWS's own clock, which also dates its refusals; in whole seconds
    """
    answer = lake.client("autoscaling").set_desired_capacity(
        AutoScalingGroupName=lake.find("box/group"),
        DesiredCapacity=1 if on else 0,
        HonorCooldown=False,
    )
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])


def wait_until_ready(lake: AwsLake, say: Callable[[str], object], since: datetime) -> Machine:
    """Waits for a box that is on.

    :param since: when it was asked for, as ``switch`` told
    :param say: is told each change of its state
    :raises LakeError: its boot failed, or AWS starts none before a person acts
    :raises RetryableError: it took longer than 45 minutes, or was turned off meanwhile
    """
    until = time.monotonic() + PATIENCE_SECONDS
    said = ""
    while True:
        machine = look(lake, since)
        if machine.words != said:
            say(machine.words)
            said = machine.words
        if machine.state == READY:
            return machine
        refuse_the_hopeless(machine)
        if time.monotonic() > until:
            raise RetryableError(too_long(machine))
        time.sleep(LOOK_SECONDS)


def too_long(machine: Machine) -> str:
    """That whoever waits for the box has waited long enough, and how far it is."""
    return f"The box was not ready after {PATIENCE_SECONDS // 60} minutes. {machine.words}"


def refuse_the_hopeless(machine: Machine) -> None:
    """Raises where waiting helps no more: LakeError where the boot failed or AWS starts no box
    before a person acts, RetryableError where the box is off."""
    if machine.state == REFUSED:
        raise LakeError(f"{machine.words} AWS goes on trying until `lake down`.")
    if machine.state == BROKEN:
        raise LakeError(
            f"The box failed to boot: {machine.reason}. `make deploy` boots a mended one; "
            f"{AGAIN} tries the same once more."
        )
    if machine.state == OFF:
        why = f" {machine.reason}" if machine.reason else ""
        raise RetryableError(f"The box is off: `lake up` turns it on.{why}")


def need_ready(lake: AwsLake) -> Machine:
    """The box, if it can be used now.

    :raises LakeError: it is off, starting, booting, broken or leaving; says what to do
    """
    machine = look(lake)
    refuse_the_hopeless(machine)
    if machine.state != READY:
        raise RetryableError(f"{machine.words} `lake up` waits until it is ready.")
    return machine
