"""The state of runs on AWS, kept in the lake, so that it is found when the box is gone.

``<bronze>/_lake/runs-state/<run id>.json`` is one run. ``open.json`` beside them names the run that
was taken last, and is replaced, by conditional puts alone, only when that one is over: so it is
also the lock of the lake's runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from jobs.errors import LakeBusy, LakeError
from jobs.files import Store, open_store
from jobs.settings import Zones

FOLDER = "runs-state"
OPEN = "open.json"
# Not over: asked for and waiting; at work; taken from its box and waiting for the next one.
PENDING, RUNNING, INTERRUPTED = "pending", "running", "interrupted"
# Over: ended well (exit status 0 or 3); with an error; because somebody stopped it.
DONE, FAILED, STOPPED = "done", "failed", "stopped"
NOT_OVER = (PENDING, RUNNING, INTERRUPTED)
# A run that died this often without a word, and got no further, would do so again.
MOST_DEATHS = 3
# What to think of a run that always dies, and of one that always hangs.
LITTLE_MEMORY = "most often the box has too little memory for it"
HANGS = "it hangs there each time: `lake logs` shows what it said last"


@dataclass(frozen=True)
class Asked:
    """What a run was asked to do; see jobs.settings.RunSettings. layers: () for all three."""

    layers: tuple[str, ...] = ()
    rebuild: bool = False
    period_from: str = ""
    period_to: str = ""


@dataclass(frozen=True)
class Box:
    """Who works, or worked last, on a run: an instance's id, the image's name and version, and the
    log group and stream that its words go to. kind: the instance's type; zone: where it stands;
    market: spot or on-demand; so that its price can be told when it is gone."""

    instance: str = ""
    image: str = ""
    log_group: str = ""
    log_stream: str = ""
    kind: str = ""
    zone: str = ""
    market: str = ""


@dataclass(frozen=True)
class RunState:
    """One run as of ``updated``. Times are UTC in ISO 8601, "" where there is none yet.

    attempt: how often a box has begun it. steps: those that have ended, in any attempt. died: how
    many attempts since the last of them ended without a word on a box that stayed.
    step: the last step that ended, such as ``silver sales_enriched``. reason: why it is not, or
    no longer, at work. report: lake.facts.as_dict of a run that ended by itself.
    """

    run_id: str
    state: str
    asked: Asked
    asked_at: str
    updated: str
    attempt: int = 0
    died: int = 0
    box: Box = field(default_factory=Box)
    started: str = ""
    ended: str = ""
    step: str = ""
    steps: tuple[str, ...] = ()
    exit_status: int | None = None
    reason: str = ""
    report: Mapping[str, Any] | None = field(default=None)

    @property
    def over(self) -> bool:
        """Whether no box will work on it any more."""
        return self.state not in NOT_OVER

    def ended_step(self, step: str) -> RunState:
        """The state once a step has ended. One that ended for the first time is a way gone: what
        the run died of before is behind it."""
        if step in self.steps:
            return replace(self, step=step)
        return replace(self, step=step, steps=(*self.steps, step), died=0)

    def as_json(self) -> bytes:
        """The file's content."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False).encode()

    @classmethod
    def of(cls, content: bytes) -> RunState:
        """The state that a file holds; what a newer version added to it is left out."""
        told = json.loads(content)
        known = {name: told[name] for name in cls.__dataclass_fields__ if name in told}
        asked = Asked(**{**told["asked"], "layers": tuple(told["asked"]["layers"])})
        steps = tuple(told.get("steps", ()))
        return cls(**{**known, "asked": asked, "box": Box(**told["box"]), "steps": steps})


class Runs:
    """The states of a lake's runs."""

    def __init__(self, zones: Zones) -> None:
        self._store: Store = open_store(f"{zones.lake}/{FOLDER}")

    def find(self, run_id: str) -> RunState | None:
        """The run of that id, or None."""
        found = self._store.read_versioned(f"{run_id}.json")
        return RunState.of(found[0]) if found else None

    def latest(self, count: int = 10) -> list[RunState]:
        """The newest runs, newest first: their ids sort by time."""
        paths = [f.path for f in self._store.list() if f.path != OPEN]
        return [
            RunState.of(self._store.read_bytes(path)) for path in sorted(paths)[: -count - 1 : -1]
        ]

    def open_run(self) -> RunState | None:
        """The run that is not over, or None."""
        mark = self._store.read_versioned(OPEN)
        state = self.find(json.loads(mark[0])["run_id"]) if mark else None
        return state if state and not state.over else None

    def ask(self, run_id: str, asked: Asked) -> RunState:
        """Notes a run that a box is to begin.

        Raises LakeBusy, naming the other run, where one is not over.
        """
        now = utc_now()
        # Before its mark: a mark that names no state would look like one that is over.
        state = self.write(RunState(run_id, PENDING, asked, now, now))
        try:
            self._enter(run_id)
        except LakeBusy:
            self._store.delete(f"{run_id}.json")
            raise
        return state

    def _enter(self, run_id: str) -> None:
        """Makes this the open run, in the place of none or of one that is over."""
        mine = json.dumps({"run_id": run_id}).encode()
        while True:
            mark = self._store.read_versioned(OPEN)
            if mark is None:
                if self._store.put_if_absent(OPEN, mine):
                    return
                continue
            other = self.find(json.loads(mark[0])["run_id"])
            if other is not None and other.run_id == run_id:
                return
            if other is not None and not other.over:
                raise LakeBusy(
                    f"Run {other.run_id} is not over ({other.state}, asked for at "
                    f"{other.asked_at}): wait for it, or end it with `lake stop {other.run_id}`."
                )
            if self._store.replace_if_unchanged(OPEN, mine, mark[1]):
                return

    def begin(self, run_id: str, asked: Asked, box: Box) -> RunState:
        """Takes a run for this box: a new one, or one that waits to go on, as it was asked then.

        Raises LakeBusy where another run is not over, LakeError where this one is.
        """
        state = self.find(run_id) or self.ask(run_id, asked)
        if state.state == RUNNING:
            stayed = state.box.instance == box.instance
            state = (self.died if stayed else self.left)(state, "its box went away")
        if state.over:
            why = f": {state.reason}" if state.reason else ""
            raise LakeError(f"Run {run_id} is over ({state.state}{why}); start a new one.")
        self._enter(run_id)
        begun = replace(state, state=RUNNING, box=box, attempt=state.attempt + 1)
        return self.write(
            replace(begun, started=state.started or utc_now(), reason="", step="", exit_status=None)
        )

    def died(self, state: RunState, how: str, advice: str = LITTLE_MEMORY) -> RunState:
        """Notes that an attempt ended without a word on a box that stays: the run waits to go on,
        or has failed for good. how: what is known of the attempt's end; advice: what to think of
        a run that always ends so."""
        if state.over:
            return state
        state = replace(state, died=state.died + 1)
        if state.died < MOST_DEATHS:
            return self.end(state, INTERRUPTED, f"its last attempt ended without a word ({how})")
        reason = f"it ended without a word {state.died} times ({how}); {advice}"
        return self.end(state, FAILED, reason, exit_status=LakeError.exit_status)

    def left(self, state: RunState, how: str) -> RunState:
        """Notes that an attempt ended because its box went away: the run waits to go on, however
        often that happens. how: as for died."""
        return state if state.over else self.end(state, INTERRUPTED, how)

    def end(self, state: RunState, how: str, reason: str = "", **more: Any) -> RunState:
        """Writes how a run ended, or that it waits to go on (``INTERRUPTED``)."""
        ended = "" if how in NOT_OVER else utc_now()
        return self.write(replace(state, state=how, reason=reason, ended=ended, **more))

    def write(self, state: RunState) -> RunState:
        """Writes a state as of now."""
        state = replace(state, updated=utc_now())
        self._store.write_bytes(f"{state.run_id}.json", state.as_json())
        return state


def utc_now() -> str:
    """This moment, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
