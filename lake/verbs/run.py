"""`lake run`: landing to bronze to silver to gold."""

from __future__ import annotations

import signal
from typing import Any

import click

from lake.options import Place, Verb

SPARK_OPTIONS = (
    click.option("--master", default="local[*]", show_default=True, help="The Spark master."),
    click.option(
        "--memory", default="", help="The Spark driver's heap.  [default: what fits this machine]"
    ),
    click.option("--conf", multiple=True, metavar="KEY=VALUE", help="A Spark setting; repeatable."),
)


def spark_options(function: Any) -> Any:
    """The options of a verb that starts Spark."""
    for option in reversed(SPARK_OPTIONS):
        function = option(function)
    return function


@click.command("run", cls=Verb, short_help="Bring what has landed into bronze, silver and gold.")
@click.option(
    "--layer", "layers", multiple=True, type=click.Choice(["bronze", "silver", "gold"]),
    help="This layer alone; repeatable.  [default: all three]",
)  # fmt: skip
@click.option("--rebuild", is_flag=True, help="Every table anew from the landing files.")
@click.option("--from", "period_from", default="", metavar="DATE", help="Recompute gold from here…")
@click.option("--to", "period_to", default="", metavar="DATE", help="…to here, inclusive.")
@click.option("--json", "for_scripts", is_flag=True, help="The report as JSON, and nothing else.")
@spark_options
@click.pass_obj
def verb(place: Place, for_scripts: bool, **options: Any) -> None:
    """Bring what has landed into bronze, silver and gold.

    What was done before is not done again: a run costs what is new. It ends with the books of
    every source, and with exit status 3 if a landing file was refused or is held.

    \b
    Example:
      lake run
      lake run --layer gold --from 2024-01-01 --to 2024-03-31
    """
    click.get_current_context().exit(start(place, for_scripts, **options))


def start(
    place: Place, for_scripts: bool, *, layers: tuple[str, ...], rebuild: bool, period_from: str,
    period_to: str, master: str, memory: str, conf: tuple[str, ...],
) -> int:  # fmt: skip
    """Runs and shows it; the exit status."""
    from jobs.settings import LAYERS, RunSettings
    from jobs.stopping import stop_on
    from lake import facts
    from lake.display import as_json
    from lake.machine import spark_settings
    from lake.progress import watching

    settings = RunSettings(
        zones=place.zones,
        definition=place.definition,
        layers=tuple(layer for layer in LAYERS if layer in layers) or LAYERS,
        rebuild=rebuild,
        period_from=period_from,
        period_to=period_to,
        spark=spark_settings(place, master, memory, conf),
    )
    from jobs.run import run

    with watching(quiet=for_scripts) as clock, stop_on(signal.SIGTERM) as stop:
        report = run(settings, clock, stop)
    if for_scripts:
        as_json(facts.as_dict(report, clock.spans))
    else:
        facts.page(report, clock.spans, place)
    return report.exit_status
