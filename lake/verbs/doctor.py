"""`lake doctor`: what this machine lacks."""

from __future__ import annotations

from dataclasses import asdict

import click

from lake.options import Place, Verb


@click.command("doctor", cls=Verb, short_help="Check what this machine lacks.")
@click.option("--json", "for_scripts", is_flag=True, help="Every check as JSON.")
@click.pass_obj
def verb(place: Place, for_scripts: bool) -> None:
    """Check what a lake needs on this machine, and say how to get what is missing.

    Exit status 1 if something needed is missing.

    \b
    Example:
      lake doctor
    """
    from lake.checks import all_checks
    from lake.display import as_json, table

    checks = all_checks(place)
    if for_scripts:
        as_json([asdict(check) for check in checks])
    else:
        rows = [
            ["ok" if c.ok else "MISSING" if c.needed else "note", c.name, c.found, c.remedy]
            for c in checks
        ]
        table(["", "what", "found", "how to get it"], rows)
    if any(check.needed and not check.ok for check in checks):
        click.get_current_context().exit(1)
