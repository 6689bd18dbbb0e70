"""The shape of the retail world: who buys how often, what sells when, how many a day."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import accumulate

from lake.generator import words

FIRST_DAY = date(2023, 1, 1)
NEW_CUSTOMERS_A_DAY = 5
_SEASON = (0.82, 0.80, 0.93, 0.97, 1.02, 1.00, 0.94, 0.98, 1.00, 1.04, 1.28, 1.55)
_WEEKDAY = (0.85, 0.86, 0.92, 1.00, 1.22, 1.38, 0.95)
_GROWTH_A_YEAR = 1.12
_INITIAL_CUSTOMERS = 0.85


@dataclass(frozen=True)
class Size:
    """How large a world is: rows per source, years from 2023 on, and the seed."""

    sales: int
    customers: int
    products: int
    locations: int
    years: int
    seed: int


@dataclass(frozen=True)
class Product:
    """One thing on sale; ``cents`` is its list price in 2023."""

    name: str
    category: str
    subcategory: str
    brand: str
    cents: int


def zipf(count: int, exponent: float, rng: random.Random) -> list[float]:
    """``count`` weights, 1/rank**exponent, in random order."""
    weights = [1.0 / (rank + 3) ** exponent for rank in range(count)]
    rng.shuffle(weights)
    return weights


def amount(cents: int) -> str:
    """1299 -> 12.99."""
    return f"{cents // 100}.{cents % 100:02d}"


class World:
    """Everything that the sales of any day are drawn from; made from a ``Size`` alone."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.last_day = date(FIRST_DAY.year + size.years, 1, 1) - timedelta(days=1)
        self.days = [
            FIRST_DAY + timedelta(days=n) for n in range((self.last_day - FIRST_DAY).days + 1)
        ]

    def rng(self, *names: object) -> random.Random:
        """A random source of its own for the thing named."""
        return random.Random("/".join(str(name) for name in (self.size.seed, *names)))

    @cached_property
    def first_line(self) -> list[int]:
        """How many sales came before each day, and after the last one, in all."""
        weights = accumulate(_day_weight(day) for day in self.days)
        cumulative = [0.0, *weights]
        return [int(self.size.sales * part / cumulative[-1] + 1e-9) for part in cumulative]

    @cached_property
    def customer_weights(self) -> list[float]:
        """Cumulative weights of the customers, by number."""
        return list(accumulate(zipf(self.size.customers, 0.6, self.rng("customer weights"))))

    @cached_property
    def products(self) -> list[Product]:
        rng = self.rng("products")
        return [_product(rng) for _ in range(self.size.products)]

    @cached_property
    def _product_weights(self) -> list[float]:
        return zipf(self.size.products, 0.8, self.rng("product weights"))

    def product_weights(self, month: int) -> list[float]:
        """Cumulative weights of the products in a month (1 to 12)."""
        return list(
            accumulate(
                weight * (1.7 if month in words.CATEGORIES[product.category][0] else 1.0)
                for weight, product in zip(self._product_weights, self.products, strict=True)
            )
        )

    def list_cents(self, number: int, year: int) -> int:
        """The list price of a product in a year: it rises by 3 % every January."""
        return self.products[number].cents * (100 + 3 * (year - FIRST_DAY.year)) // 100

    @cached_property
    def stores(self) -> list[tuple[str, str]]:
        """(region, store type) of each location."""
        rng = self.rng("stores")
        kinds = rng.choices(words.STORE_TYPES, (60, 12, 23, 5), k=self.size.locations)
        return [(words.REGIONS[n % len(words.REGIONS)], kind) for n, kind in enumerate(kinds)]

    @cached_property
    def store_weights(self) -> list[float]:
        """Cumulative weights of the locations."""
        rng = self.rng("store weights")
        return list(
            accumulate(
                words.REGION_SHARES[region]
                * words.STORE_TYPE_SHARES[kind]
                * (0.4 + rng.random() * 1.2)
                for region, kind in self.stores
            )
        )

    def customers_before(self, quarter: int) -> int:
        """How many customers there are when a quarter (0 is the first) begins."""
        initial = max(1, int(self.size.customers * _INITIAL_CUSTOMERS))
        quarters = 4 * self.size.years
        return initial + (self.size.customers - initial) * min(quarter, quarters) // quarters

    def new_customers(self, day: date) -> Iterable[int]:
        """The numbers of the customers who sign up on a day after the generated years."""
        after = (day - self.last_day).days - 1
        start = self.size.customers + after * NEW_CUSTOMERS_A_DAY
        return range(start, start + NEW_CUSTOMERS_A_DAY) if after >= 0 else ()


def quarter_of(day: date) -> int:
    """Quarters since the first day; 0 is the first."""
    return (day.year - FIRST_DAY.year) * 4 + (day.month - 1) // 3


def _day_weight(day: date) -> float:
    weight = _SEASON[day.month - 1] * _WEEKDAY[day.weekday()]
    weight *= _GROWTH_A_YEAR ** ((day - FIRST_DAY).days / 365.25)
    if day.month == 11 and day.weekday() == 4 and 23 <= day.day <= 29:
        weight *= 2.4
    if day.month == 12 and day.day in (25, 26):
        weight *= 0.35
    return weight


def _product(rng: random.Random) -> Product:
    category = rng.choice(tuple(words.CATEGORIES))
    _, (low, high), subcategories = words.CATEGORIES[category]
    subcategory = rng.choice(subcategories)
    brand = rng.choice(words.BRANDS)
    cents = int(100 * low * (high / low) ** (rng.random() ** 1.3)) // 10 * 10 + 9
    name = f"{brand} {rng.choice(words.QUALITIES)} {subcategory} {int(rng.random() * 900) + 100}"
    return Product(name, category, subcategory, brand, cents)
