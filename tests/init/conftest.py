"""Folders of CSV files as people have them, and `lake init` typed on them."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jobs.load import Definition, load
from lake.__main__ import cli


class Exports:
    """A folder of CSV files, and the lake that ``lake init`` makes of it."""

    def __init__(self, root: Path) -> None:
        self.folder, self.lake = root / "exports", root / "my-lake"
        self.folder.mkdir()

    def add(self, path: str, *lines: str, encoding: str = "utf-8", end: str = "\n") -> None:
        """Writes a file of these lines; gzip by its name."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        data = "".join(line + end for line in lines).encode(encoding)
        file.write_bytes(gzip.compress(data) if path.endswith(".gz") else data)

    def init(self, *options: str) -> Result:
        """Types ``lake init``."""
        words = ("init", str(self.lake), "--from", str(self.folder), *options)
        return CliRunner().invoke(cli, words, prog_name="lake")

    def definition(self, *options: str) -> Definition:
        """The definition that ``lake init`` writes."""
        answer = self.init(*options)
        assert answer.exit_code == 0, answer.output
        return load(str(self.lake / "definition"))

    def made(self, path: str) -> str:
        """A file of the lake that ``lake init`` makes now."""
        self.definition()
        return self.text(path)

    def text(self, path: str) -> str:
        """A file of the lake, its remarks' line ends away."""
        found = (self.lake / path).read_text(encoding="utf-8")
        return " ".join(found.replace("\n        #", "").replace("\n    #", "").split())


@pytest.fixture(scope="session")
def exports_in(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Exports]:
    """Makes a folder of exports that several tests share."""
    return lambda name: Exports(tmp_path_factory.mktemp(name))


@pytest.fixture
def exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Exports:
    for name in ("ROOT", "LANDING", "BRONZE", "SILVER", "GOLD", "DEFINITION"):
        monkeypatch.delenv(f"LAKE_{name}", raising=False)
    return Exports(tmp_path)


@pytest.fixture
def column(exports: Exports) -> Callable[..., object]:
    """The contract's column for these values, in a file of their own."""

    def guessed(*values: str, name: str = "value") -> object:
        rows = (f"row{n}\t{value}" for n, value in enumerate(values))
        exports.add("things.tsv", f"thing\t{name}", *rows)
        return exports.definition().sources["things"].columns[name]

    return guessed
