"""`lake optimize`: small files into large ones, old versions away."""

from __future__ import annotations

from dataclasses import asdict

import click

from jobs.settings import LAYERS
from lake.options import LakeVerb, Place
from lake.verbs.run import spark_options


@click.command("optimize", cls=LakeVerb, short_help="Compact tables and remove old versions.")
@click.option(
    "--retention-hours", type=click.IntRange(min=1), default=168, show_default=True,
    help="Old versions stay readable this long.",
)  # fmt: skip
@click.option("--json", "for_scripts", is_flag=True, help="What was done, as JSON.")
@spark_options
@click.pass_obj
def verb(
    place: Place, retention_hours: int, for_scripts: bool, master: str, memory: str,
    conf: tuple[str, ...],
) -> None:  # fmt: skip
    """Compact the tables' small files and remove files that no version needs any more.

    Runs do this too, cheaply, as they go; this does all of it. What silver or gold has not
    consumed yet is never removed.

    \b
    Example:
      lake optimize --retention-hours 48
    """
    from jobs.settings import RunSettings
    from jobs.upkeep import optimize
    from lake.display import as_json, table
    from lake.machine import spark_settings

    settings = RunSettings(
        place.zones, place.definition, spark=spark_settings(place, master, memory, conf)
    )
    done = optimize(settings, retention_hours)
    if for_scripts:
        as_json([asdict(result) for result in done])
        return
    rows = [
        [_short(place, kept.table), kept.compacted, "yes" if kept.removed else f"no: {kept.why}"]
        for kept in done
    ]
    table(["table", "files joined", "old files removed"], rows, right={"files joined"})


def _short(place: Place, path: str) -> str:
    """A table's path below its zone, as in ``silver/customers``."""
    for layer in LAYERS:
        zone = getattr(place.zones, layer)
        if path.startswith(f"{zone}/"):
            return layer + path.removeprefix(zone)
    return path
