"""The files of a lake definition, executed: the sources and marts that each one holds."""

from __future__ import annotations

import ast
import traceback
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from jobs.definition import Mart, Source
from jobs.faults import Problem, repeated

PASSED_OVER = ("_", "test_")


def python_files(root: Any) -> Iterator[Any]:
    """The files below a folder (a Path, or within a package) that make up a definition."""
    return (file for file in _all_files(root) if not file.name.startswith(PASSED_OVER))


def _all_files(root: Any) -> Iterator[Any]:
    for entry in sorted(root.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and not entry.name.startswith(("_", ".")):
            yield from _all_files(entry)
        elif entry.name.endswith(".py"):
            yield entry


def passed_over(root: Any) -> Iterator[Problem]:
    """The files that are not executed, as tests are not, and yet hold a source or a mart."""
    for file in _all_files(root):
        if not file.name.startswith(PASSED_OVER):
            continue
        for line, kind, name in _held(text_of(file)):
            said = f"the {kind} {name} is not part of the lake, since the file's name begins with "
            said += (
                f"{'test_' if file.name.startswith('test_') else '_'}: rename the file, or move "
            )
            yield Problem(str(file), line, said + "it out of the definition's folder.")


def _held(text: str) -> Iterator[tuple[int, str, str]]:
    """(line, Source or Mart, its name) of what a file would define; nothing of one with tests."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError):
        return
    if any(getattr(node, "name", "").lower().startswith("test") for node in body):
        return
    for node in body:
        value = getattr(node, "value", None)
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or not isinstance(value, ast.Call):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        called = getattr(value.func, "id", getattr(value.func, "attr", ""))
        if called in ("Source", "Mart") and isinstance(targets[0], ast.Name):
            yield node.lineno, called, targets[0].id


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
