"""Whether a mart that is recomputed period by period looks beyond its periods."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobs.definition import Mart
from jobs.faults import Fault

OPENS = re.compile(r"\bover\s*\(|\bwindow\s+\w+\s+as\s*\(", re.IGNORECASE)
PARTITION = re.compile(r"\bpartition\s+by\b(.*?)(?:\border\s+by\b|\brows\b|\brange\b|$)", re.DOTALL)


def window_faults(mart: Mart) -> Iterator[Fault]:
    """The windows that take in rows of other periods: the query would not see them, and an
    incremental run would give other numbers than a rebuild."""
    if mart.period is None:
        return
    period, within = mart.period, mart.period.within
    needed = {period.column: {period.column.lower(), _plain(period.expression)}}
    needed |= {within: {within.lower()}} if within else {}
    for window in _windows(mart.sql.lower()):
        parted = PARTITION.search(window)
        by = _plain(parted[1]) if parted else ""
        for column, words in needed.items():
            if not any(word in by for word in words):
                yield Fault(
                    mart.name, "period",
                    f"{mart.name}: a window in its SQL looks beyond the {column} in hand, of "
                    f"which alone it sees rows; partition it by {column}, or leave "
                    f"{'period=' if column == period.column else 'within='} out.",
                )  # fmt: skip
                return


def _windows(sql: str) -> Iterator[str]:
    """What stands in the brackets of each window."""
    for found in OPENS.finditer(sql):
        depth, at = 1, found.end()
        while depth and at < len(sql):
            depth += (sql[at] == "(") - (sql[at] == ")")
            at += 1
        yield sql[found.end() : at - 1]


def _plain(sql: str) -> str:
    return "".join(sql.lower().replace("`", "").split())
