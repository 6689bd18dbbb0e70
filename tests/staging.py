"""Stages landing files as a run does, and reads the staged lines back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from jobs.definition import Source, text
from jobs.files import LocalStore
from jobs.landing import Staged, Staging, list_landing, stage

SOURCE = Source(columns={"a": text(), "b": text(), "c": text()})
HEADER = b"a,b,c\n"


@dataclass(frozen=True)
class Line:
    """A staged line, read back. flag: Q its fields cannot be told apart, W too many or too few,
    N not in its composed form: then ``composed`` has the fields."""

    file_no: int
    line: int
    flag: str
    record: str
    composed: tuple[str, ...] = ()


def read_back(staging: Staging) -> list[Line]:
    """The staged lines of each layout, in the order of the files and lines they stood in."""
    lines = []
    for part in staging.parts.values():
        found = [_plain(line) for line in _staged(part.plain)]
        found += [_odd(json.loads(line)) for line in _staged(part.odd)]
        lines += sorted(found, key=lambda line: (line.file_no, line.line))
    return lines


def _staged(path: Path | None) -> list[str]:
    if path is None:
        return []
    staged = path.read_bytes().decode()
    assert staged.endswith("\n")
    return staged[:-1].split("\n")


def _plain(line: str) -> Line:
    return Line(int(line[:6]), int(line[6:16]), " ", line[17:])


def _odd(told: dict) -> Line:
    unlike = "W" if told["malformed"] else " " if told["exact"] else "N"
    flag = "Q" if told["fields"] is None else unlike
    composed = tuple(field or "" for field in told["fields"]) if flag == "N" else ()
    return Line(told["file"], told["line"], flag, told["record"], composed)


def land(folder: Path, files: dict[str, bytes], source: Source = SOURCE, **options) -> Staging:
    landing = folder / "landing"
    for name, data in files.items():
        path = landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    store = LocalStore(landing)
    return stage(source, list_landing(store)[0], store, folder / "staged", **options)


def one(folder: Path, data: bytes, source: Source = SOURCE, **options) -> tuple[Staged, list[Line]]:
    staging = land(folder, {options.pop("name", "x.csv"): data}, source, **options)
    return staging.files[0], read_back(staging)


def records(folder: Path, body: bytes, source: Source = SOURCE) -> list[tuple[int, str, str]]:
    staged, lines = one(folder, HEADER + body, source)
    assert staged.problem == ""
    assert staged.records == len(lines)
    return [(line.line, line.flag, line.record) for line in lines]
