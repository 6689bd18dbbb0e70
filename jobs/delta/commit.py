"""Commits to Delta tables: on the very version that was read, or not at all.

An engine writes Parquet files into a folder of their own inside the table; here they become the
table's next version. Whoever was suspended and overtaken holds the handle of an older version,
and the commit fails, whatever the lease said when it was last looked at. delta-rs puts the log
entry only where there is none, on disks and on S3 alike; Spark's own writer repeats an append
behind another's commit, and on S3A puts its entry without a condition.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jobs.commits import commit_at, noted
from jobs.delta.footers import DataFile
from jobs.errors import LakeDamaged, Overtaken, RetryableError
from jobs.files import open_store

if TYPE_CHECKING:
    from deltalake import CommitProperties, DeltaTable
    from deltalake.transaction import AddAction, RemoveAction

# Reader and writer version of every table: what each Delta reader opens.
PROTOCOL = (1, 2)


@dataclass(frozen=True)
class Entry:
    """What a commit says of itself: the note, its own token and that of the commit before it."""

    note: Mapping[str, Any]
    token: str
    after: str = ""
    added: int = 0
    removed: int = 0
    total: int = 0
    stamp: int = 0

    @property
    def text(self) -> str:
        """As it stands in the log."""
        rows = (self.added, self.removed, self.total)
        return noted(self.note, self.token, self.after, rows, self.stamp)


@dataclass(frozen=True)
class Snapshot:
    """One version of a table, as it was read; what is committed on it comes right after it."""

    path: str
    version: int
    handle: DeltaTable

    @cached_property
    def schema(self) -> str:
        """The table's columns, in the JSON that Spark and Delta share."""
        return self.handle.schema().to_json()

    @property
    def columns(self) -> dict[str, Any]:
        """{column: its type in Delta's JSON}."""
        return {column["name"]: column["type"] for column in json.loads(self.schema)["fields"]}

    @cached_property
    def files(self) -> tuple[DataFile, ...]:
        """The Parquet files that hold its rows."""
        import pyarrow as pa

        rows = pa.table(self.handle.get_add_actions(flatten=False)).to_pylist()
        return tuple(
            DataFile(
                row["path"],
                row["size_bytes"],
                row["num_records"],
                row.get("min") or {},
                row.get("max") or {},
                row.get("null_count") or {},
            )
            for row in rows
        )

    @property
    def rows(self) -> int:
        """How many rows it holds."""
        return sum(file.rows for file in self.files)


def open_at(path: str, version: int) -> Snapshot:
    """The table at ``path`` as of ``version``.

    Raises:
        LakeDamaged: its log cannot be read, or it has features that the lake does not use.
    """
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    try:
        handle = DeltaTable(_uri(path), version=version, storage_options=_options(path))
        protocol = handle.protocol()
    except (DeltaError, OSError) as error:
        raise LakeDamaged(f"{path}: version {version} cannot be read: {_first(error)}") from error
    if (protocol.min_reader_version, protocol.min_writer_version) != PROTOCOL:
        raise LakeDamaged(
            f"{path} asks for Delta's reader version {protocol.min_reader_version} and writer "
            f"version {protocol.min_writer_version}, which the lake does not use: an older release "
            "or another tool made it so"
        )
    return Snapshot(path, version, handle)


def create(path: str, schema: str, added: Sequence[DataFile], entry: Entry) -> Snapshot:
    """Version 0 of a new table. Raises Overtaken where another writer was there first."""
    from deltalake.transaction import create_table_with_add_actions

    def put() -> None:
        create_table_with_add_actions(
            _uri(path), _schema(schema), _adds(added), mode="error",
            storage_options=_options(path), commit_properties=_properties(entry),
        )  # fmt: skip

    return _put(put, path, 0, entry)


def commit(
    before: Snapshot, added: Sequence[DataFile], removed: Sequence[DataFile], entry: Entry,
    *, rearranged: bool = False,
) -> Snapshot:  # fmt: skip
    """The version after ``before``: files come and go in one step.

    Args:
        before: the version that was read.
        added: new files.
        removed: files of ``before`` whose rows go, or stand in the new files.
        entry: what the commit says of itself.
        rearranged: whether the same rows only stand in other files.

    Raises:
        Overtaken: another version follows ``before`` already.
    """
    actions = [*_adds(added, not rearranged), *_removes(removed, not rearranged)]
    return _written(before, actions, "append", before.schema, entry)


def overwrite(before: Snapshot, schema: str, added: Sequence[DataFile], entry: Entry) -> Snapshot:
    """The version after ``before`` that holds the new files alone, with columns of its own."""
    return _written(before, _adds(added), "overwrite", schema, entry)


def add_columns(before: Snapshot, columns: Iterable[Mapping[str, Any]], entry: Entry) -> Snapshot:
    """The version after ``before`` with more columns (in Delta's JSON), and the same rows."""
    from deltalake import Field

    fields = [Field.from_json(json.dumps(column)) for column in columns]
    handle = _fresh(before)

    def put() -> None:
        handle.alter.add_columns(fields, commit_properties=_properties(entry))

    return _put(put, before.path, before.version + 1, entry)


def _written(
    before: Snapshot, actions: list[AddAction | RemoveAction], mode: str, schema: str, entry: Entry
) -> Snapshot:
    handle = _fresh(before)

    def put() -> None:
        handle.create_write_transaction(
            actions, mode, _schema(schema), commit_properties=_properties(entry)
        )

    return _put(put, before.path, before.version + 1, entry)


def _put(put: Any, path: str, version: int, entry: Entry) -> Snapshot:
    from deltalake.exceptions import DeltaError

    try:
        put()
    except (DeltaError, OSError) as error:
        there = commit_at(path, version)
        # An answer that was lost is tried again, and then refused because of itself.
        if there is None:
            raise RetryableError(
                f"{path}: version {version} could not be committed: {_first(error)}."
            ) from error
        if there.token != entry.token:
            raise Overtaken(
                f"{path}: another writer committed version {version} since this run read version "
                f"{version - 1}; nothing of this run was added to it. Run it again."
            ) from error
    return open_at(path, version)


def _fresh(before: Snapshot) -> DeltaTable:
    """The handle; on S3 opened anew at its version, since credentials may have run out."""
    if before.path.startswith("s3"):
        return open_at(before.path, before.version).handle
    return before.handle


def _properties(entry: Entry) -> CommitProperties:
    from deltalake import CommitProperties

    return CommitProperties(custom_metadata={"userMetadata": entry.text}, max_commit_retries=0)


def _schema(schema: str) -> Any:
    from deltalake import Schema

    return Schema.from_json(schema)


def _adds(files: Iterable[DataFile], change: bool = True) -> list[Any]:
    from deltalake.transaction import AddAction

    now = _now()
    return [AddAction(f.path, f.size, {}, now, change, _stats(f)) for f in files]


def _removes(files: Iterable[DataFile], change: bool) -> list[Any]:
    from deltalake.transaction import RemoveAction

    now = _now()
    return [RemoveAction(f.path, change, now, f.size, {}) for f in files]


def _stats(file: DataFile) -> str:
    return json.dumps(
        {
            "numRecords": file.rows,
            "minValues": dict(file.low),
            "maxValues": dict(file.high),
            "nullCount": dict(file.nulls),
        }
    )


def _now() -> int:
    return int(time.time() * 1000)


def _uri(path: str) -> str:
    """As delta-rs names it: it knows ``s3://``, Hadoop ``s3a://``."""
    return path.replace("s3a://", "s3://", 1) if path.startswith("s3a") else open_store(path).uri()


def _options(path: str) -> dict[str, str]:
    if not path.startswith("s3"):
        return {}
    from jobs.s3 import object_store_options

    return object_store_options()


def _first(error: BaseException) -> str:
    return str(error).split("\n")[0].rstrip(".")
