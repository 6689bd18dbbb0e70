"""The documentation: its commands run, its links lead somewhere, and what it quotes is there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
import yaml

from lake import reference
from lake.__main__ import VERBS, cli
from lake.setup import PROJECT

DOCS = PROJECT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
README = PROJECT / "README.md"
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
TARGET = re.compile(r"^([a-z0-9-]+):", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A block of code in a page. language: bash ones are executed."""

    page: str
    language: str
    text: str


def blocks(page: Path) -> list[Block]:
    """The blocks of a page, in order."""
    found = FENCE.findall(page.read_text(encoding="utf-8"))
    return [Block(page.name, language, text) for _, language, text in found]


RUN = {
    page.name: [block.text for block in blocks(page) if block.language == "bash"]
    for page in (*PAGES, README)
}


# The way to a chart on AWS needs more than a folder: tests/aws/test_flow_page.py goes it.
HERE = [page for page, texts in RUN.items() if texts and page != "aws-flow.md"]


@pytest.mark.parametrize("page", HERE)
def test_the_commands_of_a_page_do_what_it_says(
    page: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    shim = tmp_path / "bin" / "lake"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lake "$@"\n')
    shim.chmod(0o755)
    where = tmp_path / "user"
    (where / ".venv" / "bin").mkdir(parents=True)
    (where / ".venv" / "bin" / "lake").symlink_to(shim)
    if page in ("report.md", "asking.md", "README.md"):
        shutil.copytree(request.getfixturevalue("retail").root, where / "lake-data")
    if page in ("from-a-folder.md", "README.md"):
        _export(where / "exports")
    environment = {name: v for name, v in os.environ.items() if not name.startswith("LAKE_")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(RUN[page])], cwd=where, timeout=540,
        capture_output=True, text=True, check=False,
        env={**environment, "PATH": f"{shim.parent}:{os.environ['PATH']}",
             "PYTHONPATH": str(PROJECT), "HOME": str(where)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    for expected in {
        "first-lake.md": ("nothing new: nothing changed", "is right", "mended.csv"),
        "your-own-data.md": ("United States", "ordered_on is not a date", "report/index.html"),
        "report.md": ("for-all/index.html",),
        "asking.md": ("month,region,category", "sales.xlsx", "added", "landing/sales/"),
        "from-a-folder.md": ("is right", "monthly"),
        "README.md": ("Electronics", "quantity is positive", "is right"),
    }[page]:
        assert expected in done.stdout, expected


def _export(folder: Path) -> None:
    """A folder of exports as people have them."""
    folder.mkdir()
    rows = [f"A{n};{n % 7 + 1},50;2024-0{n % 6 + 1}-15;K{n % 20}" for n in range(1, 200)]
    (folder / "orders.csv").write_text("\n".join(["order;amount;ordered_on;customer", *rows]))
    names = [f"K{n};Name {n};{('North', 'South')[n % 2]}" for n in range(20)]
    (folder / "customers.csv").write_text("\n".join(["customer;name;region", *names]))


COMMANDS = [
    (page.name, line.strip())
    for page in (*PAGES, README)
    for block in blocks(page)
    if block.language in ("", "bash")
    for line in block.text.splitlines()
    if re.match(r"\s*(make|lake|\.venv/bin/lake) ", line)
]
WORDS = [
    (page.name, quoted)
    for page in (*PAGES, README)
    for quoted in re.findall(r"`((?:make|lake) [^`]+)`", page.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(("page", "command"), sorted({*COMMANDS, *WORDS}))
def test_a_command_that_is_shown_is_one_that_there_is(page: str, command: str) -> None:
    command = command.partition("  #")[0]
    # A question may go on in the next line.
    said = shlex.split(command + ('"' if command.count('"') % 2 else ""), comments=False)
    if said[0] == "make":
        _check_target(said[1:])
    else:
        _check_verb([word for word in said[1:] if word != "…"])


def _check_target(words: list[str]) -> None:
    makefiles = "".join((PROJECT / name).read_text() for name in ("Makefile", "cloud.mk"))
    settings = set(re.findall(r"^\| `(\w+)` \|", (DOCS / "aws.md").read_text(), re.MULTILINE))
    for word in words:
        if "=" not in word:
            assert word in TARGET.findall(makefiles)
        assert set(re.findall(r"-c (\w+)=", word)) <= settings


def _check_verb(words: list[str]) -> None:
    """The verb is one, and so is each option, of it or of every verb."""
    words = words[2:] if words[0] == "--root" else words
    if words[0] in ("VERB", "--help"):
        return
    assert set(words[0].split("|")) - {""} <= set(VERBS)
    command = cli.get_command(click.Context(cli), words[0])
    assert command is not None
    # What follows two dashes is another program's.
    words = words[: words.index("--")] if "--" in words else words
    options = {name for param in command.params for name in param.opts} | {"--help"}
    assert {word for word in words[1:] if word.startswith("--")} <= options


def test_what_the_code_tells_stands_in_the_pages_as_it_is_now() -> None:
    for page, text in reference.pages():
        assert page.read_text(encoding="utf-8") == text, "run: python -m lake.reference"


def test_every_verb_and_every_word_of_the_language_has_its_part() -> None:
    for verb in VERBS:
        assert f"\n## lake {verb}\n" in (DOCS / "verbs.md").read_text()
    for word in ("Source", "Chart", "Mart", "Period", "Reference", "Repair"):
        assert f"\n## {word}\n" in (DOCS / "definition.md").read_text()


def test_the_site_builds_and_no_link_of_it_is_broken(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "site" / "first-lake" / "index.html").exists()


def test_every_page_is_in_the_sites_navigation() -> None:
    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("tag:yaml.org,2002:python/name:", lambda *_: None)
    nav = yaml.load((PROJECT / "mkdocs.yml").read_text(), Loader)["nav"]
    named = [page for part in nav for pages in part.values() for page in pages]
    assert sorted(named) == [page.name for page in PAGES]


def test_the_readmes_links_lead_to_what_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)", README.read_text(encoding="utf-8"))
    assert links
    for link in links:
        assert "://" in link or (PROJECT / link).exists(), link


def test_every_test_that_an_invariant_names_is_there() -> None:
    tests = "".join(path.read_text() for path in (PROJECT / "tests").rglob("test_*.py"))
    named = re.findall(r"`(test_\w+)`", (DOCS / "invariants.md").read_text())
    assert len(named) > 15
    assert [name for name in named if f"def {name}(" not in tests] == []


def test_every_message_that_is_explained_is_one_that_the_code_says() -> None:
    code = " ".join(
        re.sub(r'""".*?"""', "", path.read_text(), flags=re.DOTALL)
        for name in ("jobs", "lake")
        for path in (PROJECT / name).rglob("*.py")
    )
    # Literals go on from line to line.
    said = re.sub(r"\s+", " ", re.sub(r'"\s+f?"', "", code)).replace("`", "")
    cells = re.findall(r"^\| (`.*?) \|", (DOCS / "troubleshooting.md").read_text(), re.MULTILINE)
    messages = [message for cell in cells for message in re.findall(r"`([^`]+)`", cell)]
    assert len(messages) > 20
    assert [message for message in messages if message not in said] == []
