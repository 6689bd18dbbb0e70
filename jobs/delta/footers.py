"""What the footers of Parquet files say: rows, and the least and greatest value of a column."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from jobs.files import Store

if TYPE_CHECKING:
    from pyarrow.parquet import FileMetaData

# Most footers are shorter; a longer one is read a second time.
TAIL = 64 * 1024
# Delta itself keeps no more of a text, and a cut text is no upper bound.
LONGEST_TEXT = 32
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class DataFile:
    """One Parquet file of a table.

    Attributes:
        path: below the table's folder.
        size: in bytes.
        rows: how many it holds.
        low: the least value of each column that has one, as Delta's JSON writes it.
        high: the greatest value, likewise.
        nulls: how many nulls each column has.
    """

    path: str
    size: int
    rows: int
    low: Mapping[str, Any] = field(default_factory=dict)
    high: Mapping[str, Any] = field(default_factory=dict)
    nulls: Mapping[str, int] = field(default_factory=dict)

    def may_hold(self, column: str, least: Any, greatest: Any) -> bool:
        """Whether a value of ``column`` can lie between two; True where nothing is known of it.
        For files of a table's version, whose bounds are values of the column's type."""
        low, high = self.low.get(column), self.high.get(column)
        if low is None or high is None or type(low) is not type(least):
            return True
        return bool(low <= greatest and high >= least)


def data_files(store: Store, folder: str) -> list[DataFile]:
    """The Parquet files below a folder of ``store`` that hold rows, by name."""
    found = [f for f in store.list(f"{folder}/") if f.path.endswith(".parquet")]
    with ThreadPoolExecutor(8) as pool:
        files = pool.map(lambda f: _data_file(store, f.path, f.size), found)
        return [file for file in files if file.rows]


def _data_file(store: Store, path: str, size: int) -> DataFile:
    meta = _footer(store, path)
    columns: dict[str, list[Any]] = {}
    for group in range(meta.num_row_groups):
        for at in range(meta.num_columns):
            chunk = meta.row_group(group).column(at)
            if "." not in chunk.path_in_schema:
                columns.setdefault(chunk.path_in_schema, []).append(chunk.statistics)
    whole = {name: parts for name, parts in columns.items() if all(parts)}
    nulls = {name: sum(part.null_count for part in parts) for name, parts in whole.items()}
    bounds = {name: found for name, parts in whole.items() if (found := _bounds(parts))}
    low = {name: least for name, (least, _) in bounds.items()}
    high = {name: greatest for name, (_, greatest) in bounds.items()}
    return DataFile(path, size, meta.num_rows, low, high, nulls)


def _footer(store: Store, path: str) -> FileMetaData:
    import pyarrow.parquet

    tail = store.read_tail(path, TAIL)
    length = int.from_bytes(tail[-8:-4], "little") + 8
    if length > len(tail):
        tail = store.read_tail(path, length)
    return pyarrow.parquet.read_metadata(io.BytesIO(tail[-length:]))


def _bounds(parts: Iterable[Any]) -> tuple[Any, Any] | None:
    """The least and greatest value in Delta's JSON; None for types that are not compared so."""
    told = [part for part in parts if part.has_min_max]
    if not told or told[0].physical_type not in ("INT32", "INT64", "BYTE_ARRAY"):
        return None
    if told[0].logical_type.type not in ("NONE", "STRING", "DATE", "TIMESTAMP", "INT"):
        return None
    least, greatest = min(part.min for part in told), max(part.max for part in told)
    if isinstance(least, bytes):
        return None
    if isinstance(least, str) and max(len(least), len(greatest)) > LONGEST_TEXT:
        return None
    if isinstance(least, datetime):
        return _moment(least), _moment(greatest + MILLISECOND)
    if isinstance(least, date):
        return least.isoformat(), greatest.isoformat()
    return least, greatest


def _moment(value: datetime) -> str:
    """As Delta writes it: to the millisecond, cut off."""
    return value.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
