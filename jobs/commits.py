"""What a Delta table's own log says of its commits, read without an engine.

Every commit of ours carries a note (Delta's userMetadata, JSON): what it consumed and where the
books stand, so that a table and what is known of it change in one step. With it stand the
commit's own token, the token of the commit before it and how many rows came and went.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from jobs.files import Store, open_store

MARK, TOKEN, AFTER, ROWS, FORMAT = "medallion", "commit", "after", "rows", "format"
CHANGED = "changed"
CURRENT_FORMAT = 1


@dataclass(frozen=True)
class Commit:
    """One version of a table.

    Attributes:
        version: Delta's number of it.
        note: ours on it.
        token: tells one writer's commit from another's; "" for a commit that is not ours.
        after: the token of the commit before it; "" for the first one.
        added: rows that came.
        removed: rows that went.
        total: rows that the table has.
        stamp: the version in which the table's rows last changed: a compaction, or a commit that
            only says something new, leaves it alone.
        format: of what the commit says of itself; 0 for one that is not ours.
    """

    version: int
    note: Mapping[str, Any] = field(default_factory=dict)
    token: str = ""
    after: str = ""
    added: int = 0
    removed: int = 0
    total: int = 0
    stamp: int = 0
    format: int = 0


def last_commit(path: str) -> Commit | None:
    """The latest commit of the table at ``path``, None where there is no table.

    Its note is that of the latest commit that carries one of ours: other tools commit without.
    """
    store = open_store(path)
    latest: Commit | None = None
    for version in sorted(versions(store), reverse=True):
        found = commit_in(store, version)
        if found is None:
            continue
        latest = latest or found
        if found.note:
            return replace(latest, note=found.note)
    return latest


def commit_at(path: str, version: int) -> Commit | None:
    """The commit that made a version; None where the log has no such entry."""
    return commit_in(open_store(path), version)


def commit_in(store: Store, version: int) -> Commit | None:
    """The commit that made a version of the table at the root of ``store``, likewise."""
    try:
        info = _commit_info(store.read_bytes(_log_file(version)))
    except FileNotFoundError:
        return None
    return _commit(version, info)


def versions(store: Store) -> Iterable[int]:
    """The versions that the log of the table at the root of ``store`` has entries of."""
    for stat in store.list("_delta_log/"):
        stem, _, kind = stat.path.rpartition("/")[2].partition(".")
        if kind == "json" and stem.isdigit():
            yield int(stem)


def _log_file(version: int) -> str:
    return f"_delta_log/{version:020d}.json"


def _commit_info(log: bytes) -> Mapping[str, Any]:
    for line in log.splitlines():
        try:
            action = json.loads(line) if b'"commitInfo"' in line else {}
        except ValueError:  # cut short by another hand: no commit of ours
            return {}
        if "commitInfo" in action:
            return action["commitInfo"]
    return {}


def _commit(version: int, info: Mapping[str, Any]) -> Commit:
    try:
        told = json.loads(info.get("userMetadata") or "{}")
        added, removed, total = told.get(ROWS, (0, 0, 0))
        return Commit(
            version,
            told.get(MARK, {}),
            told.get(TOKEN, ""),
            told.get(AFTER, ""),
            added,
            removed,
            total,
            told.get(CHANGED, version),
            told.get(FORMAT, 0),
        )
    except (ValueError, TypeError, AttributeError):  # another tool's own words
        return Commit(version, stamp=version)


def noted(
    note: Mapping[str, Any], token: str, after: str, rows: tuple[int, int, int], stamp: int
) -> str:
    """What a commit says of itself. rows: added, removed, total. stamp: as of Commit."""
    told = {MARK: note, TOKEN: token, AFTER: after, ROWS: rows, CHANGED: stamp}
    told[FORMAT] = CURRENT_FORMAT
    return json.dumps(told, sort_keys=True)


def new_token() -> str:
    """A name for a commit that no other has."""
    return secrets.token_hex(8)
