"""The landing files of the first years: three dimensions, then the sales month by month."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from lake.generator import dimensions, flaws
from lake.generator.dimensions import FIRST_LOAD, Customers, render
from lake.generator.files import Landing
from lake.generator.sales import COLUMNS, Day, Till
from lake.generator.tally import Tally
from lake.generator.world import FIRST_DAY, World

_CUSTOMER_FILES = 5
# Never closed and without another quote after it in the file, as a cut-off export leaves it.
_FILE_WITH_STRAY_QUOTE = "customers/customers_2.csv"
_STRAY_QUOTE = (
    'C000000,"Ann,Stray,ann@example.com,Consumer,Paris,France,2020-01-01,2022-01-01 10:00:00'
)


@dataclass(frozen=True)
class Layout:
    """How one month's sales file differs from the plain one."""

    columns: tuple[str, ...] = COLUMNS
    cashier: bool = False
    crlf: bool = False
    packed: bool = False

    @property
    def header(self) -> str:
        return self.line(list(self.columns), "cashier")

    def line(self, fields: list[str], cashier: str) -> str:
        """``fields``, already in this file's order, as one line."""
        if self.cashier:
            fields = [*fields[:6], cashier, *fields[6:]]
        return ",".join(fields) + "\n"

    def lines(self, day: Day) -> str:
        """The day's lines as they stand in this file."""
        if self.columns == COLUMNS and not self.cashier:
            for index, fields in day.spoiled.items():
                day.lines[index] = ",".join(fields)
            return "\n".join([*day.lines, ""])
        order = [COLUMNS.index(column) for column in self.columns]
        out = []
        for index, line in enumerate(day.lines):
            fields = day.spoiled.get(index) or line.split(",")
            ordered = [fields[n] for n in order if n < len(fields)] + fields[len(order) :]
            out.append(self.line(ordered, f"K{index % 37:02d}"))
        return "".join(out)


def layout_of(month: int) -> Layout:
    """The layout of a month's file; ``month`` counts from 0 at the first one."""
    return Layout(
        columns=(*COLUMNS[6:], *COLUMNS[:6]) if month % 12 == 4 else COLUMNS,
        cashier=month == 11,
        crlf=month == 9,
        packed=month % 12 == 7,
    )


class FirstYears:
    """Writes all files of a world's years below landing, telling ``tally``."""

    def __init__(self, world: World, landing: Landing, tally: Tally) -> None:
        self.world, self.landing, self.tally = world, landing, tally

    def write(self) -> None:
        self._locations()
        self._products()
        self._customers()
        self._sales()

    def _file(self, name: str, columns: tuple[str, ...], rows: list[list[str]]) -> None:
        source = name.split("/")[0]
        kinds = {
            "customers": flaws.CUSTOMERS, "products": flaws.PRODUCTS, "locations": flaws.LOCATIONS
        }[source]  # fmt: skip
        first = self.tally.rows[source]
        rng = self.world.rng("dirt", name)
        dimensions.spoil(rows, kinds, first, rng, self.tally.dirt[source])
        if name == _FILE_WITH_STRAY_QUOTE:
            rows[len(rows) // 2 : len(rows) // 2] = [_STRAY_QUOTE.split(",")]
            self.tally.dirt[source]["a quote never closes"] += 1
        with self.landing.write(name, self.tally.files) as out:
            out.write(render([list(columns), *rows]))
        self.tally.add(source, len(rows))

    def _locations(self) -> None:
        count = self.world.size.locations
        first = dimensions.location_rows(self.world, range(count), FIRST_LOAD)
        self._file("locations/locations_1.csv", dimensions.LOCATION_COLUMNS, first)
        again = dimensions.location_rows(self.world, range(0, count, 25), "2024-06-30 20:00:00")
        self._file("locations/locations_2.csv", dimensions.LOCATION_COLUMNS, again)

    def _products(self) -> None:
        count, columns = self.world.size.products, dimensions.PRODUCT_COLUMNS
        for part in range(2):
            numbers = range(part * count // 2, (part + 1) * count // 2)
            rows = dimensions.product_rows(self.world, numbers, FIRST_DAY.year, FIRST_LOAD)
            self._file(f"products/products_{part + 1}.csv", columns, rows)
        for year in range(FIRST_DAY.year + 1, FIRST_DAY.year + self.world.size.years):
            stamp = f"{year}-01-01 03:00:00"
            rows = dimensions.product_rows(self.world, range(count), year, stamp)
            self._file(f"products/prices_{year}.csv", columns, rows)

    def _customers(self) -> None:
        customers, columns = Customers(self.world), dimensions.CUSTOMER_COLUMNS
        count = self.world.customers_before(0)
        for part in range(_CUSTOMER_FILES):
            start, stop = (count * n // _CUSTOMER_FILES for n in (part, part + 1))
            rows = customers.first_load(start, stop)
            self._file(f"customers/customers_{part + 1}.csv", columns, rows)
        for quarter in range(4 * self.world.size.years):
            name = f"customers_{FIRST_DAY.year + quarter // 4}-q{quarter % 4 + 1}.csv"
            self._file(f"customers/updates/{name}", columns, customers.quarter(quarter))

    def _sales(self) -> None:
        till = Till(self.world)
        due: defaultdict[date, list[str]] = defaultdict(list)
        starts = self.world.first_line
        plan = zip(self.world.days, starts[:-1], starts[1:], strict=True)
        by_month = groupby(plan, key=lambda entry: entry[0].replace(day=1))
        for number, (month, days) in enumerate(by_month):
            layout = layout_of(number)
            name = f"sales/{month:%Y}/sales_{month:%Y-%m}.csv" + ".gz" * layout.packed
            with self.landing.write(name, self.tally.files, crlf=layout.crlf) as out:
                out.write(layout.header)
                for day, first, end in days:
                    made = till.day(day, end - first, first)
                    made.add_again(due.pop(day, []))
                    for later, lines in made.later.items():
                        due[later] += lines
                    out.write(layout.lines(made))
                    self.tally.dirt["sales"].update(made.dirt)
                    self.tally.add("sales", len(made.lines))
