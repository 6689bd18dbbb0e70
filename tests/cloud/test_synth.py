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
from cdk_app.shipped import SHIPPED_FILES, SHIPPED_FOLDERS

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
    for name in ("cdk_app", "stacks", *SHIPPED_FOLDERS):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("cdk.json", *SHIPPED_FILES):
        shutil.copy(PROJECT / name, folder)
    return folder


@pytest.fixture(scope="module")
def guards(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("guards")
    (folder / "sitecustomize.py").write_text(PYTHON_GUARD)
    node = folder / "guard.js"
    node.write_text(NODE_GUARD)
    return {"PYTHONPATH": str(folder), "NODE_OPTIONS": f"--require={node}"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, guards: dict[str, str]) -> dict[str, bytes]:
    """What the project gives, in a process that may open no connection."""
    return synthesise(tmp_path_factory.mktemp("made"), **guards)


def test_synth_needs_no_credentials_and_opens_no_connection(made: dict[str, bytes]) -> None:
    assert "Box.template.json" in made


def test_make_synth_takes_no_credentials_from_its_environment() -> None:
    command = ["make", "--dry-run", "synth", "CLOUD_PYTHON=python"]
    recipe = subprocess.run(
        command, cwd=PROJECT, env=NO_CREDENTIALS, capture_output=True, text=True, check=True
    ).stdout
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_DEFAULT_PROFILE",
        "AWS_PROFILE",
        "AWS_ROLE_ARN",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    ):
        assert f"-u {name} " in recipe, name


def test_the_same_source_gives_the_same_templates_wherever_it_lies_and_whatever_lies_beside_it(
    tmp_path: Path, made: dict[str, bytes]
) -> None:
    elsewhere = copy_of_the_project(tmp_path / "elsewhere")
    cache = elsewhere / "jobs" / "retail" / "__pycache__"
    cache.mkdir()
    (cache / "sales.cpython-311.pyc").write_bytes(b"x")
    (elsewhere / "lake" / ".DS_Store").write_bytes(b"x")
    (elsewhere / "notes.txt").write_text("not shipped")
    again = synthesise(tmp_path / "again", elsewhere, TZ="Asia/Tokyo", LC_ALL="C")
    # What is deployed; the traces of its making name folders that jsii unpacks for each process.
    compared = {name for name in made if not name.endswith((".metadata.json", "tree.json"))}
    assert {"manifest.json", "Zones.template.json", "Box.assets.json"} <= compared
    for name in compared:
        assert made[name] == again[name], name


def test_the_guards_would_notice_a_connection(guards: dict[str, str]) -> None:
    whole = {**environment(NO_CREDENTIALS), **guards}
    python = "import socket; socket.create_connection(('localhost', 9))"
    node = "require('net').connect(9, 'localhost')"
    for command in ([sys.executable, "-c", python], ["node", "-e", node]):
        done = subprocess.run(command, env=whole, capture_output=True, text=True, check=False)
        assert done.returncode != 0 and "opened a connection" in done.stderr


def test_a_changed_job_changes_the_box_and_nothing_else(
    tmp_path: Path, made: dict[str, bytes]
) -> None:
    project = copy_of_the_project(tmp_path / "project")
    (project / "jobs" / "retail" / "new.py").write_text("NEW = 1\n")
    changed = synthesise(tmp_path / "out", project)
    templates = [name for name in made if name.endswith(".template.json")]
    assert [name for name in templates if changed[name] != made[name]] == ["Box.template.json"]


def test_what_is_shipped_is_there_and_holds_what_pip_and_the_box_ask_for() -> None:
    for name in (*SHIPPED_FOLDERS, *SHIPPED_FILES):
        assert (PROJECT / name).exists(), name
    assert {"bootstrap", "jobs", "lake", "notebooks", "requirements"} <= set(SHIPPED_FOLDERS)
    assert {"constraints.txt", "pyproject.toml"} <= set(SHIPPED_FILES)


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
