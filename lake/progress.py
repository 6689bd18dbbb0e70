"""What a run shows while it works, and how long each layer took."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobs.printable import printable
from lake.display import console, interactive, number
from lake.output import echo

if TYPE_CHECKING:
    from jobs.report import Event

Listener = Callable[["Event"], None]


@dataclass
class Span:
    """From a layer's first step to the end of its last, in seconds of one clock."""

    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """Its length. Steps run side by side, so their own seconds add up to more."""
        return self.ended - self.began


@dataclass
class Clock:
    """Times the layers of a run; hands each event on to what shows it."""

    show: Listener
    spans: dict[str, Span] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, event: Event) -> None:
        """Takes an event, from any thread."""
        now = time.monotonic()
        with self._lock:
            if event.layer:
                self.spans.setdefault(event.layer, Span(now, now)).ended = now
            self.show(event)


@contextmanager
def watching(quiet: bool = False) -> Iterator[Clock]:
    """A clock whose events are shown: live on a terminal, line by line elsewhere, or not."""
    if quiet:
        yield Clock(lambda event: None)
    elif interactive():
        with _live() as show:
            yield Clock(show)
    else:
        yield Clock(lambda event: _print(event, echo))


def line(event: Event) -> str:
    """An event in words: ``silver sales_enriched: 1,000 rows in 2.1 s``; "" if not worth one."""
    name = f"{event.layer} {event.table}".strip()
    if event.state == "started":
        return ""
    if event.state == "failed":
        return f"{name}: failed after {number(event.seconds)} s: {event.detail}"
    if not event.layer:
        return f"{name}: ready in {number(event.seconds)} s"
    if event.detail == "unchanged":
        return f"{name}: unchanged"
    told = f" ({event.detail})" if event.detail not in ("", "published") else ""
    return f"{name}: {number(event.rows)} rows in {number(event.seconds)} s{told}"


def _print(event: Event, out: Callable[[str], Any]) -> None:
    said = line(event)
    if said:
        out(printable(said))


@contextmanager
def _live() -> Iterator[Listener]:
    """One spinning line for each table at work; a finished one moves up and stays."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.text import Text

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console(), transient=True) as bar:
        tasks = {}

        def show(event: Event) -> None:
            key = (event.layer, event.table)
            if event.state == "started":
                tasks[key] = bar.add_task(f"{event.layer} {event.table}".strip(), total=None)
            elif key in tasks:
                bar.remove_task(tasks.pop(key))
            colour = "red" if event.state == "failed" else ""
            _print(event, lambda said: bar.console.print(Text(said, style=colour)))

        yield show
