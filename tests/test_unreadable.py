"""What cannot be read in landing is named, the rest goes on, and what is in the lake is not gone.

Permissions are those of a user who is not root: the parts that need one run as nobody.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from jobs import files as module
from jobs.errors import LakeError
from jobs.files import FORBIDDEN, NO_FILE, TO_ITSELF, TO_NOTHING, LocalStore
from jobs.landing import LandingFile, is_within, list_landing
from jobs.ledger import INGESTED, FileEvent
from jobs.plan import plan
from tests.lakes import EVENTS, TinyLake, csv, notes


def land(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"what,n\na,1\n")


@pytest.fixture
def forbidden(monkeypatch):
    """Forbids to list folders and to read files, as the system does to others than root."""
    refused: set[str] = set()
    scandir, access = os.scandir, os.access

    def scan(path):
        if str(path) in refused:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", scan)
    monkeypatch.setattr(module.os, "access", lambda p, m: str(p) not in refused and access(p, m))
    return refused


def test_what_cannot_be_read_is_named_and_never_opened(tmp_path, forbidden, monkeypatch):
    land(tmp_path, "a.csv", "closed/b.csv", "open/c.csv", "no.csv", ".x/d.csv", "open/e.txt")
    os.mkfifo(tmp_path / "pipe.csv")
    os.mkfifo(tmp_path / "pipe.txt")
    monkeypatch.chdir(tmp_path)
    server = socket.socket(socket.AF_UNIX)
    server.bind("open/socket.csv")
    (tmp_path / "self.csv").symlink_to("self.csv")
    (tmp_path / "nothing.csv").symlink_to("nowhere")
    (tmp_path / "up").symlink_to(".")
    forbidden |= {str(tmp_path / name) for name in ("closed", "no.csv", ".x")}
    unreadable: dict[str, str] = {}
    found, others = list_landing(LocalStore(tmp_path), unreadable)
    server.close()
    assert [file.path for file in found] == ["a.csv", "open/c.csv"]
    assert others == ["open/e.txt"]
    assert unreadable == {
        "closed/": FORBIDDEN, "no.csv": FORBIDDEN, "pipe.csv": NO_FILE, "open/socket.csv": NO_FILE,
        "self.csv": TO_ITSELF, "nothing.csv": TO_NOTHING,
    }  # fmt: skip


def test_a_folder_that_nobody_asked_about_is_no_empty_one(tmp_path, forbidden):
    land(tmp_path, "closed/b.csv")
    forbidden.add(str(tmp_path / "closed"))
    with pytest.raises(PermissionError, match="closed"):
        list(LocalStore(tmp_path).list())
    assert list(LocalStore(tmp_path / "none").list()) == []


@pytest.mark.parametrize(
    ("path", "unreadable", "within"),
    [
        ("a/b.csv", {"a/"}, True),
        ("a/b/c.csv", {"a/"}, True),
        ("ab/c.csv", {"a/"}, False),
        ("a/b.csv", {"a/b.csv"}, True),
        ("a.csv", {"./"}, True),
        ("a.csv", set(), False),
    ],
)
def test_what_lies_in_what_cannot_be_read(path, unreadable, within):
    assert is_within(path, unreadable) is within


def test_known_files_that_cannot_be_read_are_not_gone():
    known = {
        path: FileEvent("s", path, "c", 1, "t", INGESTED, batch=1)
        for path in ("a.csv", "in/b.csv", "gone.csv")
    }
    found = plan("s", [LandingFile("a.csv", 1, "t")], known, None, unreadable={"in/"})
    assert [note.path for note in found.notes] == ["gone.csv"]


def test_a_run_names_what_it_cannot_read_and_takes_the_rest(tmp_path, spark, forbidden):
    lake = TinyLake(tmp_path, spark, events=EVENTS)
    lake.land("events/in/a.csv", csv("what,n", "a,1"))
    lake.run("bronze", "silver")
    lake.land("events/b.csv", csv("what,n", "b,2"))
    closed = lake.land("events/c.csv", csv("what,n", "c,3"))
    folder = closed.parent / "in"
    forbidden |= {str(folder), str(closed)}
    os.mkfifo(closed.parent / "pipe.csv")
    report = lake.run("bronze", "silver")
    told = {"in/": "unreadable", "c.csv": "unreadable", "pipe.csv": "unreadable"}
    assert (report.status, report.exit_status, notes(report)) == ("attention", 3, told)
    assert lake.rows("silver.events", "what") == [("a",), ("b",)]
    with pytest.raises(LakeError, match=r"in/a\.csv cannot be read, and a rebuild"):
        lake.run("bronze", "silver", rebuild=True)
    forbidden.clear()
    assert notes(lake.run("bronze", "silver")) == {"pipe.csv": "unreadable"}
    assert lake.rows("silver.events", "what") == [("a",), ("b",), ("c",)]


AS_NOBODY = """
import json, os, sys
from pathlib import Path
from jobs.files import LocalStore
from jobs.landing import list_landing
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
unreadable = {}
found, _ = list_landing(LocalStore(Path(sys.argv[1])), unreadable)
print(json.dumps([[file.path for file in found], sorted(unreadable)]))
"""


def test_the_system_s_own_refusals_are_told(tmp_path):
    land(tmp_path, "a.csv", "closed/b.csv", "no.csv", "through/c.csv")
    for path, mode in (("closed", 0), ("no.csv", 0), ("through", 0o444), ("", 0o755)):
        (tmp_path / path).chmod(mode)
    for folder in tmp_path.parents[:3]:
        folder.chmod(folder.stat().st_mode | 0o055)
    words = [sys.executable, "-c", AS_NOBODY, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == '[["a.csv"], ["closed/", "no.csv", "through/c.csv"]]\n', done.stderr
