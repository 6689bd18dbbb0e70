"""`lake generate`: landing files to try the lake with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from jobs.errors import DefinitionError
from lake.options import Place, Verb
from lake.output import echo

DAY_ROWS = 1_400


@click.command("generate", cls=Verb, short_help="Write landing files to try the lake with.")
@click.option("--sales", default=1_000_000, show_default=True, help="How many sales.")
@click.option("--customers", default=50_000, show_default=True, help="How many customers.")
@click.option("--products", default=5_000, show_default=True, help="How many products.")
@click.option("--locations", default=500, show_default=True, help="How many locations.")
@click.option("--years", default=3, show_default=True, help="How many years, from 2023.")
@click.option("--seed", default=7, show_default=True, help="The same seed gives the same files.")
@click.option("--day", is_flag=True, help=f"One more day instead: about {DAY_ROWS:,} sales.")
@click.option("--json", "for_scripts", is_flag=True, help="What was written, as JSON.")
@click.pass_context
def verb(ctx: click.Context, day: bool, for_scripts: bool, **sizes: int) -> None:
    """Write retail landing files, with the dirt that real exports have.

    The same numbers give the same files, and files that are there already are left alone.

    \b
    Example:
      lake generate --sales 10000 --customers 500 --years 1
      lake generate --day
    """
    from lake.display import as_json

    landing = _folder(ctx.obj)
    if day:
        _refuse_sizes(ctx)
        report = _one_day(landing)
    else:
        report = _years(landing, sizes, quiet=for_scripts)
    if for_scripts:
        as_json({
            "root": str(report.root), "files": report.files, "rows": report.rows,
            "dirt": report.dirt, "unchanged": report.unchanged, "seconds": report.seconds,
        })  # fmt: skip
    else:
        _tell(report)


def _folder(place: Place) -> Path:
    if "://" in place.zones.landing:
        raise DefinitionError(
            f"Landing files are generated into a local folder, and {place.zones.landing} is none: "
            "generate them here and copy them there."
        )
    return Path(place.zones.landing)


def _refuse_sizes(ctx: click.Context) -> None:
    """A day goes by the sizes it was generated with; others would be silently ignored."""
    given = [
        f"--{name}"
        for name in ("sales", "customers", "products", "locations", "years", "seed")
        if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    ]
    if given:
        raise DefinitionError(f"--day takes no {', '.join(given)}: it goes by what is there.")


def _one_day(landing: Path) -> Any:
    from lake.generate import generate_day

    return generate_day(landing, rows=DAY_ROWS)


def _years(landing: Path, sizes: dict[str, Any], quiet: bool) -> Any:
    from lake.display import console, interactive
    from lake.generate import generate

    if quiet or not interactive():
        return generate(landing, **sizes)
    from rich.progress import Progress

    with Progress(console=console(), transient=True) as bar:
        task = bar.add_task("landing files", total=None)
        return generate(
            landing,
            on_progress=lambda done, total: bar.update(task, completed=done, total=total),
            **sizes,
        )


def _tell(report: Any) -> None:
    rows = sum(report.rows.values())
    said = "are there already, nothing was written" if report.unchanged else (
        f"written in {report.seconds:,.1f} s"
    )  # fmt: skip
    first, last = report.days
    echo(f"{report.root}: {report.files} files, {rows:,} records ({first} to {last}), {said}")
