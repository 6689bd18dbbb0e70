"""The lake's own small JSON files: each carries a format version and is put conditionally.

A file is replaced only as it was read (``If-Match`` on S3, compare and rename under a lock on a
local disk), so that a writer that was overtaken cannot undo what the later one wrote.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jobs.errors import LakeDamaged, Overtaken
from jobs.files import open_store

FORMAT = "format"
VERSION = 1
SET_ASIDE = "set-aside"


class DamagedState(LakeDamaged):
    """One of the lake's own JSON files is gone, damaged, or not as this run left it."""

    def __init__(self, uri: str, problem: str) -> None:
        super().__init__(f"{uri} {problem}")
        self.problem = problem


class StateFile:
    """One JSON file of the lake at ``lake``; remembers the version that was last read."""

    def __init__(self, lake: str, name: str) -> None:
        self._store, self.name = open_store(lake), name
        self._version: str | None = None

    def read(self) -> dict[str, Any] | None:
        """What the file holds, without its format; None where there is no file.

        Raises DamagedState where it is not a JSON object of a format that this program knows.
        """
        found = self._store.read_versioned(self.name)
        self._version = found[1] if found else None
        return self._parsed(found[0]) if found else None

    def write(self, body: Mapping[str, Any]) -> None:
        """Puts the file, where it still is what was last read or written here.

        Raises Overtaken where it is not: nothing is overwritten that was not seen.
        """
        data = json.dumps({FORMAT: VERSION, **body}).encode()
        if self._version is None:
            self._store.put_if_absent(self.name, data)
        else:
            self._store.replace_if_unchanged(self.name, data, self._version)
        # A put whose answer was lost is refused when it is tried again: the content tells.
        found = self._store.read_versioned(self.name)
        if found is None or found[0] != data:
            raise Overtaken(
                f"{self._store.uri(self.name)} was changed by another program while this run "
                "worked, and was not written over. Run it again."
            )
        self._version = found[1]

    def set_aside(self, run_id: str) -> None:
        """Moves what there is out of the way, into a folder where a person can look at it."""
        found = self._store.read_versioned(self.name)
        if found:
            self._store.write_bytes(f"{SET_ASIDE}/{run_id}/{self.name}", found[0])
            self._store.delete(self.name)
        self._version = None

    def damaged(self, problem: str) -> DamagedState:
        """The error that says so."""
        return DamagedState(self._store.uri(self.name), problem)

    def _parsed(self, data: bytes) -> dict[str, Any]:
        if not data.strip():
            raise self.damaged("is empty")
        try:
            body = json.loads(data)
        except ValueError:
            cut = data.lstrip()[:1] == b"{" and data.rstrip()[-1:] != b"}"
            raise self.damaged("is cut off: its end is missing" if cut else "is not JSON") from None
        if not isinstance(body, dict):
            raise self.damaged("is JSON of another shape: not an object")
        # Files of the first releases carry no format; theirs is the first.
        version = body.pop(FORMAT, VERSION)
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise self.damaged(f"has the format {version!r}, which is none")
        if version > VERSION:
            raise self.damaged(
                f"was written by a newer version of this program (format {version}; this one knows "
                f"{VERSION}): use that version"
            )
        return body


class Cache(StateFile):
    """A JSON file that can be computed anew at any time: what is damaged reads as nothing."""

    def read(self) -> dict[str, Any]:
        """What the file holds; empty where it is gone or damaged."""
        try:
            return super().read() or {}
        except DamagedState:
            return {}
