"""`lake report`: what the marts say, and how far the data can be trusted, as one page."""

from __future__ import annotations

import time
from pathlib import Path

import click

from lake.options import LakeVerb, Place
from lake.output import echo

ELSEWHERE = "lake-report"


@click.command(
    "report", cls=LakeVerb, short_help="Write the page of charts, and the charts as files."
)
@click.option(
    "--out", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
    help=f"Where to write.  [default: report in the lake's own folder; ./{ELSEWHERE} for a "
    "lake on S3]",
)  # fmt: skip
@click.option("--title", default="", metavar="WORDS", help="The page's heading.")
@click.option(
    "--without-values", is_flag=True,
    help="Leave out what stood in quarantined rows: it may be personal data.",
)  # fmt: skip
@click.option("--open", "show", is_flag=True, help="Open the page in the browser.")
@click.pass_obj
def verb(
    place: Place, folder: Path | None, title: str, without_values: bool, show: bool
) -> None:  # fmt: skip
    """Write one HTML page of what the marts say and how far the data can be trusted, and its
    charts as PNG and SVG.

    The page needs no network and no other file: it can be mailed. No JVM is started.

    \b
    Example:
      lake report
      lake report --out for-the-board --title "Sales, third quarter" --without-values
    """
    from lake.report.page import make

    began = time.monotonic()
    made = make(place, folder or _folder(place), title, with_values=not without_values)
    seconds = time.monotonic() - began
    echo(f"{made.page}: {made.charts} charts, in {seconds:.1f} s")
    if show:
        click.launch(made.page.absolute().as_uri())


def _folder(place: Place) -> Path:
    """Beside the zones of a lake on this disk, wherever the command is typed."""
    return place.folder / "report" if place.folder else Path(ELSEWHERE).absolute()
