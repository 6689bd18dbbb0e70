"""What a page is made of. Everything here is text or numbers that the template sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from matplotlib.figure import Figure as Drawing

from lake.report import style
from lake.report.draw import HALF, NARROW, WIDE, Room


@dataclass(frozen=True)
class Grid:
    """A table. right: the places of the columns that hold numbers."""

    caption: str
    names: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Tile:
    """A headline number. mood: good, bad or "", told by words as well as by colour."""

    title: str
    value: str
    change: str = ""
    detail: str = ""
    mood: str = ""


@dataclass(frozen=True)
class Figure:
    """A chart on the page and as files. slug: its file's name; says: what it shows, in words.
    wide, narrow: inline SVG."""

    slug: str
    title: str
    says: str
    note: str
    wide: str
    narrow: str
    grid: Grid
    full: bool
    png: bytes = field(repr=False)
    svg: str = field(repr=False)


@dataclass(frozen=True)
class Subject:
    """One mart's part of the page. head: the first rows of one that cannot be drawn."""

    name: str
    title: str
    grain: str
    figures: tuple[Figure, ...] = ()
    head: Grid | None = None


def figure(
    slug: str, title: str, says: str, grid: Grid, draw: Callable[[Room], Drawing],
    *, note: str = "", full: bool = False,
) -> Figure:  # fmt: skip
    """Draws a chart in every form it is needed in."""
    drawing = draw(WIDE if full else HALF)
    written = style.svg(drawing)
    return Figure(
        slug=slug, title=title, says=says, note=note, grid=grid, full=full,
        wide=style.inline(written, f"{slug}-w", title, says),
        narrow=style.inline(style.svg(draw(NARROW)), f"{slug}-n", title, says),
        png=style.png(drawing), svg=written,
    )  # fmt: skip
