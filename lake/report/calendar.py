"""The periods of a mart: which there are, which are not whole, and what a year back is."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from jobs.definition import Mart
from lake.native import Native
from lake.report.ask import day, frame, quoted

# Periods in a year. 364 days: a Monday is compared with a Monday.
A_YEAR = {"D": 364, "W-SUN": 52, "M": 12, "Q": 4, "Y": 1}
FREQUENCY = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q", "year": "Y"}
NOUN = {frequency: noun for noun, frequency in FREQUENCY.items()}
TRUNCATED = re.compile(r"date_trunc\(\s*'(\w+)'\s*,\s*(?:\w+\.)?`?(\w+)`?\s*\)", re.IGNORECASE)
# A weekday on which there is a row this seldom, held against the commonest one, is an exception.
SELDOM = 0.1
# The least days between two neighbours of each frequency.
GAPS = ((360, "Y"), (85, "Q"), (28, "M"), (7, "W-SUN"))


@dataclass(frozen=True)
class Span:
    """Periods from first to last, both in it."""

    first: pd.Period
    last: pd.Period

    def __len__(self) -> int:
        return (self.last - self.first).n + 1

    @property
    def days(self) -> tuple[str, str]:
        """The first day of it and the first day after it, as ISO dates."""
        return str(self.first.start_time.date()), str((self.last + 1).start_time.date())

    @property
    def words(self) -> str:
        """ "October to December 2025", or the one period that it is."""
        if self.first == self.last:
            return spelled(self.last)
        first = spelled(self.first)
        same_year = self.first.year == self.last.year and self.first.freqstr != "D"
        return f"{first.removesuffix(f' {self.first.year}') if same_year else first} to " + (
            spelled(self.last)
        )


@dataclass(frozen=True)
class Calendar:
    """A mart's periods. complete: those that are whole. unfinished: the one that is not over, or
    None. latest: the day of the data's latest row, where it can be told. begun: the period within
    which the data begin, or None; earliest: the day on which they do."""

    column: str
    complete: Span
    unfinished: pd.Period | None
    latest: pd.Timestamp | None
    begun: pd.Period | None = None
    earliest: pd.Timestamp | None = None

    @property
    def drawn(self) -> Span:
        """Every period, the first and the last also where they are not whole."""
        return Span(self.begun or self.complete.first, self.unfinished or self.complete.last)

    @property
    def year(self) -> int:
        """How many periods make a year."""
        return A_YEAR[self.complete.last.freqstr.split("-DEC")[0]]

    @property
    def noun(self) -> str:
        """month, week, ..."""
        return NOUN[self.complete.last.freqstr.split("-DEC")[0]]

    def recent(self, length: int) -> Span:
        """The latest complete periods, ``length`` of them where there are so many."""
        return Span(max(self.complete.first, self.complete.last - (length - 1)), self.complete.last)

    def before(self, span: Span) -> Span | None:
        """What ``span`` is compared with: the same a year before, else as many periods right
        before it; None where the data does not reach back so far."""
        for back in (self.year, len(span)):
            if span.first - back >= self.complete.first and back >= len(span):
                return Span(span.first - back, span.last - back)
        return None


def spelled(period: pd.Period) -> str:
    """A period as people write it."""
    frequency = period.freqstr.split("-DEC")[0]
    if frequency == "W-SUN":
        return f"week of {period.start_time:%-d %b %Y}"
    if frequency == "Q":
        return f"Q{period.quarter} {period.year}"
    return period.strftime({"Y": "%Y", "M": "%B %Y", "D": "%-d %b %Y"}[frequency])


def calendar(native: Native, mart: Mart) -> Calendar | None:
    """The periods of a mart that goes by them; None for one that does not, or is empty."""
    if mart.period is None:
        return None
    column = mart.period.column
    asked = f"SELECT DISTINCT {day(column)} AS day FROM gold.{quoted(mart.name)} ORDER BY 1"
    days = pd.to_datetime(frame(native, asked)["day"]).dropna()
    if days.empty:
        return None
    found = TRUNCATED.search(mart.period.expression)
    frequency = FREQUENCY.get(found[1].lower() if found else "", "") or _guessed(days)
    first, last = (pd.Period(d, frequency) for d in (days.iloc[0], days.iloc[-1]))
    there = _days(native, mart, found[2]) if found else None
    latest = None if there is None else there.max()
    unfinished = there is not None and first < last and not _is_over(there, last)
    complete = Span(first, last - 1 if unfinished else last)
    begun = there is not None and len(complete) > 1 and _begins_late(there, first)
    return Calendar(
        column, Span(first + 1, complete.last) if begun else complete,
        last if unfinished else None, latest,
        first if begun else None, None if there is None else there.min(),
    )  # fmt: skip


def _guessed(days: pd.Series) -> str:
    gap = days.diff().dt.days.min()
    return next((frequency for least, frequency in GAPS if gap >= least), "D")


def _begins_late(there: pd.Series, first: pd.Period) -> bool:
    """Whether the data begin within the first period, so that a part of it is missing.

    A shop need not sell on the first of a month: the first row may come as late as in any later
    period, or miss a twentieth of its own.
    """
    if there.min() < first.start_time:
        return False
    periods = there.dt.to_period(first.freqstr)
    late = (there - periods.dt.start_time).dt.days.groupby(periods).min()
    usual = max(*late[late.index > first], 0, (first.end_time - first.start_time).days // 20)
    return bool(late.get(first, 0) > usual)


def _is_over(there: pd.Series, last: pd.Period) -> bool:
    """Whether no more days are to come in the last period: it has reached its end, or has as many
    days as the ones before it, or no weekday is left on which there are rows."""
    rest = pd.date_range(there.max() + pd.Timedelta(days=1), last.end_time)
    if rest.empty:
        return True
    before = there[there < last.start_time]
    days = before.dt.to_period(last.freqstr).value_counts()
    # What is dated once or twice a period is so in each; that of every day differs with months.
    often = days[days == days.max()]
    regular = len(often) > 1 and len(often) * 2 > len(days)
    if regular and int((there >= last.start_time).sum()) >= days.max():
        return True
    weekdays = before.dt.dayofweek.value_counts()
    if before.empty or len(before) < 2 * len(weekdays):
        return False
    return not rest.dayofweek.isin(weekdays.index[weekdays >= SELDOM * weekdays.max()]).any()


def _days(native: Native, mart: Mart, column: str) -> pd.Series | None:
    """The days that have rows in the table that the mart's period is taken from."""
    assert mart.period is not None
    table = mart.period.table
    if not native.view("silver", table):
        return None
    described = native.connection.execute(f"DESCRIBE silver.{quoted(table)}").fetchall()
    kind = next((kind for name, kind, *_ in described if name == column), None)
    if kind is None:
        return None
    dated = kind.startswith(("DATE", "TIMESTAMP"))
    asked = f"CAST({quoted(column)} AS DATE)" if dated else day(column)
    found = pd.to_datetime(
        frame(native, f"SELECT DISTINCT {asked} AS day FROM silver.{quoted(table)}")["day"]
    ).dropna()
    return None if found.empty else found
