"""The command as a whole: its help, where it looks for the lake, and how fast it answers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from lake.__main__ import VERBS, cli
from lake.options import place


def typed(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a user gets who types ``lake ...`` in a shell."""
    return subprocess.run(
        [sys.executable, "-m", "lake", *words], capture_output=True, text=True,
        env={**os.environ, **environment}, check=False,
    )  # fmt: skip


def modules_after(*words: str, root: Path) -> set[str]:
    """The modules that are loaded when a command has ended."""
    code = (
        "import sys\nfrom lake.__main__ import cli\n"
        f"cli({list(words)!r}, standalone_mode=False)\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "LAKE_ROOT": str(root), "LAKE_DEFINITION": str(root / "definition")},
    )  # fmt: skip
    return set(done.stderr.split())


def test_every_verb_has_a_help_text_with_an_example() -> None:
    overview = CliRunner().invoke(cli, ["--help"], prog_name="lake").stdout
    for verb in VERBS:
        assert f"\n  {verb}" in overview
        text = CliRunner().invoke(cli, [verb, "--help"], prog_name="lake").stdout
        assert f"Example:\n    lake {verb}" in text


def test_help_and_answers_without_a_jvm_load_nothing_heavy(built_lake: Path) -> None:
    assert not {"pyspark", "duckdb", "rich", "boto3"} & modules_after(
        "run", "--help", root=built_lake
    )
    asked = modules_after("query", "SELECT 1", "--format", "csv", root=built_lake)
    assert "duckdb" in asked
    assert not {"pyspark", "rich", "boto3", "pandas"} & asked
    assert "pyspark" not in modules_after("status", root=built_lake)


def test_an_unknown_verb_brings_the_names_of_the_known_ones() -> None:
    done = typed("refresh")
    assert done.returncode == 2
    assert "there are init, check, generate, land, run" in done.stderr


def test_the_lake_is_named_before_the_verb_or_after_it_or_by_the_environment(
    built_lake: Path,
) -> None:
    sql, root = "SELECT count(*) AS n FROM gold.monthly", str(built_lake)
    definition = str(built_lake / "definition")
    asked = ("query", sql, "--format", "csv")
    for done in (
        typed("--root", root, "--definition", definition, *asked),
        typed(*asked, "--root", root, "--definition", definition),
        typed(*asked, LAKE_ROOT=root, LAKE_DEFINITION=definition),
        typed("--root", root, *asked, LAKE_ROOT="/nowhere", LAKE_DEFINITION=definition),
    ):
        assert (done.returncode, done.stdout) == (0, "n\n3\n"), done.stderr


def test_a_reader_that_has_seen_enough_is_no_error(built_lake: Path) -> None:
    command = (
        f'{sys.executable} -m lake --root {built_lake} query "FROM range(200000)" --format csv'
    )
    done = subprocess.run(
        ["bash", "-c", f"{command} | head -2"], capture_output=True, text=True, check=False
    )
    assert done.stdout == "range\n0\n"
    assert done.stderr == ""


@pytest.mark.parametrize("root", ["lake-data", "~/lake", "/data/lake"])
def test_a_local_root_becomes_absolute(root: str) -> None:
    zones = place({"root": root}).zones
    assert zones.landing == f"{Path(root).expanduser().absolute()}/landing"


def test_zones_can_be_named_one_by_one() -> None:
    four = {zone: f"s3a://{zone}-1" for zone in ("landing", "bronze", "silver", "gold")}
    found = place(four)
    assert found.zones.silver == "s3a://silver-1"
    assert found.on_s3
    assert found.command("run") == "lake run " + " ".join(
        f"--{zone} {uri}" for zone, uri in four.items()
    )


def test_the_default_lake_needs_no_option_in_what_to_type_next() -> None:
    assert place({}).command("run") == "lake run"
    assert place({"root": "x"}).command("run") == "lake run --root x"


def test_what_to_type_next_is_typed_as_it_was_typed_now(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", [str(tmp_path / ".venv/bin/lake")])
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(tmp_path)
    assert place({}).command("run") == ".venv/bin/lake run"
