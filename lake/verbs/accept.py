"""`lake accept`: take a landing file that is held."""

from __future__ import annotations

from dataclasses import asdict

import click

from lake.options import LakeVerb, Place
from lake.output import echo


@click.command("accept", cls=LakeVerb, short_help="Take landing files that are held.")
@click.argument("files", nargs=-1, required=True, metavar="SOURCE/FILE...")
@click.option("--json", "for_scripts", is_flag=True, help="The files as JSON.")
@click.pass_obj
def verb(place: Place, files: tuple[str, ...], for_scripts: bool) -> None:
    """Take landing files that are held, as they are; the next `lake run` ingests them.

    A file is held when its bytes changed after it was ingested, when it lacks a column that is
    not optional, when too many of its rows are bad, or when its bytes are there already under
    another name. `lake status` lists them; `*` and `?` stand for any part of a name.

    \b
    Example:
      lake accept sales/2024-03.csv
      lake accept 'sales/*'
    """
    from jobs.accept import accept
    from jobs.settings import RunSettings
    from lake.display import as_json

    taken = accept(RunSettings(place.zones, place.definition), files)
    if for_scripts:
        as_json([asdict(note) for note in taken])
        return
    for note in taken:
        echo(f"accepted {note.source}/{note.path}")
    echo(f"Next: {place.command('run')}")
