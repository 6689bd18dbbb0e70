"""One attempt of a run in the box's container, its state told on the way."""

from __future__ import annotations

import signal
import threading
import time
from dataclasses import dataclass

from jobs.errors import LakeBusy, LakeError, RunStopped
from jobs.lease import SECONDS as LEASE_SECONDS
from jobs.report import Event, Report
from jobs.run import run
from jobs.settings import LAYERS, RunSettings
from jobs.stopping import Stop, stop_on
from lake import facts
from lake.box.state import DONE, FAILED, INTERRUPTED, STOPPED, Runs, RunState
from lake.machine import spark_settings
from lake.options import Place
from lake.output import echo
from lake.progress import Clock, watching

# The box goes away (spot notice, shutdown): the next box goes on.
BOX_GOES = signal.SIGTERM
# Somebody stopped the run: it is over.
ASKED_TO_STOP = signal.SIGUSR1
RETRY_SECONDS = 5.0
# Somewhat longer than the lease of the dead lasts.
PATIENCE_SECONDS = 1.5 * LEASE_SECONDS
# The exit status that tells the box's wrapper: this run waits to go on.
WAITS = 75


@dataclass
class Told:
    """Writes the state as steps end. Steps side by side call it at once."""

    runs: Runs
    state: RunState
    clock: Clock

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        """Takes an event of the run."""
        self.clock(event)
        if event.layer and event.state == "finished":
            with self._lock:
                ended = self.state.ended_step(f"{event.layer} {event.table}")
                self.state = self.runs.write(ended)


def work(place: Place, runs: Runs, state: RunState) -> int:
    """Works on a run that this box has begun, until it ends or is told to stop; the exit status,
    WAITS where the next box is to go on.

    Raises whatever ends the run, once the state says so.
    """
    with stop_on(BOX_GOES, ASKED_TO_STOP) as stop, watching() as clock:
        told = Told(runs, state, clock)
        try:
            report = _attempt(place, told, stop)
        except RunStopped as error:
            if stop.signal == BOX_GOES:
                runs.end(told.state, INTERRUPTED, f"its box goes away. {error}")
                echo(error)
                return WAITS
            runs.end(told.state, STOPPED, str(error), exit_status=error.exit_status)
            raise
        except BaseException as error:
            status = error.exit_status if isinstance(error, LakeError) else LakeError.exit_status
            runs.end(told.state, FAILED, f"{error}".split("\n")[0], exit_status=status)
            raise
    try:
        facts.page(report, clock.spans, place)
    finally:
        as_dict = facts.as_dict(report, clock.spans)
        reason = report.failures[-1].line if report.failures else ""
        how = FAILED if report.failures else DONE
        runs.end(told.state, how, reason, exit_status=report.exit_status, report=as_dict)
    return report.exit_status


def _attempt(place: Place, told: Told, stop: Stop) -> Report:
    state = told.state
    settings = RunSettings(
        zones=place.zones,
        definition=place.definition,
        layers=state.asked.layers or LAYERS,
        rebuild=state.asked.rebuild,
        period_from=state.asked.period_from,
        period_to=state.asked.period_to,
        spark=spark_settings(place, "local[*]", ""),
        # Each attempt has an id of its own: a box thought dead must not take the lease of the
        # next one for its own.
        run_id=state.run_id if state.attempt == 1 else f"{state.run_id}-{state.attempt}",
    )
    patience = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return run(settings, told, stop)
        except LakeBusy:
            # The attempt before, or another run, may have died without giving its lease back: it
            # runs out.
            if stop():
                raise RunStopped(f"Run {state.run_id} stopped while it waited.") from None
            if time.monotonic() > patience:
                raise
            echo("waiting for the lake's lease to be given back, or to run out")
            time.sleep(RETRY_SECONDS)
