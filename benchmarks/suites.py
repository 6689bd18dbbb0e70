"""What is measured: each suite gives lines of the benchmark's table."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.processes import Timed, module, timed
from lake.generate import generate, generate_day

SALES = 1_000_000
LARGE = 10 * SALES
A_DAY = 1_400
TINY = 50


@dataclass(frozen=True)
class Line:
    """One figure. value: a median of seconds, a ratio of medians, or GB; goal: "" where none."""

    what: str
    value: str
    goal: str = ""


@dataclass
class Bench:
    """Where files are made, how often each thing is timed, and what was timed so far."""

    scratch: Path
    rounds: int
    cold: dict[int, list[Timed]] = field(default_factory=dict)

    def landing(self, sales: int) -> Path:
        """A generated landing zone, made once. Its dimensions are the same whatever ``sales``."""
        folder = self.scratch / f"generated-{sales}" / "landing"
        generate(folder, sales=sales)
        return folder

    def fresh(self, name: str) -> Path:
        """An empty place for one run."""
        folder = self.scratch / name
        shutil.rmtree(folder, ignore_errors=True)
        return folder

    def ours(self, sales: int) -> Timed:
        """A cold run of all that has landed; the lake stays for the days after it."""
        root = self.fresh(f"lake-{sales}")
        # With what the generator remembers beside it, so that it can add days.
        shutil.copytree(self.landing(sales).parent, root)
        result = timed(module("lake", "run", "--root", root))
        self.cold.setdefault(sales, []).append(result)
        return result

    def lake(self, sales: int) -> Path:
        """A copy of the lake that a cold run made."""
        if sales not in self.cold:
            self.ours(sales)
        root = self.fresh("lake-copy")
        shutil.copytree(self.scratch / f"lake-{sales}", root)
        return root


def full(bench: Bench) -> Iterator[Line]:
    """A cold run of a million sales: ours, the tutorial way, DuckDB, in turn."""
    yield from _side_by_side(bench, SALES, with_tutorial=True, duckdb_goal="12")


def large(bench: Bench) -> Iterator[Line]:
    """A cold run of ten million sales: ours and DuckDB, in turn."""
    yield from _side_by_side(bench, LARGE, with_tutorial=False, duckdb_goal="4")


def _side_by_side(
    bench: Bench, sales: int, *, with_tutorial: bool, duckdb_goal: str
) -> Iterator[Line]:
    ours, tutorial, duckdb = [], [], []
    for _ in range(bench.rounds):
        ours.append(bench.ours(sales))
        landing = bench.landing(sales)
        if with_tutorial:
            tutorial.append(_tutorial(landing, bench.fresh("tutorial")))
        out = bench.fresh("duckdb")
        duckdb.append(timed(module("benchmarks.duckdb_way", landing, out)).seconds)
    size = f"{sales // SALES}M sales"
    seconds = [run.seconds for run in ours]
    yield Line(f"{size}, cold run of everything", _s(seconds))
    yield Line(f"{size}, command typed to Spark ready", _s([run.ready_seconds for run in ours]))
    yield Line(f"{size}, most memory of all processes",
               f"{max(run.memory_mb for run in ours) / 1024:.1f} GB", "4 GB")  # fmt: skip
    yield Line(f"{size}, DuckDB to Parquet", _s(duckdb))
    yield Line(f"{size}, ours / DuckDB", _ratio(seconds, duckdb), duckdb_goal)
    if with_tutorial:
        yield Line(f"{size}, the tutorial way", _s(tutorial))
        yield Line(f"{size}, ours / the tutorial way", _ratio(seconds, tutorial), "0.4")


def _tutorial(landing: Path, out: Path) -> float:
    layers = ("bronze", "silver", "gold")
    way = "benchmarks.tutorial_way"
    return sum(timed(module(way, layer, landing, out)).seconds for layer in layers)


def day(bench: Bench) -> Iterator[Line]:
    """A day of new files into a million sales: in a process of its own, and in a warm one."""
    days, warm = _days_into(bench, SALES), []
    for _ in range(bench.rounds):
        runs = _runs(bench.lake(SALES), 2, A_DAY)
        warm.append(runs[2])
    cold = [run.seconds for run in bench.cold[SALES]]
    yield Line("a day into 1M", _s(days))
    yield Line("a day into 1M / the cold run", _ratio(days, cold), "0.4")
    yield Line("a day into 1M, in a process that has done one", _s(warm))
    yield Line("the same / the cold run", _ratio(warm, cold), "0.15")


def bare(bench: Bench) -> Iterator[Line]:
    """The least that Spark and Delta take for the same marts, without books, keys, quarantine: a
    million sales, and days into them."""
    cold, days, warm = [], [], []
    for _ in range(bench.rounds):
        root = bench.fresh("bare")
        shutil.copytree(bench.landing(SALES).parent, root)
        command = module("benchmarks.bare_way", root / "landing", root / "out")
        cold.append(timed(command).seconds)
        generate_day(root / "landing", rows=A_DAY)
        days.append(timed(command).seconds)
        warm.append(_told(timed([*command, "2", str(A_DAY)]))[1])
    yield Line("the bare script, 1M sales, cold", _s(cold))
    yield Line("the bare script, a day into 1M", _s(days))
    yield Line("the bare script, a day into 1M, in a process that has done one", _s(warm))


def growth(bench: Bench) -> Iterator[Line]:
    """The same day into ten times as many sales."""
    few, many = _days_into(bench, SALES), _days_into(bench, LARGE)
    yield Line("a day into 10M", _s(many))
    yield Line("a day into 10M / the same into 1M", _ratio(many, few), "1.5")


def tiny_days(bench: Bench) -> Iterator[Line]:
    """Two hundred tiny days, one after another, in one process."""
    root = bench.fresh("tiny")
    generate(root / "landing", sales=2_000, customers=200, products=50, locations=10, years=1)
    runs = _runs(root, 200, TINY)
    early, late = runs[6:15], runs[192:201]
    yield Line("the 10th tiny day (median of 9 around it)", _s(early))
    yield Line("the 200th tiny day (median of the last 9)", _s(late))
    yield Line("the 200th / the 10th", _ratio(late, early), "1.3")


SUITES: dict[str, Callable[[Bench], Iterator[Line]]] = {
    "full": full, "day": day, "bare": bare, "tiny-days": tiny_days, "large": large,
    "growth": growth,
}  # fmt: skip


def _days_into(bench: Bench, sales: int) -> list[float]:
    found = []
    for _ in range(bench.rounds):
        root = bench.lake(sales)
        generate_day(root / "landing", rows=A_DAY)
        found.append(timed(module("lake", "run", "--root", root)).seconds)
    return found


def _runs(root: Path, days: int, rows: int) -> list[float]:
    return _told(timed(module("benchmarks.days", root, str(days), str(rows))))


def _told(ran: Timed) -> list[float]:
    """The seconds of each run that a process told in JSON lines."""
    return [json.loads(line)["seconds"] for line in ran.lines if line.startswith("{")]


def _s(seconds: list[float]) -> str:
    return f"{median(seconds):.1f} s"


def _ratio(ours: list[float], theirs: list[float]) -> str:
    return f"{median(ours) / median(theirs):.2f}"
