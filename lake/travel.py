"""Time travel: which version of a Delta table stood at a moment, and which one is meant."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from functools import partial

from jobs.errors import DefinitionError
from jobs.files import open_store


@dataclass(frozen=True)
class Travel:
    """Which versions a question is about. versions: {"gold.monthly" or "": version}, "" being
    every table. as_of: the moment, in UTC; None for now."""

    versions: dict[str, int] = field(default_factory=dict)
    as_of: datetime | None = None

    @classmethod
    def told(cls, versions: tuple[str, ...], as_of: str) -> Travel:
        """From ``--version`` (``3``, ``gold.monthly=3``) and ``--as-of``."""
        found = {}
        for text in versions:
            table, sign, number = text.rpartition("=")
            if not number.isdigit() or (sign and not table):
                raise DefinitionError(f"--version {text}: write 3, or gold.monthly=3.")
            found[table.lower()] = int(number)
        return cls(found, moment(as_of) if as_of else None)

    def resolved(self, find: Callable[[str], tuple[str, str]]) -> Travel:
        """The same with every table under its zone. find: (layer, table) of a table as a person
        names it; what it raises where there is none such is handed on."""
        return replace(
            self, versions={name and _key(*find(name)): n for name, n in self.versions.items()}
        )

    def unused(self, used: Iterable[tuple[str, str]]) -> list[str]:
        """The tables that have a version of their own here and are not among ``used``."""
        keys = {_key(*pair) for pair in used}
        return [name for name in self.versions if name and name not in keys]

    def version(self, uri: str, name: str) -> int | None:
        """The version of the table ``name`` (``layer.table``) at ``uri``; None for the latest.

        Raises DefinitionError where there is none such.
        """
        wanted = self.versions.get(name.lower(), self.versions.get(""))
        if wanted is not None:
            there = versions(uri)
            if wanted not in there:
                raise DefinitionError(
                    f"{name} has no version {wanted}: it has {there[0]} to {there[-1]}."
                )
            return wanted
        return version_at(uri, name, self.as_of) if self.as_of else None


def _key(layer: str, table: str) -> str:
    return f"{layer}.{table}".lower()


def moment(text: str) -> datetime:
    """A moment in UTC from ``2024-03-01`` (the end of that day) or ``2024-03-01 12:30``."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise DefinitionError(
            f"{text!r} is not a moment: write 2024-03-01 or 2024-03-01T12:30 (UTC)."
        ) from None
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        found += timedelta(days=1) - timedelta(milliseconds=1)
    return found.astimezone(timezone.utc) if found.tzinfo else found.replace(tzinfo=timezone.utc)


def versions(uri: str) -> list[int]:
    """The versions in a Delta table's log; empty where there is no table."""
    found = []
    for file in open_store(uri).list("_delta_log/"):
        stem, _, kind = file.path.rpartition("/")[2].partition(".")
        if kind == "json" and stem.isdigit():
            found.append(int(stem))
    return sorted(found)


def version_at(uri: str, name: str, at: datetime) -> int:
    """The last version that was committed by ``at``. DefinitionError where there was none."""
    there = versions(uri)
    # A handful of log files is read, however many there are.
    before = bisect_right(there, at, key=partial(committed_at, uri))
    if not before:
        first = committed_at(uri, there[0])
        raise DefinitionError(
            f"{name} was not there at {at:%Y-%m-%d %H:%M} UTC: its first version, {there[0]}, is "
            f"of {first:%Y-%m-%d %H:%M}."
        )
    return there[before - 1]


def committed_at(uri: str, version: int) -> datetime:
    """When a version was committed, in UTC."""
    log = open_store(uri).read_bytes(f"_delta_log/{version:020d}.json")
    for line in log.splitlines():
        info = json.loads(line).get("commitInfo")
        if info:
            stamp = info.get("inCommitTimestamp") or info["timestamp"]
            return datetime.fromtimestamp(stamp / 1000, timezone.utc)
    raise DefinitionError(f"{uri}: version {version} does not say when it was committed.")
