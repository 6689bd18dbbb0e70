"""Stages landing files as a run does, and reads the staged lines back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jobs.definition import Source, text
from jobs.files import LocalStore
from jobs.landing import Staged, Staging, list_landing, stage

SOURCE = Source(columns={"a": text(), "b": text(), "c": text()})
HEADER = b"a,b,c\n"


@dataclass(frozen=True)
class Line:
    """A staged line, read back."""

    file_no: int
    line: int
    flag: str
    record: str
    composed: str = ""


def read_back(staging: Staging) -> list[Line]:
    lines = []
    for parts in staging.parts.values():
        for part in parts:
            staged = part.read_bytes().decode()
            assert staged.endswith("\n")
            lines += [_line(line) for line in staged[:-1].split("\n")]
    return lines


def _line(staged: str) -> Line:
    file_no, line, flag = int(staged[:6]), int(staged[6:16]), staged[16]
    flag = flag if flag in "QN" else " "
    payload = staged[17:].replace("\0", "\n")
    if flag == "N":
        size = int(payload[:10])
        return Line(file_no, line, flag, payload[10 + size :], payload[10 : 10 + size])
    return Line(file_no, line, flag, payload)


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
