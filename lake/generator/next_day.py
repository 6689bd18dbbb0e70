"""The landing files of one more day: its sales, corrections of earlier ones, customers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from lake.generator.dimensions import CUSTOMER_COLUMNS, Customers, render
from lake.generator.files import Landing
from lake.generator.first_years import Layout
from lake.generator.sales import CORRECTED_WITHIN, Till
from lake.generator.tally import Tally
from lake.generator.world import FIRST_DAY, World


class NextDay:
    """Writes a day's files below landing, telling ``tally``; ``days`` are the ones before."""

    def __init__(
        self, world: World, landing: Landing, tally: Tally, days: dict[str, dict[str, Any]]
    ) -> None:
        self.world, self.landing, self.tally, self.days = world, landing, tally, days
        self.till = Till(world)

    def write(self, day: date, rows: int, first: int) -> None:
        """``rows`` new sales of ``day``, numbered from ``first`` on, and what comes with them."""
        self._customers(day)
        made = self.till.day(day, rows, first)
        made.add_again(self._corrections(day))
        layout = Layout()
        name = f"sales/{day:%Y}/days/sales_{day}.csv"
        with self.landing.write(name, self.tally.files) as out:
            out.write(layout.header)
            out.write(layout.lines(made))
        self.tally.dirt["sales"].update(made.dirt)
        self.tally.add("sales", len(made.lines))

    def _customers(self, day: date) -> None:
        customers = Customers(self.world)
        for quarter in range(4 * self.world.size.years):
            customers.quarter(quarter)
        rows = customers.day(day)
        name = f"customers/days/customers_{day}.csv"
        with self.landing.write(name, self.tally.files) as out:
            out.write(render([list(CUSTOMER_COLUMNS), *rows]))
        self.tally.add("customers", len(rows))

    def _corrections(self, day: date) -> list[str]:
        """What is corrected on ``day``: the earlier days are drawn again to know their sales."""
        lines: list[str] = []
        for back in range(CORRECTED_WITHIN, 0, -1):
            earlier = day - timedelta(days=back)
            count, first = self._plan(earlier)
            if count:
                lines += self.till.day(earlier, count, first).later.get(day, [])
        return lines

    def _plan(self, day: date) -> tuple[int, int]:
        """How many sales a day there is had, and how many came before; none: (0, 0)."""
        if FIRST_DAY <= day <= self.world.last_day:
            place = (day - FIRST_DAY).days
            first, end = self.world.first_line[place : place + 2]
            return end - first, first
        entry = self.days.get(day.isoformat(), {"count": 0, "first": 0})
        return entry["count"], entry["first"]
