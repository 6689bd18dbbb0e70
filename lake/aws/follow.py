"""Follows a run by its id to its end, whichever boxes work on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from jobs.errors import LakeError, RetryableError
from lake.aws.asking import AT_WORK, answer_of, begin, last_line
from lake.aws.box import (
    AGAIN,
    BROKEN,
    LEAVING,
    OFF,
    PATIENCE_SECONDS,
    READY,
    REFUSED,
    Machine,
    look,
    switch,
    too_long,
)  # fmt: skip
from lake.aws.errors import NotListening, RunEnded, plainly
from lake.aws.lake import AwsLake
from lake.aws.logs import Lines
from lake.box.state import DONE, PENDING, RUNNING, STOPPED, Runs, RunState

POLL_SECONDS = 2.0
# The box is looked at less often than the run: three calls against two.
LOOK_EVERY = 5
# CloudWatch's driver sends what it has every few seconds, and at once when the container ends.
SETTLE_SECONDS = 8.0
# A laptop that slept or changed its network goes on following; the run does not need it.
AWAY_SECONDS = 600.0
# An idle box that goes as it is asked for a run goes within seconds. One that goes later was turned
# off by somebody, who is not to find it on again.
AT_THAT_MOMENT_SECONDS = 120.0
# The box's own "busy" and "waits": the run's state says more than those.
HARMLESS = (4, 75)


@dataclass
class Following:
    """One run, followed.

    :param out: is told each line of the run
    :param say: is told what becomes of the box
    :param since: when this process asked for the box, as ``switch`` told; None: it did not, and
        only looks on
    :param was_ready: the box was on, and ready, when this process asked
    """

    lake: AwsLake
    run_id: str
    out: Callable[[str], object]
    say: Callable[[str], object]
    since: datetime | None = None
    was_ready: bool = False
    _said: str = ""
    _commands: dict[str, str] = field(default_factory=dict)
    _again: bool = False
    # Since when no box is ready for the run; None while one is.
    _without: float | None = None
    # How long after the run was asked for the box was first seen off or going; None while it is on.
    _gone_after: float | None = None

    def __post_init__(self) -> None:
        # Counts a laptop's sleep too, as a monotonic clock does not.
        self._began = time.time()
        self._runs = Runs(self.lake.zones())
        self._lines = Lines.of(self.lake, self.run_id)

    def to_the_end(self) -> RunState:
        """Waits until the run is over, telling what it says.

        :raises LakeError: the box failed to boot, could not begin the run, or AWS starts none
            before a person acts
        :raises RetryableError: the box was turned off, or was not ready after 45 minutes; the run
            waits for the next one
        """
        answered, turn = time.monotonic(), 0
        while True:
            try:
                with plainly(self.lake.region):
                    state = self._turn(turn)
                answered = time.monotonic()
            except RetryableError as error:
                # Without a cause it is the box that has nothing more to say.
                if error.__cause__ is None or time.monotonic() - answered > AWAY_SECONDS:
                    raise
                self._once(str(error))
                state = None
            if state is not None and state.over:
                self._last_words()
                return state
            turn += 1
            time.sleep(POLL_SECONDS)

    def _turn(self, turn: int) -> RunState:
        """Looks once; every few turns at the box too."""
        state = self._state()
        if not state.over:
            self._pass_on()
            if turn % LOOK_EVERY == 0:
                self._look_after(state, look(self.lake, self.since))
        return state

    def begin_now(self) -> None:
        """Has the box begin the run, if it is ready; otherwise the box finds it by itself."""
        machine = look(self.lake)
        if machine.state == READY:
            self._have_it_begun(self._state(), machine.instance)

    def _state(self) -> RunState:
        state = self._runs.find(self.run_id)
        if state is None:
            raise LakeError(f"The state of run {self.run_id} is gone from the lake.")
        return state

    def _pass_on(self) -> int:
        count = 0
        for line in self._lines.new():
            self.out(line)
            count += 1
        return count

    def _last_words(self) -> None:
        quiet_since = time.monotonic()
        while True:
            if self._pass_on():
                quiet_since = time.monotonic()
            if time.monotonic() - quiet_since >= SETTLE_SECONDS:
                return
            time.sleep(POLL_SECONDS)

    def _look_after(self, state: RunState, machine: Machine) -> None:
        at_work = state.state == RUNNING and state.box.instance == machine.instance
        if at_work or machine.state == READY:
            self._without = None
        self._note_whether_gone(machine)
        if at_work:
            return
        self._tell(machine, lost=state.state == RUNNING)
        if machine.state == READY:
            self._have_it_begun(state, machine.instance)
        else:
            self._wait_for(machine, state)

    def _note_whether_gone(self, machine: Machine) -> None:
        if machine.state not in (LEAVING, OFF):
            self._gone_after = None
        elif self._gone_after is None:
            self._gone_after = time.time() - self._began

    def _wait_for(self, machine: Machine, state: RunState) -> None:
        """Turns a box on again, once, that turned itself off as it was asked for the run."""
        gone = self._gone_after
        at_that_moment = gone is not None and gone <= AT_THAT_MOMENT_SECONDS
        asked_late = self.was_ready and at_that_moment and state.state == PENDING
        # With a reason it is one that failed to boot, or that somebody has to mend.
        if machine.state == OFF and not machine.reason and asked_late and not self._again:
            self._again = True
            self.since = switch(self.lake, on=True)
            self._once("The box turned itself off meanwhile: it is being turned on again.")
        else:
            self._refuse_to_wait_for(machine)

    def _refuse_to_wait_for(self, machine: Machine) -> None:
        """Raises where waiting for a box that is not ready helps no more, or was long enough."""
        waits = f"Run {self.run_id} waits for the next box:"
        ends = f"`lake stop {self.run_id}` ends the run."
        if machine.state == BROKEN:
            raise LakeError(f"{machine.words} {waits} {AGAIN} starts one, {ends}")
        if machine.state == OFF:
            raise RetryableError(f"{machine.words} {waits} `lake up` starts one, {ends}")
        tries = f"{waits} AWS goes on trying until `lake down --force`, {ends}"
        if machine.state == REFUSED:
            raise LakeError(f"{machine.words} {tries}")
        now = time.monotonic()
        self._without = now if self._without is None else self._without
        if now - self._without > PATIENCE_SECONDS:
            raise RetryableError(f"{too_long(machine)} {tries}")

    def _have_it_begun(self, state: RunState, instance: str) -> None:
        """Once a box; a box that boots finds the run by itself, and this only makes it sooner."""
        command = self._commands.get(instance)
        if command is None:
            try:
                self._commands[instance] = begin(self.lake, state, instance)
            except NotListening as error:
                self._once(str(error))
            return
        answer = answer_of(self.lake, command, instance)
        ended = answer["Status"] not in (*AT_WORK, "Success")
        if ended and answer.get("ResponseCode") not in HARMLESS and not self._state().over:
            raise LakeError(
                f"The box could not begin run {self.run_id}: {last_line(answer)}. "
                f"`lake stop {self.run_id}` ends it."
            )

    def _tell(self, machine: Machine, lost: bool) -> None:
        gone = "The run's box is gone; the next one goes on with it. " if lost else ""
        self._once(f"{gone}{machine.words}")

    def _once(self, words: str) -> None:
        if words != self._said:
            self.say(words)
            self._said = words


def verdict(state: RunState) -> int:
    """The exit status of a run that is over.

    :raises RunEnded: it failed or was stopped; carries the status
    """
    status = state.exit_status if state.exit_status is not None else LakeError.exit_status
    if state.state == DONE:
        return status
    if state.state == STOPPED:
        raise RunEnded(
            f"Run {state.run_id} was stopped; the next `lake run` goes on from there.", status
        )
    raise RunEnded(f"Run {state.run_id} failed: {state.reason}", status)
