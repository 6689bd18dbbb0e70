"""Pieces of Spark SQL text, quoted so that no name or value can change their meaning."""

from __future__ import annotations

import re
from collections.abc import Iterable

COLUMN = re.compile(r"(?P<name>`[^`]+`|\S+)\s+(?P<kind>.+)", re.DOTALL)

COMMENT = r"--[^\n]*|/\*.*?\*/"
QUOTED = r"""\b[rR]'[^']*'|\b[rR]"[^"]*"|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`"""
CLOSED = re.compile(f"(?P<comment>{COMMENT})|{QUOTED}", re.DOTALL)


def expression_fault(sql: object) -> str:
    """Why SQL is no single expression, as far as its quotes, brackets and semicolons tell, with
    the cure; or ""."""
    if not isinstance(sql, str):
        return f"it is {sql!r}; write SQL in quotes"
    bare = CLOSED.sub(lambda found: " " if found["comment"] else " _ ", sql)
    if not bare.strip():
        return "there is none"
    if ";" in bare:
        return "it is one expression; take the semicolon away"
    if re.search(r"['\"`]|/\*", bare):
        return "a quote or a comment is not closed"
    depth = 0
    for letter in bare:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return "a ) closes nothing"
    return "a ( is not closed" if depth else ""


def name(identifier: str) -> str:
    """A column or view name in backticks."""
    return "`" + identifier.replace("`", "``") + "`"


def names(identifiers: Iterable[str]) -> str:
    """Names separated by commas."""
    return ", ".join(name(identifier) for identifier in identifiers)


def literal(value: str) -> str:
    """A string literal. Spark puts a variable's value in the place of its name in ``${...}``,
    wherever it stands in a query."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + escaped.replace("${", "$\\{") + "'"


def literals(values: Iterable[str]) -> str:
    """String literals separated by commas."""
    return ", ".join(literal(value) for value in values)


def one_of(column: str, values: Iterable[int]) -> str:
    """SQL: whether a BIGINT column has one of the values."""
    return f"{name(column)} IN ({', '.join(f'{value}L' for value in values)})"


def typed_columns(ddl: str) -> dict[str, str]:
    """{column: its type, as it is written} of ``month DATE, tags MAP<STRING,INT>``.

    Raises ValueError, with the part in question, where a column has no type.
    """
    found = {}
    for part in split(ddl):
        match = COLUMN.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"{part.strip()!r} is not a column and its type.")
        found[match["name"].strip("`")] = match["kind"]
    return found


def split(ddl: str) -> list[str]:
    """The text at its commas, but for those inside brackets."""
    parts, depth = [""], 0
    for letter in ddl:
        depth += (letter in "(<") - (letter in ")>")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return parts
