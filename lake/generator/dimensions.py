"""The rows of customers, products and locations: a first load, and what changes later."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from lake.generator import flaws, words
from lake.generator.world import FIRST_DAY, NEW_CUSTOMERS_A_DAY, World, amount

CUSTOMER_COLUMNS = (
    "customer_id", "first_name", "last_name", "email", "segment", "city", "country",
    "signup_date", "updated_at",
)  # fmt: skip
PRODUCT_COLUMNS = (
    "product_id", "product_name", "category", "subcategory", "brand", "list_price", "cost",
    "active", "updated_at",
)  # fmt: skip
LOCATION_COLUMNS = (
    "location_id", "store_name", "store_type", "city", "region", "country", "opened_on",
    "updated_at",
)  # fmt: skip
_ASCII = str.maketrans("äöüéëñøåŁłřáíóőß'", "aoueenoaLlraioos-")
FIRST_LOAD = "2022-12-31 22:00:00"


def render(rows: Iterable[list[str]]) -> str:
    """Rows as CSV lines."""
    return "".join(",".join(fields) + "\n" for fields in rows)


def spoil(
    rows: list[list[str]],
    kinds: Sequence[flaws.Flaw],
    first: int,
    rng: random.Random,
    dirt: Counter[str],
) -> None:
    """Puts flaws on some of ``rows`` and counts them; ``first`` rows came before them."""
    for index, flaw in flaws.picks(kinds, first, len(rows), rng):
        flaw.spoil(rows[index], rng)
        dirt[flaw.name] += 1


class Customers:
    """Customers as of now: what they were made as, and what has changed since."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.changed: dict[int, list[str]] = {}
        self.quarters = [world.customers_before(n) for n in range(4 * world.size.years)]

    def first_load(self, start: int, stop: int) -> list[list[str]]:
        """The rows of customers ``start`` to ``stop`` who were there before the first day."""
        return [[*self._person(number), FIRST_LOAD] for number in range(start, stop)]

    def quarter(self, number: int) -> list[list[str]]:
        """The update file of a quarter (0 is the first): new customers, then changed ones."""
        known, grown = self.world.customers_before(number), self.world.customers_before(number + 1)
        rng = self.world.rng("customers of quarter", number)
        begin = _first_day_of(number)
        rows = []
        for customer in range(known, grown):
            person = self._person(customer)
            rows.append([*person, f"{person[7]} 18:00:00"])
        for _ in range(known // 50):
            day = begin + timedelta(days=int(rng.random() * 88))
            rows.append(self._changed(int(rng.random() * known), f"{day} 19:30:00", rng))
        return rows

    def day(self, day: date, changes: int = 20) -> list[list[str]]:
        """The file of a day after the generated years: yesterday's new customers, and changes."""
        rng = self.world.rng("customers of day", day)
        eve = day - timedelta(days=1)
        rows = [[*self._person(n), f"{day} 01:00:00"] for n in self.world.new_customers(eve)]
        for _ in range(changes):
            number = int(rng.random() * self.world.size.customers)
            rows.append(self._changed(number, f"{day} 01:30:00", rng))
        return rows

    def _person(self, number: int) -> list[str]:
        """The eight fields that describe a customer, made from the number alone."""
        rng = random.Random(self.world.size.seed * 1_000_003 + number)
        first, last = rng.choice(words.FIRST_NAMES), rng.choice(words.LAST_NAMES)
        local = f"{first}.{last}".translate(_ASCII).lower()
        local = local if local.isascii() else "customer"
        segment = rng.choices(words.SEGMENTS, words.SEGMENT_SHARES)[0]
        city, country = rng.choice(words.PLACES)
        email = f"{local}{number + 1}@example.com"
        signup = self._signup(number, rng.random()).isoformat()
        return [f"C{number + 1:06d}", first, last, email, segment, city, country, signup]

    def _signup(self, number: int, chance: float) -> date:
        if number >= self.world.size.customers:
            days = (number - self.world.size.customers) // NEW_CUSTOMERS_A_DAY
            return self.world.last_day + timedelta(days=1 + days)
        quarter = bisect_right(self.quarters, number) - 1
        if quarter < 0:
            return FIRST_DAY - timedelta(days=1 + int(chance * 1800))
        return _first_day_of(quarter) + timedelta(days=int(chance * 88))

    def _changed(self, number: int, updated_at: str, rng: random.Random) -> list[str]:
        """A customer after one more change: moved, another segment or another e-mail."""
        person = self.changed.setdefault(number, self._person(number))
        kind = rng.random()
        if kind < 0.5:
            person[5], person[6] = rng.choice(words.PLACES)
        elif kind < 0.8:
            person[4] = rng.choice(words.SEGMENTS)
        else:
            person[3] = f"customer{number + 1}.{int(rng.random() * 1000)}@example.org"
        return [*person, updated_at]


def _first_day_of(quarter: int) -> date:
    return date(FIRST_DAY.year + quarter // 4, quarter % 4 * 3 + 1, 1)


def product_rows(
    world: World, numbers: Iterable[int], year: int, updated_at: str
) -> list[list[str]]:
    """Products with their list prices of a year."""
    rows = []
    for number in numbers:
        product = world.products[number]
        cents = world.list_cents(number, year)
        cost = cents * (45 + number % 30) // 100
        rows.append(
            [
                f"P{number + 1:05d}", product.name, product.category, product.subcategory,
                product.brand, amount(cents), amount(cost), "false" if number % 40 == 0 else "true",
                updated_at,
            ]
        )  # fmt: skip
    return rows


def location_rows(world: World, numbers: Iterable[int], updated_at: str) -> list[list[str]]:
    """Locations; one whose ``updated_at`` is after the first load was renamed."""
    rows = []
    for number in numbers:
        rng = world.rng("location", number)
        region, kind = world.stores[number]
        city, country = rng.choice(words.PLACES)
        opened = date(2005, 1, 1) + timedelta(days=int(rng.random() * 6000))
        name = f"{city} {kind.title()} {number + 1}"
        if updated_at > FIRST_LOAD:
            name += " (rebuilt)"
        rows.append(
            [f"L{number + 1:03d}", name, kind, city, region, country, f"{opened}", updated_at]
        )
    return rows
