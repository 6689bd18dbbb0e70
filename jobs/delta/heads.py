"""Which version of each table a run starts from, and whether that is what the last run left.

A run writes down the last commit of each table when it ends. The next one finds that commit, or
commits of ours that follow it one by one (a run that was killed did not live to write them down):
anything else was done by another hand, and is named before a row is published.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from jobs.commits import CURRENT_FORMAT, Commit, commit_in, versions
from jobs.errors import LakeDamaged
from jobs.files import Store, open_store
from jobs.settings import Zones
from jobs.state import StateFile

STATE = "tables.json"


@dataclass(frozen=True)
class Mark:
    """The last commit of a table, as a run wrote it down."""

    version: int
    token: str


@dataclass
class Heads:
    """The latest commit of each table that a run asks for, checked once and then followed.

    Attributes:
        zones: where the lake is.
        marks: {table, as ``silver/sales``: what the last run left}.
        file: where they are written down.
        rebuild: whether a damaged table counts as none, to be made anew.
        lost: {path of a table that is made anew: the highest version it is known to have had}.
    """

    zones: Zones
    marks: dict[str, Mark]
    file: StateFile
    rebuild: bool = False
    lost: dict[str, int] = field(default_factory=dict)
    _found: dict[str, Commit | None] = field(default_factory=dict)
    _written: dict[str, Mark] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def read(cls, zones: Zones, *, rebuild: bool = False) -> Heads:
        """As the last run left them."""
        file = StateFile(zones.lake, STATE)
        try:
            told = (file.read() or {}).get("tables", {})
            marks = {table: Mark(mark["version"], mark["token"]) for table, mark in told.items()}
        except (LakeDamaged, AttributeError, TypeError, KeyError) as error:
            if not rebuild:
                problem = "is JSON of another shape than this program writes"
                raise error if isinstance(error, LakeDamaged) else file.damaged(problem) from None
            file.set_aside("tables")
            marks = {}
        return cls(zones, marks, file, rebuild, _written=dict(marks))

    def of(self, path: str) -> Commit | None:
        """The latest commit of the table at ``path``; None where there is no table.

        Raises:
            LakeDamaged: it is not what the last run left.
        """
        with self._lock:
            if path not in self._found:
                try:
                    self._found[path] = self._checked(path)
                except LakeDamaged:
                    if not self.rebuild:
                        raise
                    self.given_up(path)
            return self._found[path]

    def given_up(self, path: str) -> None:
        """Counts a table as none from now on: what is written to it makes it anew."""
        with self._lock:
            mark = self.marks.get(self._label(path))
            known = [mark.version if mark else -1, *versions(open_store(path))]
            self.lost[path] = max(known)
            self._found[path] = None

    def moved(self, path: str, commit: Commit) -> None:
        """Follows a commit of this run."""
        with self._lock:
            self._found[path] = commit
            self.marks[self._label(path)] = Mark(commit.version, commit.token)

    def publish(self) -> None:
        """Writes down what this run leaves."""
        with self._lock:
            found = {self._label(path): commit for path, commit in self._found.items()}
            marks = {**self.marks, **{t: Mark(c.version, c.token) for t, c in found.items() if c}}
            if marks != self._written:
                tables = {table: vars(mark) for table, mark in sorted(marks.items())}
                self.file.write({"tables": tables})
                self.marks, self._written = marks, dict(marks)

    def _label(self, path: str) -> str:
        """``silver/sales``: a lake may be moved."""
        for zone in ("bronze", "silver", "gold"):
            root = f"{getattr(self.zones, zone)}/"
            if path.startswith(root):
                return f"{zone}/{path[len(root) :]}"
        return path

    def _checked(self, path: str) -> Commit | None:
        store, label = open_store(path), self._label(path)
        mark = self.marks.get(label)
        found = sorted(versions(store))
        if not found:
            if mark:
                raise _damaged(label, "is gone", mark)
            return None
        latest = found[-1]
        if found != list(range(found[0], latest + 1)) or (
            found[0] and not _checkpoint(store, found[0], latest)
        ):
            raise _damaged(label, "has a log with entries missing", mark)
        if mark and mark.version > latest:
            raise _damaged(label, f"was set back to version {latest}", mark)
        return self._followed(store, label, mark, found[0], latest)

    def _followed(
        self, store: Store, label: str, mark: Mark | None, first: int, latest: int
    ) -> Commit:
        """The latest commit, reached from what was written down by commits of ours alone."""
        token = mark.token if mark else ""
        start = mark.version if mark else first
        commit: Commit | None = None
        for version in range(start, latest + 1):
            commit = commit_in(store, version)
            if commit is None or not commit.token:
                raise _damaged(label, f"has a version {version} that no run of the lake made", mark)
            if commit.format != CURRENT_FORMAT:
                raise _damaged(label, "was made by another release of the lake", mark)
            expected = commit.token if mark and version == start else commit.after
            if expected != token:
                raise _damaged(label, f"has another version {version} than was left there", mark)
            token = commit.token
        assert commit is not None
        return commit


def _checkpoint(store: Store, first: int, latest: int) -> bool:
    """Whether the log's entries before ``first`` stand in a checkpoint that it can go on from."""
    for stat in store.list("_delta_log/"):
        name = stat.path.rpartition("/")[2]
        stem = name.partition(".")[0]
        if ".checkpoint." in name and stem.isdigit() and first - 1 <= int(stem) <= latest:
            return True
    return False


def _damaged(label: str, what: str, mark: Mark | None) -> LakeDamaged:
    was = f" (the last run left version {mark.version})" if mark else ""
    return LakeDamaged(f"{label} {what}{was}: something other than the lake changed it")
