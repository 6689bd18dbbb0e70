"""Reads and writes the lake's tables: Spark computes and writes Parquet, jobs.delta commits it.

Three ways of writing, each one commit on the version that the run read: ``append``; ``replace``,
which writes the files that hold replaced rows anew without them; and ``overwrite``.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import DataFrame

from jobs.commits import Commit, commit_at, last_commit, new_token
from jobs.delta import commit as delta
from jobs.delta.commit import Entry, Snapshot
from jobs.delta.footers import DataFile, data_files
from jobs.delta.heads import Heads
from jobs.errors import LakeDamaged, SchemaMismatch
from jobs.files import open_store
from jobs.frames import FILE_ROWS, Frames, delta_schema
from jobs.rows import Rows

# Files below this are joined by a compaction.
SMALL_FILE_ROWS = FILE_ROWS // 2
SIGN = "_sign"


@dataclass
class Storage(Frames):
    """Reads and writes tables by path.

    Attributes:
        guard: called before each commit; may refuse.
        heads: the version of each table that the run goes by; without, the latest one.
    """

    guard: Callable[[], None] = lambda: None
    heads: Heads | None = None
    _snapshots: dict[tuple[str, int], Snapshot] = field(default_factory=dict)
    _writing: dict[str, threading.Lock] = field(default_factory=dict)

    def head(self, path: str) -> Commit | None:
        """The commit that the table at ``path`` stands at in this run; None without a table.

        Raises:
            LakeDamaged: the table is not what the last run left.
        """
        return self.heads.of(path) if self.heads else last_commit(path)

    def refuse_damaged(self, path: str) -> None:
        """Raises LakeDamaged where a table, or a file of it, is not what the last run left."""
        if self.head(path):
            self._snapshot(path)

    def give_up_if_damaged(self, path: str) -> None:
        """In a rebuild: counts a table as none where it is not what the last run left."""
        try:
            self.refuse_damaged(path)
        except LakeDamaged:
            assert self.heads and self.heads.rebuild, f"{path}: only a rebuild gives a table up"
            self.heads.given_up(path)

    def read(self, path: str, version: int | None = None) -> DataFrame:
        """The table at ``path``, as of ``version`` where given."""
        snapshot = self._snapshot(path, version)
        return self._frame(snapshot, snapshot.files)

    def changes(self, path: str, since: int) -> DataFrame | None:
        """The rows of the files that came after version ``since`` (``_sign`` 1) and of those that
        went (-1): a row that was only copied from one to the other cancels itself out. None where
        that version, or a file of it, was removed as too old."""
        now = self._snapshot(path)
        try:
            were = self._snapshot(path, since).files if since >= 0 else ()
        except LakeDamaged:
            return None
        before, after = ({file.path: file for file in files} for files in (were, now.files))
        came = self._frame(now, [f for p, f in after.items() if p not in before])
        went = self._frame(now, [f for p, f in before.items() if p not in after])
        return came.selectExpr("*", f"1 AS {SIGN}").unionByName(
            went.selectExpr("*", f"-1 AS {SIGN}")
        )

    def append(
        self, frame: DataFrame, path: str, note: Mapping[str, Any], *, order: Sequence[str] = (),
        new_columns: bool = False,
    ) -> Commit:  # fmt: skip
        """Adds rows; makes the table where there is none. new_columns: lets it grow columns."""
        with self._alone(path):
            token, head = new_token(), self.head(path)
            if head is None:
                files = self._written(frame, path, token, order)
                return self._create(frame, path, note, token, files)
            before = self._fitting(frame, path, head, new_columns=new_columns)
            files = self._written(frame, path, token, order)
            return self._commit(before, files, [], note, token)

    def replace(
        self, frame: DataFrame, path: str, note: Mapping[str, Any], gone: Rows,
        *, order: Sequence[str] = (), new_columns: bool = False,
    ) -> Commit:  # fmt: skip
        """Puts rows in the place of others. The files that hold one of these are written anew."""
        with self._alone(path):
            token = new_token()
            head = self.head(path)
            assert head is not None, f"{path}: no table to replace rows of"
            before = self._fitting(frame, path, head, new_columns=new_columns)
            touched = self._touched(before, gone)
            added = self._written(frame, path, f"{token}-new", order)
            stay = gone.others(self._frame(before, touched))
            copied = self._written(stay, path, f"{token}-kept", order) if touched else []
            return self._commit(before, added, touched, note, token, copied)

    def overwrite(
        self, frame: DataFrame, path: str, note: Mapping[str, Any], *, order: Sequence[str] = ()
    ) -> Commit:
        """Replaces all rows, and the columns by those of ``frame``."""
        with self._alone(path):
            token = new_token()
            head, files = self.head(path), self._written(frame, path, token, order)
            if head is None:
                return self._create(frame, path, note, token, files)
            before = self._snapshot(path, head.version)
            entry = _entry(head, note, token, sum(f.rows for f in files), before.rows)
            schema = delta_schema(frame)
            self.guard()
            return self._moved(delta.overwrite(before, schema, files, entry), entry)

    def touch(self, path: str, note: Mapping[str, Any]) -> Commit:
        """A commit without rows, which says something new of the table, and makes every older
        handle of it stale."""
        with self._alone(path):
            head = self.head(path)
            assert head is not None, f"{path}: no table to touch"
            return self._commit(self._snapshot(path, head.version), [], [], note, new_token())

    def compact(self, path: str, order: Sequence[str] = ()) -> int:
        """Joins the small files of a table into few; gives how many went. The table's rows and
        its note stay as they are."""
        with self._alone(path):
            head = self.head(path)
            assert head is not None
            before, token = self._snapshot(path, head.version), new_token()
            small = [file for file in before.files if file.rows < SMALL_FILE_ROWS]
            if len(small) < 2:
                return 0
            whole = self._frame(before, small).coalesce(1)
            files = self._written(whole, path, token, order)
            entry = _entry(head, head.note, token)
            _refuse_other_count(path, sum(f.rows for f in files), sum(f.rows for f in small))
            self.guard()
            self._moved(delta.commit(before, files, small, entry, rearranged=True), entry)
            return len(small)

    def vacuum(self, path: str, hours: int) -> None:
        """Deletes the files that no version of the last ``hours`` hours needs."""
        head, store = self.head(path), open_store(path)
        assert head is not None
        unused = self._snapshot(path, head.version).handle.vacuum(
            hours, dry_run=True, enforce_retention_duration=False, full=True
        )
        for number, file in enumerate(unused):
            if number % 100 == 0:
                self.guard()
            store.delete(file)

    def _alone(self, path: str) -> threading.Lock:
        """The lock of a table that steps side by side may all write, as the quarantine."""
        with self._opening:
            return self._writing.setdefault(path, threading.Lock())

    def _snapshot(self, path: str, version: int | None = None) -> Snapshot:
        """One version of a table; the one that this run goes by, where none is named."""
        if version is None:
            head = self.head(path)
            assert head is not None, f"{path}: no table to read"
            version = head.version
        known = self._snapshots.get((path, version))
        if known is None:
            known = self._snapshots[path, version] = delta.open_at(path, version)
            self._refuse_missing_files(known)
        return known

    def _refuse_missing_files(self, snapshot: Snapshot) -> None:
        """Raises LakeDamaged where a file of the version is not there any more."""
        there = {found.path for found in open_store(snapshot.path).list()}
        missing = [file.path for file in snapshot.files if file.path not in there]
        if missing:
            more = f" (and {len(missing) - 1} more)" if missing[1:] else ""
            raise LakeDamaged(
                f"{snapshot.path}: {missing[0]}{more}, of version {snapshot.version}, is missing: "
                "something other than the lake removed it"
            )

    def _frame(self, snapshot: Snapshot, files: Sequence[DataFile]) -> DataFrame:
        """The rows of some files, in the columns of the table."""
        store = open_store(snapshot.path)
        return self.parquet(snapshot.schema, [store.uri(file.path) for file in files])

    def _touched(self, before: Snapshot, gone: Rows) -> list[DataFile]:
        """The files that hold a row that goes."""
        near = [file for file in before.files if gone.may_hold(file)]
        if len(near) < 2 or gone.keys is None:
            return near
        frame = self._frame(before, near).selectExpr("*", "_metadata.file_name AS _file")
        names = {row["_file"] for row in gone.of(frame).select("_file").distinct().collect()}
        return [file for file in near if file.path.rpartition("/")[2] in names]

    def _written(
        self, frame: DataFrame, path: str, folder: str, order: Sequence[str]
    ) -> list[DataFile]:
        """Writes ``frame`` into a folder of its own inside the table; the files with rows."""
        store, folder = open_store(path), f"data-{folder}"
        self.write(frame, store.uri(folder), order)
        return data_files(store, folder)

    def _create(
        self, frame: DataFrame, path: str, note: Mapping[str, Any], token: str,
        files: Sequence[DataFile],
    ) -> Commit:  # fmt: skip
        rows = sum(file.rows for file in files)
        entry = Entry(note, token, "", rows, 0, rows)
        lost = self.heads.lost.pop(path, -1) if self.heads else -1
        self.guard()
        if lost >= 0:
            self._cleared(path, {file.path for file in files})
        made = self._moved(delta.create(path, delta_schema(frame), files, entry), entry)
        # A writer that read the lost table must not find its next version free, and whoever read
        # its rows must not take these for the same.
        while made.version <= lost:
            entry = Entry(note, new_token(), made.token, rows, 0, rows, made.version + 1)
            before = self._snapshot(path, made.version)
            made = self._moved(delta.commit(before, [], [], entry), entry)
        return made

    def _cleared(self, path: str, but: set[str]) -> None:
        """Removes what is left of a table that cannot be gone on with, its log first."""
        store = open_store(path)
        store.delete_prefix("_delta_log/")
        for found in list(store.list()):
            if found.path not in but:
                store.delete(found.path)

    def _fitting(self, frame: DataFrame, path: str, head: Commit, *, new_columns: bool) -> Snapshot:
        """The table's version in this run; with every column of ``frame`` where it may grow.

        Raises:
            SchemaMismatch: a column is of another type, or new where the table may not grow.
        """
        before = self._snapshot(path, head.version)
        there, new = before.columns, []
        for column in json.loads(delta_schema(frame))["fields"]:
            was = there.get(column["name"], "none" if not new_columns else None)
            if was is None:
                new.append(column)
            elif column["type"] != was:
                raise SchemaMismatch(
                    f"{path}: column {column['name']} would be {column['type']}, but in the table "
                    f"it is {was}."
                )
        if not new:
            return before
        entry = _entry(head, head.note, new_token())
        self.guard()
        made = self._moved(delta.add_columns(before, new, entry), entry)
        return self._snapshot(path, made.version)

    def _commit(
        self, before: Snapshot, added: Sequence[DataFile], removed: Sequence[DataFile],
        note: Mapping[str, Any], token: str, copied: Sequence[DataFile] = (),
    ) -> Commit:  # fmt: skip
        """One commit. copied: new files that hold the rows that stay of those removed."""
        came, went, kept = (sum(f.rows for f in files) for files in (added, removed, copied))
        head = self.head(before.path)
        assert head is not None
        entry = _entry(head, note, token, came, went - kept)
        self.guard()
        return self._moved(delta.commit(before, [*added, *copied], removed, entry), entry)

    def _moved(self, made: Snapshot, entry: Entry) -> Commit:
        """Goes on from the version that was just committed."""
        self.guard()
        commit = commit_at(made.path, made.version)
        assert commit is not None and commit.token == entry.token
        if self.heads:
            self.heads.moved(made.path, commit)
        self._snapshots[made.path, made.version] = made
        return commit


def _entry(
    head: Commit, note: Mapping[str, Any], token: str, added: int = 0, removed: int = 0
) -> Entry:
    """What a commit after ``head`` says of itself."""
    stamp = head.version + 1 if added or removed else head.stamp
    total = head.total + added - removed
    return Entry(note, token, head.token, added, removed, total, stamp)


def _refuse_other_count(path: str, found: int, expected: int) -> None:
    if found != expected:
        raise LakeDamaged(f"{path}: {expected} rows were to be copied, and {found} were")
