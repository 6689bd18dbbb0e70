"""The charts, in Matplotlib and Seaborn. Each takes a frame and gives a figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from jobs.definition import Chart
from lake.report.calendar import Calendar
from lake.report.frames import Compared
from lake.report.style import FIRST, INK, MUTED, ON_CELLS, PALE, PAPER, SECOND
from lake.report.words import LONGEST_NAME, change, cut, percent, short, tick

YEARS_SHOWN = 2
ROW_INCHES, TALL_ROW_INCHES = 0.3, 0.44
HALF_INCHES, LETTER_INCHES, LEAST_BARS_INCHES = 4.9, 0.072, 0.5
# From here on a name takes a line of its own on a telephone.
SHORT_NAME, LONGEST_LINE = 14, 46


@dataclass(frozen=True)
class Room:
    """How wide a chart may be, in inches. narrow: for a telephone."""

    width: float
    narrow: bool = False

    @property
    def letters(self) -> int:
        """How long a name left of a bar may be."""
        return LONGEST_NAME * 2 if self.width > HALF_INCHES else LONGEST_NAME

    def above(self, names: Sequence[str]) -> bool:
        """Whether names stand above their bars: there is no room for them on the left."""
        return self.narrow and max(map(len, names), default=0) > SHORT_NAME

    def rows(self, names: Sequence[str]) -> float:
        """The height of a chart of so many bars, in inches."""
        each = TALL_ROW_INCHES if self.above(names) else ROW_INCHES
        return 0.3 + each * max(2, len(names))


WIDE, HALF, NARROW = Room(9.6), Room(HALF_INCHES), Room(3.3, narrow=True)


def trend(frame: pd.DataFrame, chart: Chart, calendar: Calendar, room: Room) -> Figure:
    """A line of the latest two years over the same line a year before."""
    shown = frame.iloc[-(YEARS_SHOWN * calendar.year + (calendar.unfinished is not None)) :]
    if room.narrow:
        shown = shown.iloc[-(calendar.year + 1) :]
    figure = Figure(figsize=(room.width, 2.5 if room.narrow else 3.0))
    axes = figure.add_subplot()
    x = pd.Series(range(len(shown)), index=shown.index)
    over = len(shown) - (calendar.unfinished is not None)
    whole = int(shown.index[0] == calendar.begun)
    sns.lineplot(x=x[whole:over], y=shown["value"][whole:over], ax=axes, color=FIRST, linewidth=2.2,
                 marker="o", markersize=4, markeredgewidth=0, label=chart.title, zorder=3,
                 legend=False, errorbar=None)  # fmt: skip
    sns.lineplot(x=x, y=shown["before"], ax=axes, color=SECOND, linestyle=(0, (4, 2)),
                 linewidth=1.5, label=f"the same {calendar.noun} a year before",
                 legend=False, errorbar=None)  # fmt: skip
    if whole:
        _dotted(axes, x[1::-1], shown, f"{calendar.noun} that the data begin in")
    if calendar.unfinished is not None:
        _dotted(axes, x[-2:], shown, f"{calendar.noun} not over yet")
    _periods(axes, shown.index, room)
    _amounts(axes, chart.unit)
    axes.set_ylim(bottom=min(0, shown.min().min()), top=shown.max().max() * 1.06 or 1)
    figure.legend(loc="outside upper left", ncols=1 if room.narrow else 3, handlelength=2.2)
    return figure


def _dotted(axes: Axes, x: pd.Series, shown: pd.DataFrame, label: str) -> None:
    """From a whole period to one that is not: a dotted line to an open mark."""
    axes.plot(x, shown["value"][x.index], color=FIRST, linewidth=1.2, linestyle=":", marker="o",
              markersize=5, markerfacecolor=PAPER, markevery=[1], label=label)  # fmt: skip


def bars(compared: Compared, chart: Chart, room: Room) -> Figure:
    """A bar for each name, with a mark where it was before; two side by side for two values."""
    rows = compared.rows
    columns = ["value", "value_2"][: len(chart.values)]
    names = list(rows["name"])
    figure = Figure(figsize=(room.width, room.rows(names) + 0.2 * (len(columns) > 1)))
    for place, column in enumerate(columns):
        axes = figure.add_subplot(1, len(columns), place + 1)
        sns.barplot(x=rows[column], y=rows.index.astype(str), ax=axes, orient="h", saturation=1,
                    width=0.36 if room.above(names) else 0.62,
                    color=FIRST if place == 0 else SECOND)  # fmt: skip
        name_bars(axes, names if place == 0 else [""] * len(names), room)
        if place == 0 and compared.before is not None:
            for colour, width in ((PAPER, 4.5), (INK, 2)):
                axes.scatter(rows["before"], range(len(rows)), marker="|", s=120, zorder=3,
                             linewidths=width, color=colour)  # fmt: skip
        moved = compared.before is not None and place == 0
        _at_the_end(axes, rows, column, chart, moved, _left(names, room) / len(columns))
        axes.set_title(_label(chart, place) if len(columns) > 1 else "", loc="left", fontsize=9,
                       color=MUTED)  # fmt: skip
        axes.margins(y=0.01)
    return figure


def _at_the_end(
    axes: Axes, rows: pd.DataFrame, column: str, chart: Chart, moved: bool, width: float
) -> None:
    """Each bar's value, and how it changed, right of the bar and of the mark. width: of the
    axes, in inches."""
    unit = chart.unit if chart.values[0 if column == "value" else 1] else ""
    ends = rows[[column, "before"]].max(axis=1) if moved else rows[column]
    texts = []
    for y, (value, before, end) in enumerate(zip(rows[column], rows["before"], ends)):
        share = percent(change(value, before), sign=True) if moved else ""
        texts.append(f"{short(value, unit)}  {share}".rstrip())
        axes.annotate(texts[-1], (max(end, 0), y), xytext=(6, 0), textcoords="offset points",
                      va="center", color=INK, fontsize=8.5, annotation_clip=False)  # fmt: skip
    _bare(axes)
    low, high = min(0.0, float(rows[column].min())), max(float(ends.max()), 0.0) or 1.0
    axes.set_xlim(low, high + (high - low) * _spare(texts, width))


def _spare(texts: Sequence[str], width: float) -> float:
    """How much of the bars' range must stay free on their right for the longest text."""
    needed = _inches(texts)
    return needed / max(width - needed, LEAST_BARS_INCHES)


def _left(names: Sequence[str], room: Room) -> float:
    """What names leave of a chart's width, in inches."""
    if room.above(names):
        return room.width
    return room.width - min(max(map(len, names), default=0), room.letters) * LETTER_INCHES


def movers(compared: Compared, chart: Chart, room: Room) -> Figure:
    """Bars to the right for what grew, to the left for what faded."""
    rows = compared.rows
    names = list(rows["name"])
    figure = Figure(figsize=(room.width, room.rows(names)))
    axes = figure.add_subplot()
    colours = [FIRST if value > 0 else SECOND for value in rows["change"]]
    axes.barh(range(len(rows)), rows["change"], color=colours,
              height=0.36 if room.above(names) else 0.62)  # fmt: skip
    axes.invert_yaxis()
    texts = [_moved(row, chart.unit) for row in rows.to_dict("records")]
    for y, (value, text, name) in enumerate(zip(rows["change"], texts, names)):
        _beside(axes, text, value, y, right=value > 0)
        if not room.above(names):
            # On the side where its bar is not.
            _beside(axes, cut(name), 0, y, right=value < 0)
    if room.above(names):
        name_bars(axes, names, room)
    else:
        axes.set_yticks([])
        axes.axvline(0, color=MUTED, linewidth=0.8)
    _bare(axes)
    beside = [] if room.above(names) else [cut(name) for name in names]
    axes.set_xlim(*_halves(rows["change"], texts, beside, room.width))
    axes.margins(y=0.01)
    return figure


def _moved(row: dict, unit: str) -> str:
    """By how much something rose or faded, in its unit and in percent."""
    share = percent(row["change"] / row["before"], sign=True) if row["before"] > 0 else "new"
    return f"{'+' if row['change'] > 0 else ''}{short(row['change'], unit)}  {share}"


def _beside(axes: Axes, text: str, x: float, y: int, *, right: bool) -> None:
    axes.annotate(text, (x, y), xytext=(5 if right else -5, 0), textcoords="offset points",
                  va="center", ha="left" if right else "right", color=INK, fontsize=8.5,
                  annotation_clip=False)  # fmt: skip


def _halves(
    changes: pd.Series, texts: Sequence[str], names: Sequence[str], width: float
) -> tuple[float, float]:
    """Where the axis of movers begins and ends, so that bars with their texts, and the names
    opposite them, have room; the bars as long as that leaves them. width: in inches."""
    text, name = (_inches(words) for words in (texts, names))
    low, high = max(-changes.min(), 0.0), max(changes.max(), 0.0)
    bars = width
    while True:
        scale = (low + high) / bars
        left = max(low / scale + text if low else 0, name if high else 0)
        right = max(high / scale + text if high else 0, name if low else 0)
        if left + right <= width or bars < LEAST_BARS_INCHES:
            return -left * scale, right * scale
        bars *= 0.97


def _inches(texts: Sequence[str]) -> float:
    """The room for the longest text, in inches."""
    return (max(map(len, texts), default=-2) + 2) * LETTER_INCHES


def heat(matrix: pd.DataFrame, chart: Chart, room: Room, *, moved: bool) -> Figure:
    """A field of numbers, coloured by how far each is from no change (or from nothing)."""
    figure = Figure(figsize=(room.width, 0.55 + ROW_INCHES * 1.05 * len(matrix)))
    axes = figure.add_subplot()
    # What has no name is often little, and moves much: it would leave the others pale.
    real = [[not str(name).startswith("(") for name in names] for names in matrix.axes]
    named = matrix.loc[real[0], real[1]]
    furthest = float((matrix if named.empty else named).abs().max().max()) or 1.0
    texts = matrix.map(
        (lambda v: percent(v / 100, sign=True)) if moved else (lambda v: short(v, chart.unit))
    )
    palette = sns.diverging_palette(40, 245, s=85, l=65, as_cmap=True) if moved else (
        sns.light_palette(PALE, as_cmap=True)
    )  # fmt: skip
    sns.heatmap(matrix, ax=axes, annot=texts, fmt="", cmap=palette, cbar=False, linewidths=2,
                linecolor=PAPER, vmin=-furthest if moved else 0, vmax=furthest,
                annot_kws={"fontsize": 7.5 if room.narrow else 9, "color": ON_CELLS})  # fmt: skip
    axes.set(xlabel="", ylabel="")
    axes.xaxis.tick_top()
    columns = [cut(str(name), 11 if room.narrow else 16) for name in matrix.columns]
    axes.set_xticks(
        [place + 0.5 for place in range(len(columns))],
        columns,
        color=INK,
        fontsize=6.5 if room.narrow else 8.5,
    )
    rows = [cut(str(name), SHORT_NAME if room.narrow else LONGEST_NAME) for name in matrix.index]
    axes.set_yticks([place + 0.5 for place in range(len(rows))], rows, rotation=0, color=INK)
    return figure


def name_bars(axes: Axes, names: Sequence[str], room: Room) -> None:
    """Writes the names of bars left of them, or above them where there is no room."""
    places = range(len(names))
    if not room.above(names):
        axes.set_yticks(places, [cut(name, room.letters) for name in names], color=INK)
        return
    axes.set_yticks(places, [""] * len(names))
    for y, name in enumerate(names):
        axes.annotate(cut(name, LONGEST_LINE), (0, y - 0.2), fontsize=8.5, color=INK,
                      xycoords=axes.get_yaxis_transform(), va="bottom",
                      annotation_clip=False)  # fmt: skip


def _label(chart: Chart, place: int = 0) -> str:
    column = chart.values[place]
    return column.replace("_", " ") if column else "how many"


def _periods(axes: Axes, index: pd.PeriodIndex, room: Room) -> None:
    """A tick for every few periods; months as Jan, with the year under the first of each."""
    most = 7 if room.narrow else 13
    step = next((s for s in (1, 2, 3, 6, 12, 26, 52, 91, 182, 364) if len(index) / s <= most), 364)
    places = list(range((len(index) - 1) % step, len(index), step))
    names, year = [], None
    for place in places:
        period = index[place]
        kind = {"M": "%b", "Q": "Q%q"}.get(period.freqstr.split("-DEC")[0], "%-d %b")
        name = period.strftime(kind) if not period.freqstr.startswith("Y") else ""
        names.append(f"{name}\n{period.year}" if period.year != year else name)
        year = period.year
    axes.set_xticks(places, names)
    axes.set(xlabel="", ylabel="")
    axes.margins(x=0.02)


def _amounts(axes: Axes, unit: str) -> None:
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value, unit)))


def _bare(axes: Axes) -> None:
    """No axis of values: each bar says its own."""
    axes.set(xlabel="", ylabel="")
    axes.xaxis.set_visible(False)
    axes.grid(False)
    axes.spines["bottom"].set_visible(False)
    axes.spines["left"].set_visible(False)
