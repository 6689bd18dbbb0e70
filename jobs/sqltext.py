"""Pieces of Spark SQL text, quoted so that no name or value can change their meaning."""

from __future__ import annotations

from collections.abc import Iterable


def name(identifier: str) -> str:
    """A column or view name in backticks."""
    return "`" + identifier.replace("`", "``") + "`"


def names(identifiers: Iterable[str]) -> str:
    """Names separated by commas."""
    return ", ".join(name(identifier) for identifier in identifiers)


def literal(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def literals(values: Iterable[str]) -> str:
    """String literals separated by commas."""
    return ", ".join(literal(value) for value in values)


def table(path: str) -> str:
    """A Delta table named by its path."""
    return "delta." + name(path)
