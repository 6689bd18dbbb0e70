"""Random CSV files whose every value is known, for bronze to be held against."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from jobs import bronze
from jobs.definition import Source, text
from jobs.files import LocalStore
from jobs.landing import list_landing, stage
from jobs.staged import WRONG_COUNT

DELIMITERS, WIDTHS = (",", ";", "|", "\t"), (1, 2, 5)
SPECIAL = [
    *"ab ,;|\t\"'\\#\n\r\f\v", "\r\n", '""', " ", "\x1c", "\x85", "\u2028", "\u2029", "\ufeff",
    "\ue000", "\U0010fffd", "😀", "é", "e\u0301", "\u037e", "\u0338", "\u0301",
    "\xa0", "Ω", "\u2126",
]  # fmt: skip
VALUE = st.one_of(
    st.just(""),
    st.lists(st.sampled_from(SPECIAL), max_size=6).map("".join),
    st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=5),
)
CELL = st.tuples(VALUE, st.booleans())  # a value, and whether it is quoted unasked


@dataclass(frozen=True)
class File:
    """A CSV file. rows: of (value, whether quoted), one of another width than ``width`` here and
    there."""

    delimiter: str
    width: int
    end: str
    rows: Sequence[Sequence[tuple[str, bool]]]

    def records(self) -> list[str]:
        """Each row's text, without its line's end."""
        return [self._record(row) for row in self.rows]

    def _record(self, row: Sequence[tuple[str, bool]]) -> str:
        last = len(row) - 1
        cells = []
        for at, (value, quoted) in enumerate(row):
            must = any(c in value for c in (self.delimiter, "\n")) or value.startswith('"')
            must = must or (at == last and value.endswith("\r")) or (not last and not value)
            doubled = value.replace('"', '""')
            cells.append(f'"{doubled}"' if quoted or must else value)
        return self.delimiter.join(cells)

    def text(self) -> str:
        header = self.delimiter.join(f"c{n}" for n in range(self.width))
        return self.end.join([header, *self.records(), ""])

    def expected(self) -> list[tuple]:
        """What bronze must hold of each record: fields, malformed, record."""
        found = []
        for row, record in zip(self.rows, self.records()):
            stood = [value for value, _ in row]
            values = [unicodedata.normalize("NFC", value) or None for value in stood]
            fields = (values + [None] * self.width)[: self.width]
            wrong = WRONG_COUNT if len(row) != self.width else None
            exact = wrong is None and all(v == (n or "") for v, n in zip(stood, values))
            found.append((*fields, wrong, None if exact else record))
        return found

    def as_csv_reads_it(self) -> list[list[str]] | None:
        """The values by Python's own reader; None where it ends a line at a lone return."""
        pieces = [v for row in self.rows for v, quoted in row if "\r" in v and not quoted]
        if pieces:
            return None
        reader = csv.reader(io.StringIO(self.text(), newline=""), delimiter=self.delimiter)
        return list(reader)[1:]


@st.composite
def files(draw: st.DrawFn) -> File:
    """A file of one to six records."""
    width = draw(st.sampled_from(WIDTHS))
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        count = draw(st.sampled_from([width] * 8 + [width + 1, max(1, width - 1)]))
        row = draw(st.lists(CELL, min_size=count, max_size=count))
        if count != width:  # a record of several lines is one of the right width alone
            row = [(value.replace("\n", "n"), quoted) for value, quoted in row]
        rows.append(row)
    return File(
        draw(st.sampled_from(DELIMITERS)), width, draw(st.sampled_from(["\n", "\r\n"])), rows
    )


def bronze_rows(spark: Any, folder: Path, written: Iterable[File]) -> dict[str, list[tuple]]:
    """{file: the bronze row of each of its records}, all parsed in one query."""
    sources = {}
    for number, file in enumerate(written):
        path = folder / str(DELIMITERS.index(file.delimiter)) / f"{number:05d}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.text().encode())
        sources[path.parent] = file.delimiter
    frames = []
    for at, delimiter in sources.items():
        source = Source(columns={"c0": text()}, delimiter=delimiter, name="values")
        store = LocalStore(at)
        staging = stage(source, list_landing(store)[0], store, at / "staged")
        assert not [f.problem for f in staging.files if f.problem]
        uris = staging.moved(Path.as_uri)
        frames.append(bronze.parsed(spark, source, uris, staging.files, 1, "run"))
    whole = frames[0]
    for frame in frames[1:]:
        whole = whole.unionByName(frame, allowMissingColumns=True)
    columns = [c for c in whole.columns if c.startswith("c") and c[1:].isdigit()]
    found: dict[str, list[tuple]] = {}
    ordered = sorted(whole.collect(), key=lambda row: (row["source_file"], row["source_line"]))
    for row in ordered:
        values = [row[c] for c in sorted(columns, key=lambda c: int(c[1:]))]
        found.setdefault(row["source_file"], []).append(
            (*values, row["_malformed"], row["_record"])
        )
    return found


def differences(spark: Any, folder: Path, written: Sequence[File]) -> list[str]:
    """Where bronze does not hold what stood in the files."""
    found = bronze_rows(spark, folder, written)
    told = []
    for number, file in enumerate(written):
        rows = [(*r[: file.width], *r[-2:]) for r in found.get(f"{number:05d}.csv", [])]
        if rows != file.expected():
            told.append(f"{file.text()!r}: {rows} is not {file.expected()}")
    return told
