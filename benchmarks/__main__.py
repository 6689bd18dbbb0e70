"""The benchmark: `python -m benchmarks [SUITE ...] [--rounds N] [--scratch FOLDER]`.

Whole processes, in turn, on this machine; prints medians and ratios as a table. The suites:
full, day, bare, tiny-days, large (10M, about 12 GB of disk) and growth; all of them by default.
"""

from __future__ import annotations

import os
import platform
from datetime import date
from pathlib import Path

import click
import psutil

from benchmarks.suites import SUITES, Bench


@click.command(help=__doc__)
@click.argument("suites", nargs=-1, type=click.Choice(list(SUITES)))
@click.option("--rounds", default=3, show_default=True, help="How often each thing is timed.")
@click.option(
    "--scratch", type=click.Path(path_type=Path), default=Path("build/bench"), show_default=True,
    help="Where files are made; what lies there is used again.",
)  # fmt: skip
def main(suites: tuple[str, ...], rounds: int, scratch: Path) -> None:
    """Runs the suites and prints the table."""
    memory = psutil.virtual_memory().total / 2**30
    click.echo(
        f"{date.today()}, {os.cpu_count()} cores, {memory:.0f} GB, Python "
        f"{platform.python_version()}, medians of {rounds} whole processes each\n\n"
        "| what | measured | goal: at most |\n|---|---|---|"
    )
    bench = Bench(scratch.resolve(), rounds)
    for suite in suites or SUITES:
        for line in SUITES[suite](bench):
            click.echo(f"| {line.what} | {line.value} | {line.goal} |")


if __name__ == "__main__":
    main()
