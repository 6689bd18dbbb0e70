"""The lake definition that a deployment takes to the box: a folder of the user's, or none."""

from __future__ import annotations

import json
from pathlib import Path

from cdk_app.cdk import PROJECT
from jobs.errors import DefinitionError
from jobs.load import load
from lake.check import check
from lake.options import holds_definition

RETAIL = "definition=none is the retail lake that ships"
# The longest value that an SSM parameter takes.
LONGEST_BYTES = 8192


def folder(named: str) -> Path:
    """Where the setting leads; a path that is not absolute begins at the project's folder.

    :param named: the setting's value
    """
    return PROJECT / Path(named).expanduser()


def refuse_broken(named: str | None, place: str) -> None:
    """Stop before anything is built from what the box could not run: `lake check` finds a problem.

    Only what builds asks this: a folder that broke or moved must not hinder the lake's end.

    :param named: the setting's value
    :param place: where the value came from
    :raises DefinitionError: one sentence, with the first problem's file and line
    """
    problem = _problem(named) if named is not None else None
    if problem is not None:
        raise DefinitionError(
            f"The setting definition cannot be {named!r} (from {place}): {problem}."
        )


def _problem(named: str) -> str | None:
    there = folder(named)
    if holds_definition(there):
        return f"it is a lake's whole folder; name its definition, {Path(named) / 'definition'}"
    try:
        _, problems = check(str(there))
    except DefinitionError as error:
        return f"{str(error).rstrip('.')}; {RETAIL}"
    if not problems:
        return None
    first = " ".join(str(problems[0]).split()).rstrip(".")
    more = f", and {len(problems) - 1} more" if problems[1:] else ""
    return f"{first}{more}; `lake check --definition {there}` shows all; {RETAIL}"


def published(named: str | None) -> str:
    """What `lake` finds out about the box's definition: its sources with their folders in the
    landing zone, in the order of the names, and where it came from; as JSON.

    :param named: the setting's value, already found whole; None for the retail lake
    :raises DefinitionError: it is longer than what an SSM parameter takes
    """
    found = load(str(folder(named)) if named else "").sources
    sources = {name: found[name].landing for name in sorted(found)}
    # In this order: SSM takes two closing braces for the end of a reference.
    told = json.dumps({"sources": sources, "folder": named or ""})
    size = len(told.encode())
    if size > LONGEST_BYTES:
        raise DefinitionError(
            f"The {len(sources)} sources of the lake definition and their landing folders make "
            f"{size} bytes, and the SSM parameter that publishes them takes {LONGEST_BYTES}: "
            "shorten their names, or make two lakes of them."
        )
    return told
