"""The notebooks run from top to bottom on a small lake, and hold nothing that a run left."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from nbclient import NotebookClient

from lake.__main__ import cli
from lake.options import Place
from lake.setup import PROJECT
from lake.verbs.notebook import copies, variables

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(
    notebook: Path, retail: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables(retail).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    before = _files(Path(retail.root))
    opened = nbformat.read(notebook, as_version=4)
    NotebookClient(opened, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    drawn = [
        o for c in opened.cells for o in c.get("outputs", []) if "image/png" in o.get("data", {})
    ]
    assert drawn or notebook.stem == "2_bronze_to_gold"
    assert _files(Path(retail.root)) == before, "a notebook wrote into the lake"


def _files(root: Path) -> set[str]:
    return {str(path) for path in root.rglob("*") if path.is_file()}


def test_there_is_an_analysis_an_exploration_and_a_new_mart() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "1_from_marts_to_charts", "2_bronze_to_gold", "3_a_new_mart",
    ]  # fmt: skip


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_output_is_committed(notebook: Path) -> None:
    told = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in told["cells"]:
        assert not cell.get("outputs"), f"clear the outputs of {notebook.name}"
        assert cell.get("execution_count") is None
        assert cell["metadata"] == {}
    assert set(told["metadata"]) == {"kernelspec", "language_info"}


def test_the_users_own_copies_are_never_overwritten(retail: Place, tmp_path: Path) -> None:
    mine = Place(str(tmp_path), retail.zones, "")
    folder = copies(mine)
    assert [path.name for path in sorted(folder.iterdir())] == [path.name for path in NOTEBOOKS]
    (folder / NOTEBOOKS[0].name).write_text("mine")
    (folder / NOTEBOOKS[1].name).unlink()
    copies(mine)
    assert (folder / NOTEBOOKS[0].name).read_text() == "mine"
    assert (folder / NOTEBOOKS[1].name).exists()


def test_jupyter_listens_on_this_machine_alone_and_knows_the_lake(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lake", "notebook", "--root", str(tmp_path), "--no-browser",
               "--port", "8991"]  # fmt: skip
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PYTHONPATH": str(PROJECT)}, start_new_session=True,
    ) as jupyter:  # fmt: skip
        try:
            assert jupyter.stdout is not None
            urls = (re.search(r"http://(\S+?)/lab\?token=(\w+)", line) for line in jupyter.stdout)
            found = next(url for url in urls if url)
            told = _answer(f"http://{found[1]}/api/contents?token={found[2]}")
            names = [entry["name"] for entry in json.loads(told)["content"]]
        finally:
            os.killpg(jupyter.pid, 15)
            jupyter.communicate(timeout=30)
    assert found[1].partition(":")[0] in ("127.0.0.1", "localhost")
    assert set(names) == {path.name for path in NOTEBOOKS}


def _answer(address: str) -> bytes:
    """What a server answers that has just been started."""
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return answer.read()
        except urllib.error.URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def test_without_jupyter_the_verb_says_how_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    answer = CliRunner().invoke(cli, ["notebook"], prog_name="lake")
    assert answer.exit_code == 2
    assert "`make notebook` brings and opens it" in answer.output
