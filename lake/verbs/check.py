"""`lake check`: is the lake definition whole?"""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from jobs.printable import printable
from lake.options import Place, Verb
from lake.output import echo


@click.command("check", cls=Verb, short_help="Validate the lake definition, without Spark.")
@click.option("--json", "for_scripts", is_flag=True, help="The problems as JSON.")
@click.pass_obj
def verb(place: Place, for_scripts: bool) -> None:
    """Validate the lake definition: names, keys, references, checks, and the marts' SQL.

    Takes under a second, and reads no data. Each problem is a line `file:line: what is wrong`;
    exit status 2 if there is one.

    \b
    Example:
      lake check
      lake check --definition my-lake/definition
    """
    from dataclasses import asdict

    from lake.check import check
    from lake.display import as_json

    began = time.monotonic()
    definition, problems = check(place.definition)
    if for_scripts:
        as_json([asdict(problem) for problem in problems])
    else:
        for problem in problems:
            echo(printable(f"{_short(problem.file)}:{problem.line}: {problem.message}"))
        if definition and not problems:
            what = f"{len(definition.sources)} sources and {len(definition.marts)} marts"
            where = _short(place.definition) if place.definition else "the retail lake"
            echo(f"{where}: {what} hold together ({time.monotonic() - began:.1f} s)")
    if problems:
        click.get_current_context().exit(2)


def _short(file: str) -> str:
    """The path from here, where it is below."""
    path = Path(file)
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else file
