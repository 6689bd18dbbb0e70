"""How things look: colour and width on a terminal, plain lines everywhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from jobs.printable import printable
from lake.output import as_json, drawn, echo, secho

__all__ = ["as_json", "console", "heading", "interactive", "number", "table"]

# Wide enough that a file or a pipe gets every cell whole.
UNBOUNDED = 10_000


def interactive() -> bool:
    """Whether a person watches: a terminal, not told to be plain (NO_COLOR, CI)."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("CI")
    return sys.stdout.isatty() and not plain


def console() -> Console:
    """The console of this moment's stdout."""
    if interactive():
        return Console(highlight=False)
    return Console(highlight=False, width=UNBOUNDED, force_terminal=False, no_color=True)


def table(
    names: Sequence[str], rows: Iterable[Sequence[Any]], *, right: set[str] | None = None,
    title: str = "",
) -> None:  # fmt: skip
    """Prints a table. right: the columns that hold numbers."""
    grid = Table(
        title=printable(title) or None, title_justify="left", title_style="bold",
        box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False,
    )  # fmt: skip
    for name in names:
        grid.add_column(Text(printable(name)), justify="right" if name in (right or ()) else "left")
    for row in rows:
        grid.add_row(*(Text(_cell(cell)) for cell in row))
    out = console()
    with out.capture() as captured:
        out.print(grid)
    # Rich pads every line to the last column's width.
    drawn("\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n")))


def _cell(value: Any) -> str:
    return printable(value) if isinstance(value, str) else number(value)


def heading(text: str) -> None:
    """Prints a line that opens a part of a page."""
    echo()
    secho(text, bold=interactive())


def number(value: Any) -> str:
    """A number as people read it: 1,234,567; 12.3; "" for nothing."""
    if value is None:
        return ""
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"
