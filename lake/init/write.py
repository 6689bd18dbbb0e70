"""Writes the lake's folder: its definition, its landing zone, a README and a test."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from jobs.errors import DefinitionError
from jobs.load import load
from lake.init.escaped import quoted_text, remark
from lake.init.found import landing_names
from lake.init.guess import DIRT
from lake.init.marts import MartPlan
from lake.init.plan import Plan
from lake.init.text import mart_text, source_text

IGNORED = "# What runs make, and what they make it from.\nbronze/\nsilver/\ngold/\nlanding/\n"


def write(plan: Plan, marts: Sequence[MartPlan], folder: Path, *, link: bool) -> None:
    """Writes all of it below ``folder``, which may not hold anything yet; or nothing at all.

    link: the landing zone names the files where they are instead of holding copies.
    Raises DefinitionError when there is something in the folder.
    """
    refuse_taken(folder)
    folder = folder.resolve()
    # Beside the folder or in it, so that what is whole is renamed and not copied.
    near = next(place for place in (folder, *folder.parents) if place.is_dir())
    with tempfile.TemporaryDirectory(prefix=".lake-init-", dir=near) as scratch:
        made = Path(scratch) / folder.name
        _write(plan, marts, made, link)
        folder.parent.mkdir(parents=True, exist_ok=True)
        if not folder.exists():
            made.rename(folder)
            return
        # An empty folder may be where someone stands: it stays the one it is.
        for part in made.iterdir():
            part.rename(folder / part.name)


def _write(plan: Plan, marts: Sequence[MartPlan], folder: Path, link: bool) -> None:
    for source in plan.sources:
        _text(folder / "definition" / "sources" / f"{source.name}.py", source_text(source))
    for mart in marts:
        _text(folder / "definition" / "marts" / f"{mart.name}.py", mart_text(mart))
    # What is written is held to what every definition is.
    load(str(folder / "definition"))
    _text(folder / "README.md", readme(plan, marts, folder))
    _text(folder / "tests" / "test_lake.py", test_text(plan, marts))
    _text(folder / ".gitignore", IGNORED)
    for source in plan.sources:
        for file, name in landing_names(source.landed):
            _land(file.full, folder / "landing" / source.name / name, link)


def refuse_taken(folder: Path) -> None:
    """Raises DefinitionError when the folder holds something already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DefinitionError(f"{folder} is there already: name a new folder.")


def _text(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _land(file: Path, target: Path, link: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if link:
        os.symlink(file.resolve(), target)
    else:
        shutil.copy2(file, target)


def decisions(plan: Plan) -> list[str]:
    """What a person should settle, each with the file to settle it in."""
    return [
        f"definition/sources/{source.name}.py: {decision}"
        for source in plan.sources
        for decision in source.decisions()
    ]


def readme(plan: Plan, marts: Sequence[MartPlan], folder: Path) -> str:
    """What is in the folder, what to type, and what to decide."""
    rows = "\n".join(
        f"| {s.name} | {len(s.landed):,} | {s.table.records:,} "
        f"| {', '.join(s.key.columns) or '-'} | {', '.join(s.refers_to) or '-'} |"
        for s in plan.sources
    )
    told = (
        "\n".join(f"- {remark(decision)}" for decision in decisions(plan))
        or "- Nothing was in doubt."
    )
    left = "".join(f"- `{remark(path)}` {remark(why)}\n" for path, why in plan.left_out.items())
    left = f"\n## Files that are not in this lake\n{left}" if left else ""
    made = "\n".join(f"- `gold.{mart.name}`: {remark(mart.grain)}" for mart in marts)
    first = marts[0].name if marts else "<mart>"
    return f"""# {remark(folder.name)}

CSV files in, trusted tables out. `definition/` says what the files are: one file a source, one
a mart, written from what stood in the files; every guess has its evidence beside it.

```
lake check       # is the definition whole? (no Spark, under a second)
lake run         # landing -> bronze, silver, gold
lake query "SELECT * FROM gold.{first} LIMIT 20"
lake quarantine  # the rejected rows
pytest tests     # do the tables add up?
```
Run them in this folder. New files of a source go below `landing/<source>/`; then `lake run` again.

| source | files | records | key | refers to |
|---|---|---|---|---|
{rows}

{made}

## What to decide
{told}

A value that does not fit its column's type puts its row into quarantine, where nothing is lost. A
column kept a type when at most {DIRT:.0%} of its values do not fit it.
{left}"""


def test_text(plan: Plan, marts: Sequence[MartPlan]) -> str:
    """A test that a person can go on from."""
    sums = "".join(
        f"    (\n        {quoted_text(f'SELECT sum(lines) FROM gold.{mart.name}')},\n"
        f"        {quoted_text(f'SELECT count(*) FROM silver.{mart.source}')},\n    ),\n"
        for mart in marts
    )
    return f'''"""Holds the lake in the folder above to what it promises; `lake run` comes first."""

from pathlib import Path

import pytest
from jobs.load import load
from lake.native import Native
from lake.options import place

ROOT = Path(__file__).resolve().parents[1]
ADD_UP = [
{sums}]


def test_the_definition_holds_together():
    assert len(load(str(ROOT / "definition")).sources) == {len(plan.sources)}


@pytest.mark.parametrize(("mart", "silver"), ADD_UP)
def test_no_line_is_lost_on_the_way_to_a_mart(mart, silver):
    native = Native(place({{"root": str(ROOT)}}))
    (one,), (other,) = (native.rows(sql) for sql in (mart, silver))
    assert list(one.values()) == list(other.values())
'''
