"""`lake generate`: a retail landing zone with the dirt of real exports, from a seed.

The same arguments give the same bytes; a second call changes nothing. Nothing that the
generator did not write is ever overwritten.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from jobs.errors import DefinitionError
from lake.generator.files import Landing
from lake.generator.first_years import FirstYears
from lake.generator.next_day import NextDay
from lake.generator.tally import Tally
from lake.generator.world import Size, World

VERSION = 1
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class GenerateReport:
    """What a landing folder holds after a call.

    rows: CSV records by source, of this call's files. dirt: {source: {kind: rows}}. files:
    how many. days: the first and last day of the sales. unchanged: every file was there
    already. seconds: of this call.
    """

    root: Path
    rows: dict[str, int]
    dirt: dict[str, dict[str, int]]
    files: int
    days: tuple[date, date]
    unchanged: bool
    seconds: float


def generate(
    root: Path,
    *,
    sales: int = 1_000_000,
    customers: int = 50_000,
    products: int = 5_000,
    locations: int = 500,
    years: int = 3,
    seed: int = 7,
    on_progress: Progress | None = None,
) -> GenerateReport:
    """Writes the landing files of ``years`` years from 2023-01-01 below ``root``.

    root: the landing folder. sales, customers, products, locations: how many there are;
    repeats, corrections and updates come on top. on_progress: called with (rows written,
    rows expected). Raises DefinitionError when ``root`` holds files of another origin.
    """
    start = time.perf_counter()
    size = _checked(Size(sales, customers, products, locations, years, seed))
    landing, world = Landing(Path(root)), World(size)
    memory = landing.memory()
    arguments = {"version": VERSION, **asdict(size)}
    _refuse_others(landing, memory, arguments)
    span = (world.days[0], world.last_day)
    if landing.still_stand(memory.get("files", {})) and memory.get("files"):
        return _report(landing.root, memory, span, True, start)
    # Kept before the first file, so that a call after a broken one knows whose files stand there.
    landing.remember({"arguments": arguments, "days": memory.get("days", {})})
    tally = Tally(sales + customers + products + locations, on_progress)
    FirstYears(world, landing, tally).write()
    memory = {"arguments": arguments, "days": memory.get("days", {}), **tally.memory()}
    landing.remember(memory)
    return _report(landing.root, memory, span, False, start)


def generate_day(
    root: Path, day: date | None = None, rows: int = 1_400, seed: int | None = None
) -> GenerateReport:
    """Writes one more day's files below a landing folder that ``generate`` filled.

    day: by default the day after the latest one there. rows: new sales of that day;
    corrections of the two weeks before and repeats come on top. seed: must be the one
    generated with, where given. Raises DefinitionError when nothing was generated at
    ``root``, when the day lies in the generated years, and when it is there with other rows.
    """
    start = time.perf_counter()
    landing = Landing(Path(root))
    memory = landing.memory()
    if not memory.get("files"):
        raise DefinitionError(
            f"No generated landing files stand in {root}; run `lake generate` first."
        )
    arguments = {key: value for key, value in memory["arguments"].items() if key != "version"}
    if seed not in (None, arguments["seed"]):
        raise DefinitionError(
            f"{root} was generated with seed {arguments['seed']}, not {seed}; leave the seed out."
        )
    world = World(Size(**arguments))
    days: dict[str, dict[str, Any]] = memory["days"]
    latest = date.fromisoformat(max(days, default=world.last_day.isoformat()))
    day = day or latest + timedelta(days=1)
    if day <= world.last_day:
        raise DefinitionError(f"{day} is within the generated years; give a later day.")
    known = days.get(day.isoformat())
    if known and known["count"] != rows:
        raise DefinitionError(f"{day} is there already, with {known['count']} sales.")
    if known and landing.still_stand(known["files"]):
        return _report(landing.root, known, (day, day), True, start)
    tally = Tally(rows)
    first = known["first"] if known else _sales_so_far(world, days)
    NextDay(world, landing, tally, days).write(day, rows, first)
    days[day.isoformat()] = {"count": rows, "first": first, **tally.memory()}
    landing.remember(memory)
    return _report(landing.root, days[day.isoformat()], (day, day), False, start)


def _checked(size: Size) -> Size:
    least = {"sales": 0, "customers": 1, "products": 1, "locations": 1, "years": 1}
    for name, value in least.items():
        if getattr(size, name) < value:
            raise DefinitionError(f"{name} must be at least {value}, not {getattr(size, name)}.")
    return size


def _refuse_others(landing: Landing, memory: dict[str, Any], arguments: dict[str, int]) -> None:
    """Stops where ``landing`` holds files that these arguments would not write."""
    if landing.is_empty() or memory.get("arguments") == arguments:
        return
    if not memory:
        raise DefinitionError(
            f"{landing.root} holds files that were not generated; generate into another folder."
        )
    others = ", ".join(
        f"{key}={value}" for key, value in memory["arguments"].items() if arguments[key] != value
    )
    raise DefinitionError(
        f"{landing.root} was generated with other arguments ({others}); "
        "give the same ones or another folder."
    )


def _sales_so_far(world: World, days: dict[str, dict[str, Any]]) -> int:
    ends = [entry["first"] + entry["count"] for entry in days.values()]
    return max([world.size.sales, *ends])


def _report(
    root: Path, memory: dict[str, Any], days: tuple[date, date], unchanged: bool, start: float
) -> GenerateReport:
    seconds = time.perf_counter() - start
    files = len(memory["files"])
    return GenerateReport(root, memory["rows"], memory["dirt"], files, days, unchanged, seconds)
