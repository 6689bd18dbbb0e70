"""The second part of the page: how far the data can be trusted, as charts and tables."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from lake.report.draw import ROW_INCHES, SHORT_NAME, Room, name_bars
from lake.report.parts import Figure, Grid, Tile, figure
from lake.report.style import FIRST, INK, MUTED, PALE, SECOND
from lake.report.trust import WORST, Rule, SourceBooks, Trust
from lake.report.words import cut, percent, short

# A share of 0.1 % is still to be seen: the axis ends where the bars do, in percent of each.
PARTS = (("published", FIRST, ""), ("superseded", PALE, ""), ("quarantined", SECOND, "////"))
RUNS_DRAWN = 20


def figures(trust: Trust) -> dict[str, Figure]:
    """The charts that there is something to draw for, by name."""
    found = {}
    if trust.books:
        found["books"] = _books(trust.books)
    if trust.rules:
        found["rules"] = _rules(trust.rules[:WORST])
    if len(trust.runs) > 1:
        found["runs"] = _runs(trust)
    return found


def tile(trust: Trust) -> Tile | None:
    """The headline of the data's trust."""
    if not trust.books:
        return None
    landed, held_back = (
        sum(getattr(b, part) for b in trust.books) for part in ("landed", "quarantined")
    )
    value = "100 %" if trust.balanced else "NOT ALL"
    return Tile(
        "Records accounted for", value, f"{percent(held_back / max(landed, 1))} in quarantine",
        f"of {landed:,} landed", "good" if trust.balanced else "bad",
    )  # fmt: skip


def _books(books: tuple[SourceBooks, ...]) -> Figure:
    names: tuple[str, ...]
    names = ("source", "landed", "published", "quarantined", "superseded", "the sum")
    rows: list[tuple[str, ...]] = [
        (b.source, *(f"{n:,}" for n in (b.landed, b.published, b.quarantined, b.superseded)),
         b.said)
        for b in books
    ]  # fmt: skip
    columns = ("landed", "published", "quarantined", "superseded")
    totals = [sum(getattr(b, name) for b in books) for name in columns]
    right = all(b.balanced for b in books)
    rows.append(("all", *(f"{n:,}" for n in totals), "✓ is right" if right else "✗ DOES NOT HOLD"))
    held = [b.on_hold for b in books]
    if any(held):
        names = (*names, "on hold, beside it")
        rows = [(*row, f"{n:,}") for row, n in zip(rows, [*held, sum(held)], strict=True)]
    says = (f"Of {totals[0]:,} landed records, {totals[1]:,} are published, {totals[3]:,} were "
            f"superseded by a newer row, and {totals[2]:,} wait in quarantine. ")  # fmt: skip
    says += "Not one is missing." if right else "The sum does not hold: see the table."
    says += f" Beside these, {sum(held):,} records are on hold." if any(held) else ""
    return figure(
        "trust-books", "Where every record is", says,
        Grid("landed = published + quarantined + superseded", names, rows,
             frozenset({1, 2, 3, 4, 6})),
        lambda room: _draw_books(books, room), full=True,
        note="Told by each table's own latest commit, and counted again for this page.",
    )  # fmt: skip


def _draw_books(books: tuple[SourceBooks, ...], room: Room) -> Drawing:
    """A bar a source, each as wide as all that landed for it: shares, not sizes."""
    drawing = Drawing(figsize=(room.width, 0.65 + ROW_INCHES * max(2, len(books))))
    axes = drawing.add_subplot()
    left = [0.0] * len(books)
    for part, colour, hatch in PARTS:
        shares = [100 * getattr(b, part) / max(b.landed, 1) for b in books]
        axes.barh(range(len(books)), shares, left=left, height=0.6, color=colour, label=part,
                  hatch=hatch, edgecolor=INK if hatch else colour, linewidth=0)  # fmt: skip
        left = [a + b for a, b in zip(left, shares)]
    axes.set_yticks(range(len(books)), [cut(b.source, SHORT_NAME) for b in books], color=INK)
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0f} %")
    axes.grid(False)
    drawing.legend(loc="outside upper left", ncols=3, handlelength=1.2)
    return drawing


def _rules(rules: tuple[Rule, ...]) -> Figure:
    worst = rules[0]
    says = f"The most frequent is “{worst.rule}” ({worst.rows:,} rows of {worst.source})."
    rows = [(r.source, r.rule, f"{r.rows:,}", f"{r.waiting:,}" if r.waiting else "") for r in rules]
    names = ("source", "violation", "rows", "of them waiting")
    return figure(
        "trust-rules", "What is wrong with most rows", says,
        Grid("Rows in quarantine by what is wrong with them", names, rows, frozenset({2, 3})),
        lambda room: _draw_rules(rules, room), full=True,
        note="A row can have several violations.",
    )  # fmt: skip


def _draw_rules(rules: tuple[Rule, ...], room: Room) -> Drawing:
    names = [f"{r.source}: {r.rule}" for r in rules]
    drawing = Drawing(figsize=(room.width, room.rows(names)))
    axes = drawing.add_subplot()
    thick = 0.36 if room.above(names) else 0.6
    axes.barh(range(len(rules)), [r.rows for r in rules], height=thick, color=SECOND)
    _ends(axes, [r.rows for r in rules], [f"{r.rows:,}" for r in rules])
    name_bars(axes, names, room)
    return drawing


def _runs(trust: Trust) -> Figure:
    runs = trust.runs[:RUNS_DRAWN]
    last = runs[0]
    says = (f"{len(runs)} runs changed something; the latest took {last['seconds']:,.0f} s for "
            f"{last['records']:,} new records.")  # fmt: skip
    names = ("started (UTC)", "seconds", "new records", "tables written", "gold rows written")
    rows = [
        (r["started"], f"{r['seconds']:,.0f}", f"{r['records']:,}", f"{r['tables']:,}",
         f"{r['gold_rows']:,}")
        for r in trust.runs
    ]  # fmt: skip
    return figure(
        "trust-runs", "How long runs took", says,
        Grid("The latest runs that changed something", names, rows, frozenset({1, 2, 3, 4})),
        lambda room: _draw_runs(trust, room), full=True,
    )  # fmt: skip


def _draw_runs(trust: Trust, room: Room) -> Drawing:
    """A bar a run, the newest on top, with the records it took."""
    runs = trust.runs[: 8 if room.narrow else RUNS_DRAWN]
    names = [r["started"][5:] if room.narrow else r["started"] for r in runs]
    drawing = Drawing(figsize=(room.width, room.rows(names)))
    axes = drawing.add_subplot()
    axes.barh(range(len(runs)), [r["seconds"] for r in runs], height=0.6, color=FIRST)
    said = [f"{r['seconds']:,.0f} s, {short(r['records'])} records" for r in runs]
    _ends(axes, [r["seconds"] for r in runs], said)
    name_bars(axes, names, room)
    return drawing


def _ends(axes: Axes, values: list[float], said: list[str]) -> None:
    """Values right of the bars instead of an axis; room for them by their letters."""
    axes.invert_yaxis()
    for y, value in enumerate(values):
        axes.annotate(said[y], (value, y), xytext=(5, 0),
                      textcoords="offset points", va="center", color=INK, fontsize=8.5)  # fmt: skip
    axes.xaxis.set_visible(False)
    axes.grid(False)
    axes.spines["bottom"].set_visible(False)
    axes.axvline(0, color=MUTED, linewidth=0.8)
    axes.set_xlim(0, max([*values, 1]) * (1.1 + max(map(len, said)) / 30))
