"""``python -m jobs``: a run, as a cluster or a scheduler starts it; ``lake run`` calls the same."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict

from jobs.errors import DefinitionError
from jobs.failing import translated
from jobs.printable import printable
from jobs.report import Event, failed
from jobs.run import run
from jobs.session import submitted_master
from jobs.settings import LAYERS, RunSettings, SparkSettings, Zones
from jobs.stopping import stop_on


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the lake that the arguments name; gives the exit status."""
    given = _parser().parse_args(arguments)
    try:
        with stop_on(signal.SIGTERM) as stop:
            report = run(_settings(given), _say, stop)
    except Exception as error:
        told = translated(error)
        if given.debug:
            traceback.print_exception(error)
        print(printable(f"Error: {told}", lines=True), file=sys.stderr)
        return told.exit_status
    print(json.dumps(report.as_dict()))
    for failure in report.failures if given.debug else ():
        if failure.error is not None:
            traceback.print_exception(failure.error)
    for line in failed(report):
        print(printable(line), file=sys.stderr)
    return report.exit_status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m jobs", description=__doc__)
    parser.add_argument("--root", help="folder or URI with the four zones below it")
    for zone in ("landing", *LAYERS):
        parser.add_argument(f"--{zone}", help=f"the {zone} zone, where it is not below --root")
    parser.add_argument("--definition", default="", help="folder of the lake definition")
    parser.add_argument("--layer", action="append", choices=LAYERS, help="run this layer only")
    parser.add_argument("--rebuild", action="store_true", help="everything anew from landing")
    parser.add_argument("--from", dest="period_from", default="", help="first gold period")
    parser.add_argument("--to", dest="period_to", default="", help="last gold period")
    parser.add_argument(
        "--master", default="", help="Spark's master; spark-submit's or local[*] else"
    )
    parser.add_argument("--conf", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--debug", action="store_true", help="show where errors come from")
    parser.add_argument("--jars", default="", help="comma-separated paths, where not installed")
    return parser


def _settings(given: argparse.Namespace) -> RunSettings:
    zones = {zone: getattr(given, zone) for zone in ("landing", *LAYERS)}
    if given.root:
        under = asdict(Zones.under(given.root))
        zones = {zone: uri or under[zone] for zone, uri in zones.items()}
    missing = [f"--{zone}" for zone, uri in zones.items() if not uri]
    if missing:
        raise SystemExit(f"python -m jobs: give --root, or {', '.join(missing)}")
    spark = SparkSettings(
        master=given.master or submitted_master() or "local[*]",
        jars=tuple(jar for jar in given.jars.split(",") if jar),
        conf=dict(map(_pair, given.conf)),
    )
    return RunSettings(
        Zones(**zones), given.definition, tuple(given.layer or LAYERS), given.rebuild,
        given.period_from, given.period_to, spark,
    )  # fmt: skip


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise DefinitionError(f"--conf {text}: write it as key=value.")
    return key.strip(), value


def _say(event: Event) -> None:
    if event.state != "started":
        line = f"{event.layer:7}{event.table:28}{event.state:10}{event.detail}"
        print(printable(f"{line} {event.seconds:.1f} s"), file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
