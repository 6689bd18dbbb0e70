"""What a Delta table's own log says of its commits, read without a Spark job.

Every commit of ours carries a note (Delta's userMetadata, JSON): what it consumed and where the
books stand, so that a table and what is known of it change in one step.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from jobs.files import open_store

MARK, TOKEN = "medallion", "commit"


@dataclass(frozen=True)
class Commit:
    """One version of a table: our note on it, Delta's own metrics of the write, and the token
    that tells one writer's commit from another's."""

    version: int
    note: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, int] = field(default_factory=dict)
    token: str = ""

    @property
    def stamp(self) -> int:
        """Changes when the table's rows do: our own count of publishes, which a compaction
        leaves alone, or the version of a table that has none."""
        return int(self.note.get("seq", self.version))


def last_commit(path: str) -> Commit | None:
    """The latest commit of the table at ``path``, None where there is no table.

    Its note is that of the latest commit that carries one of ours: upkeep and other
    tools commit without.
    """
    store = open_store(path)
    versions = sorted(_versions(store), reverse=True)
    latest: Commit | None = None
    for version in versions:
        info = _commit_info(store.read_bytes(_log_file(version)))
        note, token = _note(info)
        if latest is None:
            latest = Commit(version, note, _metrics(info), token)
        if note:
            return replace(latest, note=note)
    return latest


def _versions(store: Any) -> Iterable[int]:
    for stat in store.list("_delta_log/"):
        stem, _, kind = stat.path.rpartition("/")[2].partition(".")
        if kind == "json" and stem.isdigit():
            yield int(stem)


def _log_file(version: int) -> str:
    return f"_delta_log/{version:020d}.json"


def _commit_info(log: bytes) -> Mapping[str, Any]:
    for line in log.splitlines():
        action = json.loads(line) if b'"commitInfo"' in line else {}
        if "commitInfo" in action:
            return action["commitInfo"]
    return {}


def _note(info: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    try:
        told = json.loads(info.get("userMetadata") or "{}")
        return told.get(MARK, {}), told.get(TOKEN, "")
    except (ValueError, AttributeError):  # another tool's own words
        return {}, ""


def _metrics(info: Mapping[str, Any]) -> Mapping[str, int]:
    given = info.get("operationMetrics", {})
    metrics = {key: int(value) for key, value in given.items() if str(value).isdigit()}
    if "numOutputRows" in metrics:
        # Replacing part of a table also copies the rows that share a file with what goes.
        metrics["numOutputRows"] -= metrics.get("numCopiedRows", 0)
    return metrics


def noted(note: Mapping[str, Any], token: str) -> str:
    return json.dumps({MARK: note, TOKEN: token}, sort_keys=True)


def new_token() -> str:
    return secrets.token_hex(8)
