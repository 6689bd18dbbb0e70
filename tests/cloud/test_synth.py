"""Synthesis: the same every time, and alone with itself."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cdk_app.cdk import PROJECT, environment
from stacks.resources.boot import SHIPPED_FOLDERS

NO_CREDENTIALS = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("AWS_", "CDK_", "LAKE_AWS_"))
}
# Loaded before all else by Python and by Node: whoever opens a connection is stopped and named.
PYTHON_GUARD = """
import sys
def guard(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise RuntimeError(f"opened a connection: {event} {arguments}")
sys.addaudithook(guard)
"""
NODE_GUARD = """
const refuse = (what) => () => { console.error(`opened a connection: ${what}`); process.exit(99); };
require('net').Socket.prototype.connect = refuse('connect');
require('dns').lookup = refuse('lookup');
require('http').request = refuse('http'); require('https').request = refuse('https');
require('dgram').createSocket = refuse('dgram');
"""


def synthesise(folder: Path, project: Path = PROJECT, **more: str) -> dict[str, bytes]:
    """Synthesise in a process of its own; what was written, by name."""
    done = subprocess.run(
        [sys.executable, "-m", "cdk_app"],
        cwd=project,
        env={**environment(NO_CREDENTIALS), "CDK_OUTDIR": str(folder), **more},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {path.name: path.read_bytes() for path in folder.glob("*.json")}


def copy_of_the_project(folder: Path) -> Path:
    for name in ("cdk_app", "stacks", "jobs", "bootstrap"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "cdk.json", folder)
    for name in ("requirements.txt", "pyproject.toml"):
        if (PROJECT / name).exists():
            shutil.copy(PROJECT / name, folder)
    if (PROJECT / "lake").exists():
        shutil.copytree(
            PROJECT / "lake", folder / "lake", ignore=shutil.ignore_patterns("__pycache__")
        )
    return folder


@pytest.fixture
def guards(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "sitecustomize.py").write_text(PYTHON_GUARD)
    node = tmp_path / "guard.js"
    node.write_text(NODE_GUARD)
    return {"PYTHONPATH": str(tmp_path), "NODE_OPTIONS": f"--require={node}"}


def test_the_same_commit_gives_the_same_templates_wherever_it_lies(tmp_path: Path) -> None:
    elsewhere = copy_of_the_project(tmp_path / "elsewhere")
    first = synthesise(tmp_path / "one")
    second = synthesise(tmp_path / "two", elsewhere, TZ="Asia/Tokyo", LC_ALL="C")
    templates = {name for name in first if name.endswith((".template.json", ".assets.json"))}
    assert len(templates) == 6
    for name in templates:
        assert first[name] == second[name], name


def test_synth_needs_no_credentials_and_opens_no_connection(
    tmp_path: Path, guards: dict[str, str]
) -> None:
    assert "Box.template.json" in synthesise(tmp_path / "out", **guards)


def test_the_guards_would_notice_a_connection(guards: dict[str, str]) -> None:
    whole = {**environment(NO_CREDENTIALS), **guards}
    python = "import socket; socket.create_connection(('localhost', 9))"
    node = "require('net').connect(9, 'localhost')"
    for command in ([sys.executable, "-c", python], ["node", "-e", node]):
        done = subprocess.run(command, env=whole, capture_output=True, text=True, check=False)
        assert done.returncode != 0 and "opened a connection" in done.stderr


def test_what_python_leaves_behind_does_not_change_the_source_that_is_shipped(
    tmp_path: Path,
) -> None:
    project = copy_of_the_project(tmp_path / "project")
    before = synthesise(tmp_path / "one", project)["Box.assets.json"]
    cache = project / "jobs" / "retail" / "__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "sales.cpython-311.pyc").write_bytes(b"x")
    (project / "notes.txt").write_text("not shipped")
    assert synthesise(tmp_path / "two", project)["Box.assets.json"] == before


def test_a_changed_job_changes_the_box(tmp_path: Path) -> None:
    project = copy_of_the_project(tmp_path / "project")
    before = synthesise(tmp_path / "one", project)["Box.template.json"]
    with (project / "jobs" / "retail" / "new.py").open("w") as file:
        file.write("NEW = 1\n")
    assert synthesise(tmp_path / "two", project)["Box.template.json"] != before


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    return found


INFRASTRUCTURE = {"aws_cdk", "constructs", "cdk_nag", "stacks", "cdk_app"}


def test_runtime_code_never_imports_infrastructure_code() -> None:
    for folder in SHIPPED_FOLDERS:
        for path in (PROJECT / folder).rglob("*.py"):
            assert not imports(path) & INFRASTRUCTURE, path


def test_ending_a_lake_needs_no_cdk_in_python() -> None:
    for path in (PROJECT / "cdk_app" / "teardown").glob("*.py"):
        assert not imports(path) & {"aws_cdk", "constructs", "stacks"}, path
