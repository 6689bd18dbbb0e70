"""The CSV files in a folder: which there are, and what each one's bytes are text in."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.errors import DefinitionError
from jobs.files import LocalStore, Unreadable, is_landing_file
from jobs.printable import printable
from jobs.reading import MAGIC

CHUNK = 1 << 20
HEAD = 256 * 1024
TABBED = (".tsv", ".tsv.gz")
# Excel's own first line, which no other program takes for what it is.
SEPARATOR = re.compile(r'"?sep=[^\w\s"]?\t?"?[,;\t|]*\r?\n', re.IGNORECASE)
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Found:
    """A CSV file. path: below the folder, with ``/``. encoding: ascii where every other one
    would do. head: its first lines. bom: whether it begins with a byte order mark."""

    folder: Path
    path: str
    encoding: str
    head: tuple[str, ...]
    bom: bool

    @property
    def full(self) -> Path:
        """Where the file stands."""
        return self.folder / self.path

    @property
    def landing_name(self) -> str:
        """Its path in the landing zone, where files are ``.csv`` or ``.csv.gz``."""
        return _landing_name(self.path)


def landing_names(files: Iterable[Found]) -> list[tuple[Found, str]]:
    """Each file of a source with its path in the landing zone, where no two are one, on a disk
    that does not tell capitals apart either."""
    taken: set[str] = set()
    named = []
    for file in sorted(files, key=lambda file: file.landing_name != file.path):
        name, count = file.landing_name, 1
        while name.casefold() in taken:
            count += 1
            name = re.sub(r"(?=\.csv(?:\.gz)?$)", f"_{count}", file.landing_name, flags=re.I)
        taken.add(name.casefold())
        named.append((file, name))
    return named


def _landing_name(path: str) -> str:
    if not path.lower().endswith(TABBED):
        return path
    gz = ".gz" if path.lower().endswith(".gz") else ""
    return f"{path.removesuffix(gz)}.csv{gz}"


def find(folder: Path) -> tuple[list[Found], dict[str, str]]:
    """The CSV files below ``folder``, and {path: why it is none} of the others.

    Raises DefinitionError when there is no such folder, or no CSV file in it.
    """
    if not folder.is_dir():
        raise DefinitionError(f"--from {folder}: there is no such folder.")
    files: list[Found] = []
    cannot: Unreadable = {}
    others: dict[str, str] = {}
    for stat in LocalStore(folder).list(unreadable=cannot):
        if any(part.startswith(".") for part in stat.path.split("/")):
            continue
        shown = printable(stat.path)
        if why := _no_landing_file(stat.path):
            others[shown] = why
            continue
        try:
            files.append(_look(folder, stat.path))
        except _NotText as reason:
            others[shown] = str(reason)
    others.update((printable(path), why) for path, why in cannot.items())
    if not files:
        told = "".join(f"\n  {path} {why}" for path, why in list(others.items())[:10])
        raise DefinitionError(f"--from {folder}: there is no CSV file in it.{told}")
    return files, others


def _no_landing_file(path: str) -> str:
    """Why a run would not read a file of that name; "" where it would."""
    if not path.lower().endswith((".csv", ".csv.gz", *TABBED)):
        return "is not a .csv, .tsv or .csv.gz file"
    if any("\ud800" <= letter <= "\udfff" for letter in path):
        return "has a name that is not UTF-8: rename it"
    if not is_landing_file(_landing_name(path)):
        return "has a _ before its name or its folder's, which is passed over: rename it"
    return ""


class _NotText(Exception):
    """Why a file cannot be read as text."""


def _look(folder: Path, path: str) -> Found:
    """Reads the whole file once, since one byte at its end may decide its encoding."""
    start, utf8, plain, other = b"", codecs.getincrementaldecoder("utf-8")(), True, ""
    last = b""
    for data in _chunks(folder / path):
        start += data[: max(0, HEAD - len(start))]
        plain = plain and data.isascii()
        if not other:
            try:
                utf8.decode(data)
            except UnicodeDecodeError:
                other = "cp1252"
        last = data
    if not start.strip():
        raise _NotText("is empty")
    if start.startswith(UTF16):
        other = "utf-16"
    elif b"\0" in start or start.startswith((b"\x1f\x8b", b"PK\x03\x04", b"PAR1")):
        hint = next((hint for magic, hint in MAGIC.items() if start.startswith(magic)), "binary")
        raise _NotText(f"is not text: {hint}")
    if not other and utf8.getstate()[0]:
        raise _NotText(f"ends in the middle of a character ({last[-4:]!r}): copy it again")
    bom = start.startswith(codecs.BOM_UTF8)
    encoding = other or ("ascii" if plain else "utf-8")
    if encoding == "cp1252" and not _decodes(folder / path, "cp1252"):
        encoding = "latin-1"
    text = start.decode(encoding, errors="ignore").removeprefix("\ufeff")
    if SEPARATOR.match(text):
        raise _NotText("begins with the line sep= that Excel adds: take it away, and try again")
    lines = tuple(line for line in text.replace("\r\n", "\n").split("\n") if line.strip())
    # The last line of the head may be cut.
    return Found(folder, path, encoding, lines if len(start) < HEAD else lines[:-1], bom)


def _chunks(path: Path) -> Iterator[bytes]:
    open_bytes: Any = gzip.open if path.name.lower().endswith(".gz") else open
    with open_bytes(path, "rb") as file:
        while True:
            try:
                data = file.read(CHUNK)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise _NotText(f"is not a sound gzip file ({error})") from error
            if not data:
                return
            yield data


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for data in _chunks(path):
            decoder.decode(data)
    except UnicodeDecodeError:
        return False
    return True
