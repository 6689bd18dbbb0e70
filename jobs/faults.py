"""What is wrong with a lake definition, and in which line of which file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """Something wrong with the source or mart ``subject``. word: the string or keyword in its
    file that the fault is about; "" for all of it. offset: lines below the word's first. within:
    the column that the word is looked for in."""

    subject: str
    word: str
    message: str
    offset: int = 0
    within: str = ""


@dataclass(frozen=True)
class Problem:
    """A fault at its place: ``str`` gives ``file:line: message``, as editors know it."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


def line_of(text: str, subject: str, word: str, within: str = "") -> int:
    """The line, from 1, where ``word`` stands in what is assigned to ``subject``, if need be in
    what stands there under the key ``within``; the line of these where it does not; 1 where there
    is none."""
    for node in ast.parse(text).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if not any(isinstance(t, ast.Name) and t.id == subject for t in targets):
            continue
        inside = _under(node, within) if within else node
        lines = [_line(found) for found in ast.walk(inside) if word and _says(found, word)]
        return min(lines, default=inside.lineno)  # type: ignore[attr-defined]
    return 1


def _under(node: ast.AST, key: str) -> ast.AST:
    """What stands under a key of a dictionary in ``node``; ``node`` where there is none."""
    for found in ast.walk(node):
        if isinstance(found, ast.Dict):
            for name, value in zip(found.keys, found.values, strict=True):
                if isinstance(name, ast.Constant) and name.value == key:
                    return value
    return node


def repeated(text: str) -> Iterator[tuple[int, str]]:
    """(line, key) of each key that stands twice in one dictionary, where Python keeps the last."""
    for found in ast.walk(ast.parse(text)):
        keys = found.keys if isinstance(found, ast.Dict) else []
        seen: set[object] = set()
        for key in keys:
            if isinstance(key, ast.Constant):
                if key.value in seen:
                    yield key.lineno, str(key.value)
                seen.add(key.value)


def _says(node: ast.AST, word: str) -> bool:
    if isinstance(node, ast.JoinedStr):
        # The parts of an f-string that are text as it stands.
        parts = [v.value for v in node.values if isinstance(v, ast.Constant)]
        return bool(parts) and all(str(part) in word for part in parts)
    return (isinstance(node, ast.Constant) and node.value == word) or (
        isinstance(node, ast.keyword) and node.arg == word
    )


def _line(node: ast.AST) -> int:
    return node.value.lineno if isinstance(node, ast.keyword) else node.lineno  # type: ignore[attr-defined]
