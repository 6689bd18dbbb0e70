"""The files of a lake definition, executed: the sources and marts that each one holds."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from jobs.definition import Mart, Source
from jobs.faults import Problem, repeated


def python_files(root: Any) -> Iterator[Any]:
    """The files below a folder (a Path, or within a package) that make up a definition."""
    for entry in sorted(root.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and not entry.name.startswith(("_", ".")):
            yield from python_files(entry)
        elif entry.name.endswith(".py") and not entry.name.startswith(("_", "test_")):
            yield entry


def text_of(file: Any) -> str:
    """A file's text."""
    return file.read_text(encoding="utf-8")


def execute(file: Any, problems: list[Problem]) -> Iterator[tuple[type, str, Any]]:
    """(Source or Mart, its name, it) of all that a file holds; what is wrong goes to problems."""
    namespace: dict[str, Any] = {"__name__": f"definition.{file.name[:-3]}", "__file__": str(file)}
    try:
        exec(compile(text_of(file), str(file), "exec"), namespace)
    except Exception as error:
        said = f"the file cannot be loaded: {type(error).__name__}: {error}"
        problems.append(Problem(str(file), _line(error, str(file)), said))
        return
    for line, key in repeated(text_of(file)):
        said = f"{key!r} stands twice in one dictionary, and the first would not count; rename one."
        problems.append(Problem(str(file), line, said))
    grain = " ".join((namespace.get("__doc__") or "").split())
    for name, value in namespace.items():
        for kind in (Source, Mart):
            if isinstance(value, kind):
                if not grain:
                    said = f"say the grain of {name} in a docstring at the top of the file, "
                    said += 'such as """One row per customer."""'
                    problems.append(Problem(str(file), 1, said))
                yield kind, name, replace(value, name=name, grain=grain)


def _line(error: Exception, file: str) -> int:
    """The line of a definition's file that an error came from."""
    if isinstance(error, SyntaxError) and error.lineno:
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    return next((f.lineno or 1 for f in reversed(frames) if f.filename == file), 1)
