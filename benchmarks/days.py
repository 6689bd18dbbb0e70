"""Runs of one process, one after another: `python -m benchmarks.days LAKE DAYS [SALES A DAY]`.

The first run takes what has landed; before each later one a day of new files lands. Prints a
JSON line a run: its day, its seconds, and whether it found work.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from jobs.run import run
from jobs.settings import RunSettings, Zones
from lake.generate import generate_day
from lake.machine import local_settings


def main() -> None:
    """Runs the first run and so many days."""
    if len(sys.argv) not in (3, 4):
        sys.exit("usage: python -m benchmarks.days LAKE DAYS [SALES A DAY]")
    root, days, rows = Path(sys.argv[1]), int(sys.argv[2]), int((*sys.argv, "1400")[3])
    settings = RunSettings(Zones.under(str(root)), spark=local_settings())
    for day in range(days + 1):
        if day:
            generate_day(root / "landing", rows=rows)
        started = time.monotonic()
        report = run(settings)
        told = {"day": day, "seconds": time.monotonic() - started, "status": report.status}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
