"""What `lake status` says of a lake on AWS besides its tables: the box, and its runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from lake.aws.box import Machine, look
from lake.aws.lake import AwsLake
from lake.box.state import Runs, RunState

LAST_RUNS = 5


@dataclass(frozen=True)
class Overview:
    """The box and the newest runs as of now. boot: how its last boot ended, as the box wrote it."""

    machine: Machine
    boot: dict[str, Any]
    runs: tuple[RunState, ...]

    def lines(self) -> Iterator[str]:
        """What else there is to say of the box."""
        machine = self.machine
        if machine.launched:
            yield (
                f"{machine.instance}, a {machine.kind} in {machine.zone}, "
                f"since {machine.launched:%Y-%m-%d %H:%M} UTC"
            )
        yield f"last boot: {self.boot['status']}, {self.boot['reason']}"

    def as_dict(self) -> dict[str, Any]:
        """For scripts, beside the lake's own state."""
        return {
            "box": {**asdict(self.machine), "last_boot": self.boot},
            "asked": [asdict(run) for run in self.runs],
        }


def overview(lake: AwsLake) -> Overview:
    """The box and the newest runs as of now."""
    return Overview(look(lake), lake.last_boot(), tuple(Runs(lake.zones()).latest(LAST_RUNS)))
