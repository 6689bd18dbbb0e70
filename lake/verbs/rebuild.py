"""`lake rebuild`: every table anew, from the landing files."""

from __future__ import annotations

from typing import Any

import click

from lake.options import LakeVerb, Place
from lake.verbs.run import spark_options, start


@click.command("rebuild", cls=LakeVerb, short_help="Make every table anew from the landing files.")
@click.option("--json", "for_scripts", is_flag=True, help="The report as JSON, and nothing else.")
@spark_options
@click.pass_obj
def verb(place: Place, for_scripts: bool, **options: Any) -> None:
    """Make every table anew from the landing files; the same as `lake run --rebuild`.

    Readers see the old tables until each new one is published.

    \b
    Example:
      lake rebuild
    """
    status = start(
        place, for_scripts, layers=(), rebuild=True, period_from="", period_to="", **options
    )
    click.get_current_context().exit(status)
