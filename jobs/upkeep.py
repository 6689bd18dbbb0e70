"""Upkeep: small files compacted, old ones removed, so that the thousandth run costs as the tenth."""

from __future__ import annotations

from jobs.lake import Lake
from jobs.sqltext import table
from jobs.storage import last_commit


def within_run(lake: Lake) -> None:
    """Cheap upkeep of the tables that have collected many small files."""


def _unused(path: str) -> str:
    return table(path) if last_commit(path) else ""
