"""The lake definition that a deployment takes to the box: a folder of the user's, or none."""

from __future__ import annotations

from pathlib import Path

from cdk_app.cdk import PROJECT
from jobs.errors import DefinitionError
from jobs.load import load
from lake.check import check
from lake.options import holds_definition

RETAIL = "definition=none is the retail lake that ships"


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


def sources(named: str | None) -> dict[str, str]:
    """{source: its folder in the landing zone}, in the order of the names.

    :param named: the setting's value, already found whole; None for the retail lake
    """
    found = load(str(folder(named)) if named else "").sources
    return {name: found[name].landing for name in sorted(found)}
