"""What `lake check` looks at: a definition, without Spark and without any data."""

from __future__ import annotations

from jobs.faults import Problem
from jobs.load import Definition, examine


def check(folder: str) -> tuple[Definition | None, list[Problem]]:
    """The definition in ``folder`` ("": the one that ships), and all that is wrong with it, in
    the order of files and lines. Raises DefinitionError where there is no such folder."""
    from lake.check.marts import mart_faults
    from lake.check.sources import source_faults

    found = examine(folder)
    problems, definition = found.problems, found.definition
    if definition and not problems:
        faults = [f for s in definition.sources.values() for f in source_faults(s)]
        faults += [f for m in definition.marts.values() for f in mart_faults(m, definition)]
        problems = [found.placed(fault) for fault in faults]
    return definition, sorted(problems, key=lambda p: (p.file, p.line, p.message))
