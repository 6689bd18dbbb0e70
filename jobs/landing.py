"""Reads each new landing file once: is it to be trusted whole, and what are its records?

Writes a staged copy (jobs/staged.py) with one record per line, from which Spark parses the
fields without knowing about quotes that span lines.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

from jobs.definition import Source
from jobs.errors import LakeError
from jobs.files import FileStat, Store, Unreadable, is_landing_file
from jobs.headers import check_header, declared_header, required_columns, sanitise
from jobs.reading import (
    ANOTHER_ENCODING,
    OLD_MAC,
    Fingerprint,
    Refused,
    TextReader,
    check_encoding,
    escaped,
)
from jobs.records import Grammar, Records
from jobs.staged import Form, staged_lines

ROOT = "./"  # a source's folder, where it is what cannot be read
CHUNK = 4 * 1024 * 1024  # bytes read at once
MAX_FILES = 999_999
CHANGED = "changed while it was read, so it is still being written; the next run tries it again"
NO_CSV = "it is not a .csv or .csv.gz file"
HIDDEN = "a name that begins with _ is left alone"
NOT_UNICODE = "its name is not UTF-8, so it is left alone: give it another name"
GONE = "was gone before it could be read; the next run takes it if it is there again"

At = TypeVar("At")
Other = TypeVar("Other")


@dataclass(frozen=True)
class LandingFile:
    """A file as listed. path: below the source's folder. size, modified: see FileStat."""

    path: str
    size: int
    modified: str


@dataclass(frozen=True)
class Staged:
    """What became of one landing file.

    checksum: SHA-256 of its bytes in hex ("" when it could not be opened). records: how many
    it holds, each one staged line; 0 when refused. header: its cells as they stand, without
    white space around them. layout: the column names made of them, one per cell. problem:
    why it is refused whole, or "". file_no: in the lines.
    """

    path: str
    size: int
    modified: str
    checksum: str
    records: int
    header: tuple[str, ...]
    layout: tuple[str, ...]
    problem: str
    file_no: int


@dataclass(frozen=True)
class Part(Generic[At]):
    """Where the staged records of one layout stand; None where there are none of a kind."""

    plain: At | None
    odd: At | None


@dataclass(frozen=True)
class Staging(Generic[At]):
    """files: every file in the bytewise order of paths. parts: the staged copies of each
    layout that has records."""

    files: tuple[Staged, ...]
    parts: Mapping[tuple[str, ...], Part[At]]

    def moved(self, move: Callable[[At], Other]) -> Staging[Other]:
        """The same with its copies elsewhere; ``move`` is called once for each."""
        moved = {
            layout: Part(*(at if at is None else move(at) for at in (part.plain, part.odd)))
            for layout, part in self.parts.items()
        }
        return Staging(self.files, moved)


def list_landing(
    store: Store, unreadable: Unreadable | None = None
) -> tuple[list[LandingFile], list[str]]:
    """The landing files below a source's folder, and the other files, which are not read.

    Names that start with a dot are left out of both. A name that is not Unicode is among the
    others, shown with escapes. unreadable: is given the folders and landing files that cannot
    be read, and why (``./`` is the source's folder itself).
    """
    files, others = [], []
    cannot: Unreadable = {}
    for found in store.list(unreadable=cannot):
        shown = _shown(found.path)
        if shown == found.path and is_landing_file(found.path):
            files.append(LandingFile(found.path, found.size, found.modified))
        elif not any(part.startswith(".") for part in found.path.split("/")):
            others.append(shown)
    if unreadable is not None:
        unreadable.update({_shown(path): why for path, why in cannot.items() if _told(path)})
    return files, others


def _shown(path: str) -> str:
    return path.encode(errors="backslashreplace").decode()


def _told(path: str) -> bool:
    """Whether what cannot be read is worth a word: a folder, or a landing file."""
    hidden = any(part[:1] in (".", "_") for part in path.split("/") if part != ".")
    return not hidden and (path.endswith("/") or is_landing_file(_shown(path)))


def is_within(path: str, unreadable: Collection[str]) -> bool:
    """Whether a path is, or lies in, what cannot be read."""
    parts = path.split("/")
    folders = {"/".join(parts[:length]) + "/" for length in range(1, len(parts))}
    return not {path, ROOT, *folders}.isdisjoint(unreadable)


def why_left_alone(shown: str) -> str:
    """Why a file that ``list_landing`` has among the others is not read."""
    if any(part.startswith("_") for part in shown.split("/")):
        return HIDDEN
    return NOT_UNICODE if is_landing_file(shown) else NO_CSV


def stage(
    source: Source,
    files: Iterable[LandingFile],
    store: Store,
    out_dir: Path,
    required: tuple[str, ...] | None = None,
    on_file: Callable[[Staged], None] | None = None,
    chunk: int = CHUNK,
) -> Staging[Path]:
    """Read every file once and write what can be trusted below ``out_dir``, a local folder.

    store: the source's folder in landing. required: the contract's columns that a file must
    have, by default ``required_columns(source)``. on_file: called after each file. chunk:
    bytes read at once; memory is a few times that, or of the longest record if greater.
    Raises DefinitionError when the contract's delimiter, quote or encoding cannot be used,
    RetryableError when the store does not answer; what is wrong with a file is its
    ``problem``.
    """
    check_encoding(source.encoding)
    stager = _Stager(source, store, out_dir, required, chunk)
    done = []
    for file_no, file in enumerate(sorted(files, key=lambda file: file.path.encode()), 1):
        if file_no > MAX_FILES:
            raise LakeError(f"more than {MAX_FILES:,} new files at once: land fewer at a time.")
        done.append(stager.stage(file, file_no))
        if on_file:
            on_file(done[-1])
    return Staging(tuple(done), stager.written())


class _Stager:
    """Stages the files of one source, one part file per layout."""

    def __init__(
        self, source: Source, store: Store, out_dir: Path, required: tuple[str, ...] | None,
        chunk: int,
    ) -> None:  # fmt: skip
        self._source, self._store, self._chunk = source, store, chunk
        self._out_dir = out_dir
        self._required = required_columns(source) if required is None else required
        self._grammar = Grammar(source.delimiter, source.quote)
        self._parts: dict[tuple[str, ...], tuple[Path, Path]] = {}
        out_dir.mkdir(parents=True, exist_ok=True)

    def written(self) -> dict[tuple[str, ...], Part[Path]]:
        """The parts that hold records."""
        parts = {
            layout: Part(*(path if path.stat().st_size else None for path in paths))
            for layout, paths in self._parts.items()
        }
        return {layout: part for layout, part in parts.items() if part != Part(None, None)}

    def stage(self, file: LandingFile, file_no: int) -> Staged:
        """Stage one file; none of its lines stay when it is refused."""
        copy = _Copy(file_no)
        try:
            with self._open(file) as raw:
                self._read(Fingerprint(raw), file, copy)
        except Refused as refused:
            copy.undo(str(refused))
        return copy.told(file)

    def _open(self, file: LandingFile) -> BinaryIO:
        try:
            return self._store.open_read(file.path)
        except FileNotFoundError as error:
            raise Refused(GONE) from error
        except OSError as error:
            raise Refused(f"cannot be opened: {error.strerror or error}") from error

    def _read(self, raw: Fingerprint, file: LandingFile, copy: _Copy) -> None:
        """Copy what can be trusted. The rest is read too, since the checksum is the whole
        file's; a file still being written is told so, whatever else seems wrong with it."""
        gzipped = file.path.lower().endswith(".gz")
        text = TextReader(raw, gzipped, self._source.encoding, self._chunk)
        try:
            self._copy(Records(text.blocks(), self._grammar), copy)
        except Refused as refused:
            copy.undo(str(refused))
        copy.checksum = raw.finish(self._chunk)
        now = self._store.stat(file.path)
        if now != FileStat(file.path, file.size, file.modified) or raw.size != file.size:
            copy.undo(CHANGED)

    def _copy(self, records: Records, copy: _Copy) -> None:
        copy.header = self._header(records)
        copy.layout = sanitise(copy.header)
        plain, odd = self._part(copy.layout)
        with open(plain, "ab") as out, open(odd, "ab") as out_odd:
            copy.starts = {plain: out.tell(), odd: out_odd.tell()}
            form = Form(self._grammar, len(copy.header), self._source.encoding)
            for run in records.runs(form.width):
                lines = staged_lines(copy.file_no, run, form)
                out.write(lines.plain)
                out_odd.write(lines.odd)
                copy.records += lines.count

    def _part(self, layout: tuple[str, ...]) -> tuple[Path, Path]:
        """The layout's files of plain and of odd records, empty at first whatever a killed run
        left there."""
        if layout not in self._parts:
            number = f"{len(self._parts):05d}"
            paths = (self._out_dir / f"plain-{number}.csv", self._out_dir / f"odd-{number}.json")
            for path in paths:
                path.write_bytes(b"")
            self._parts[layout] = paths
        return self._parts[layout]

    def _header(self, records: Records) -> tuple[str, ...]:
        line = records.first_line()
        if line is None:
            raise Refused("is empty: there is not even a header" if self._source.header
                          else "is empty")  # fmt: skip
        if "\r" in self._grammar.outside(line):
            raise Refused(OLD_MAC)
        if not self._source.header:
            return declared_header(self._source)
        header = records.header()
        said = "" if header is None else header.texts[0]
        if escaped(said) != said:
            raise Refused(
                f"is not {self._source.encoding} in its header, {escaped(said)[:200]!r}: "
                + ANOTHER_ENCODING
            )
        if header is None or header.malformed:
            raise Refused(f"has a quote in its header that is not closed: {line[:200]}")
        cells = tuple(cell.strip() for cell in self._grammar.cells(header.texts[0]))
        check_header(cells, self._source, self._required)
        return cells


@dataclass
class _Copy:
    """The staged copy of one file, as far as it has come."""

    file_no: int
    header: tuple[str, ...] = ()
    layout: tuple[str, ...] = ()
    checksum: str = ""
    problem: str = ""
    records: int = 0
    starts: dict[Path, int] = field(default_factory=dict)

    def undo(self, problem: str) -> None:
        """Take back what was written of the file, which is refused for ``problem``."""
        self.problem, self.records = problem, 0
        for part, start in self.starts.items():
            os.truncate(part, start)

    def told(self, file: LandingFile) -> Staged:
        """What became of the file."""
        return Staged(
            file.path, file.size, file.modified, self.checksum, self.records, self.header,
            self.layout, self.problem, self.file_no,
        )  # fmt: skip
