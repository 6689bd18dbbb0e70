"""What is asked of the box: a run, an end to one, Jupyter's token, to stay on; over SSM documents
alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from jobs.errors import DefinitionError, LakeError, RetryableError
from jobs.lease import new_run_id
from jobs.settings import refuse_no_date
from lake.aws.box import (
    BOOTING,
    BROKEN,
    LEAVING,
    OFF,
    READY,
    STARTING,
    Machine,
    look,
    refuse_the_hopeless,
    switch,
)
from lake.aws.errors import NotListening, sentence
from lake.aws.lake import AwsLake
from lake.box.state import STOPPED, Asked, Runs, RunState

# The document that prints Jupyter's token.
NOTEBOOK = "notebook"
# The document that counts as use of the box.
USE = "use"
AS_BEFORE = "The box is on, and may turn itself off as if nobody had asked for it now:"
# How long a command may wait to be taken by the box's agent.
DELIVERY_SECONDS = 120
ANSWER_SECONDS = 60
STOP_SECONDS = 600
AT_WORK = ("Pending", "InProgress", "Delayed", "Cancelling")


def new_run(
    lake: AwsLake, asked: Asked, say: Callable[[str], object]
) -> tuple[str, Machine, datetime | None]:
    """Notes a run that the box is to begin, and turns the box on where it is off.

    :param say: is told where a box that is on could not be asked for once more
    :returns: the run's id, the box as it was then, and when the box was asked for, by AWS's clock;
        None: it was on, and could not be
    :raises LakeBusy: another run is not over; it is named
    :raises LakeError: the box is on and failed to boot: no run would ever begin there
    """
    from botocore.exceptions import ClientError

    for day in filter(None, (asked.period_from, asked.period_to)):
        refuse_no_date(day)
    machine = look(lake)
    if machine.state == BROKEN:
        refuse_the_hopeless(machine)
    state = Runs(lake.zones()).ask(new_run_id(), asked)
    try:
        # Also where it is on: it may turn itself off between the look and the note.
        return state.run_id, machine, switch(lake, on=True)
    except ClientError as error:
        if machine.state not in (READY, BOOTING):
            raise
        say(f"The box is on already; it could not be asked for again: {sentence(error)}")
        return state.run_id, machine, None


def wake_for_the_left_over(lake: AwsLake) -> tuple[RunState, datetime] | None:
    """Turns the box on for a run that is not over and that no box would go on with by itself: the
    box is off or going away, or AWS's last try to start one failed.

    :returns: that run, and when the box was asked for, by AWS's clock; None: there is none such
    """
    machine = look(lake)
    # One that starts has a reason only where a try failed.
    if machine.state not in (OFF, LEAVING) and not (machine.state == STARTING and machine.reason):
        return None
    left = Runs(lake.zones()).open_run()
    return (left, switch(lake, on=True)) if left is not None else None


def begin(lake: AwsLake, state: RunState, instance: str) -> str:
    """Has a box begin a run, or go on with it; twice does no harm. The command's id."""
    asked = state.asked
    told = {
        "RunId": state.run_id,
        "Layers": ",".join(asked.layers) or "all",
        "Rebuild": "true" if asked.rebuild else "false",
        "From": asked.period_from,
        "To": asked.period_to,
    }
    return send(lake, "run", instance, told)


def send(lake: AwsLake, word: str, instance: str, told: dict[str, str]) -> str:
    """Sends one of the lake's documents to the box; the command's id.

    :param word: run, stop, notebook or use
    :raises NotListening: the box's agent has not registered yet
    """
    ssm = lake.client("ssm")
    # What the notebook's document prints is Jupyter's token: no log is to hold it.
    logged = {} if word == NOTEBOOK else {"CloudWatchOutputConfig": _into_the_log(lake)}
    try:
        answer = ssm.send_command(
            DocumentName=lake.find(f"documents/{word}"),
            # Whatever the account takes for its default: what was deployed last is what runs.
            DocumentVersion="$LATEST",
            InstanceIds=[instance],
            Parameters={name: [value] for name, value in told.items()},
            TimeoutSeconds=DELIVERY_SECONDS,
            **logged,
        )
    except ssm.exceptions.InvalidInstanceId as error:
        raise NotListening(
            f"The box {instance} does not take commands over SSM yet: try again in a minute."
        ) from error
    return answer["Command"]["CommandId"]


def _into_the_log(lake: AwsLake) -> dict[str, Any]:
    return {
        "CloudWatchLogGroupName": lake.find("records/log-group"),
        "CloudWatchOutputEnabled": True,
    }


def answer_of(lake: AwsLake, command: str, instance: str) -> dict[str, Any]:
    """How far a command is; without a status where SSM does not know it yet."""
    ssm = lake.client("ssm")
    try:
        return ssm.get_command_invocation(CommandId=command, InstanceId=instance)
    except ssm.exceptions.InvocationDoesNotExist:
        return {"Status": "Pending"}


def notebook_token(lake: AwsLake, instance: str) -> str:
    """The token of the Jupyter on the box.

    :raises LakeError: Jupyter does not run there; says what the box said
    """
    command = send(lake, NOTEBOOK, instance, {})
    until = time.monotonic() + ANSWER_SECONDS
    while (answer := answer_of(lake, command, instance))["Status"] in AT_WORK:
        if time.monotonic() > until:
            raise RetryableError(f"The box did not answer within {ANSWER_SECONDS} s: try again.")
        time.sleep(1)
    if answer["Status"] != "Success":
        raise LakeError(f"The box has no notebook to show: {last_line(answer)}")
    token = str(answer["StandardOutputContent"]).strip()
    if not token:
        raise LakeError("The box's Jupyter has no token: `lake ssh`, then see `lake-notebook`.")
    return token


def keep_on(lake: AwsLake, say: Callable[[str], object]) -> None:
    """Tells a box that is ready that somebody uses it, so that its idle minutes begin anew; those
    of one that is not begin when it is.

    :param say: is told where the box could not be told, which is no less on for that
    """
    from botocore.exceptions import ClientError

    machine = look(lake)
    if machine.state != READY:
        return
    if f"documents/{USE}" not in lake.names:
        say(f"{AS_BEFORE} it was deployed without the document `{USE}`, which `make deploy` adds.")
        return
    try:
        send(lake, USE, machine.instance, {})
    except NotListening as error:
        say(f"{AS_BEFORE} {error}")
    except ClientError as error:
        say(f"{AS_BEFORE} {sentence(error)}")


def last_line(answer: dict[str, Any]) -> str:
    """The last line that a command wrote before it failed."""
    told = answer.get("StandardErrorContent") or answer.get("StandardOutputContent") or ""
    lines = [line for line in told.strip().splitlines() if line.strip()]
    return lines[-1] if lines else f"the command ended as {answer['Status']}"


def known_run(runs: Runs, run_id: str) -> RunState:
    """A run by its id; "" for the one that is not over, or else the newest.

    :raises DefinitionError: there is no such run
    """
    if run_id:
        found = runs.find(run_id)
        if found is None:
            latest = ", ".join(state.run_id for state in runs.latest(3)) or "none yet"
            raise DefinitionError(f"There is no run {run_id} on AWS; the newest: {latest}.")
        return found
    newest = runs.latest(1)
    found = runs.open_run() or (newest[0] if newest else None)
    if found is None:
        raise DefinitionError("No run has been asked for on AWS yet: `lake run --aws` does.")
    return found


def stop(lake: AwsLake, state: RunState, say: Callable[[str], object]) -> RunState:
    """Ends a run that is not over, at its next safe point; waits until it is over.

    :raises LakeError: the box could not stop it; says what the box said
    :raises RetryableError: it was not over after ten minutes
    """
    runs = Runs(lake.zones())
    told_to: dict[str, str] = {}
    until = time.monotonic() + STOP_SECONDS
    while not state.over:
        machine = look(lake)
        if machine.state == READY and machine.instance not in told_to:
            command = send(lake, "stop", machine.instance, {"RunId": state.run_id})
            told_to[machine.instance] = command
            say(f"Told the box to stop run {state.run_id} at its next safe point.")
        elif machine.state == READY:
            answer = answer_of(lake, told_to[machine.instance], machine.instance)
            state = runs.find(state.run_id) or state
            _refuse_a_failed_stop(state, answer)
        elif machine.state not in (READY, LEAVING):
            # No box works on it; one that boots at this moment finds it over.
            runs.end(state, STOPPED, "it was stopped while no box was on", exit_status=5)
        if time.monotonic() > until:
            raise RetryableError(_not_yet(state, machine, told=bool(told_to)))
        time.sleep(2)
        state = runs.find(state.run_id) or state
    return state


def _refuse_a_failed_stop(state: RunState, answer: dict[str, Any]) -> None:
    """Raises where the box could not do what it was told, and the run goes on."""
    if answer["Status"] not in (*AT_WORK, "Success") and not state.over:
        raise LakeError(
            f"The box could not stop run {state.run_id}: {last_line(answer)}. "
            "`lake down --force` takes the box away, and `lake stop` then ends the run."
        )


def _not_yet(state: RunState, machine: Machine, told: bool) -> str:
    if not told:
        return f"Run {state.run_id} has not stopped yet: {machine.words} Try again."
    since = f" (the last that ended: {state.step})" if state.step else ""
    return (
        f"The box was told to stop run {state.run_id}, and ends it after the step in hand{since}: "
        f"`lake logs {state.run_id} --follow` waits for that."
    )
