"""The sales of one day: clean lines in bulk, then the day's dirt on some of them."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from lake.generator import flaws
from lake.generator.world import World, amount, quarter_of

COLUMNS = (
    "transaction_id", "order_id", "sold_at", "customer_id", "product_id", "location_id",
    "quantity", "unit_price", "discount", "channel", "payment_method", "updated_at",
)  # fmt: skip
CORRECTED_WITHIN = 14
_PRICE_STEPS = (100, 95, 90, 102)
_HOURS = (1, 1, 1, 1, 1, 2, 4, 9, 20, 38, 52, 60, 66, 58, 52, 54, 62, 74, 78, 60, 38, 22, 10, 4)
_STORE_TAILS = ("store,card",) * 11 + ("store,cash",) * 6 + ("phone,card", "store,Gift Card")
_ONLINE_TAILS = ("online,card",) * 9 + ("online,paypal",) * 6 + ("phone,invoice",)


@dataclass
class Day:
    """One day's rows: lines ready to write (canonical column order), spoiled ones as fields.

    later: corrections of this day's sales by the day they are exported on.
    """

    lines: list[str]
    spoiled: dict[int, list[str]]
    repeats: list[str]
    later: dict[date, list[str]]
    dirt: Counter[str] = field(default_factory=Counter)

    def add_again(self, corrections: list[str]) -> None:
        """Puts this day's exact repeats and the corrections exported today behind the lines."""
        self.lines += self.repeats + corrections
        self.dirt[flaws.CORRECTION] += len(corrections)


class Till:
    """Draws any day's sales from a world; holds the tables that make it quick."""

    def __init__(self, world: World) -> None:
        self.world = world
        size = world.size
        self.clock = [f" {s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(86_400)]
        self.customers = [f"C{n + 1:06d}" for n in range(size.customers)]
        self.products = [f"P{n + 1:05d}" for n in range(size.products)]
        self.locations = [f"L{n + 1:03d}" for n in range(size.locations)]
        self.tails = [
            _ONLINE_TAILS if kind == "online" else _STORE_TAILS for _, kind in world.stores
        ]
        self.weights = lru_cache(1)(world.product_weights)
        self.prices = lru_cache(1)(self._prices)

    def _prices(self, year: int) -> tuple[list[int], list[str]]:
        """Cents and text of every product's prices of a year, four steps each."""
        cents = [
            max(1, self.world.list_cents(number, year) * step // 100)
            for number in range(len(self.products))
            for step in _PRICE_STEPS
        ]
        return cents, [amount(value) for value in cents]

    def day(self, day: date, count: int, first: int) -> Day:
        """``count`` sales of ``day``; ``first`` is how many sales came before them."""
        rng = self.world.rng("sales", day, count, first)
        made = Day(self._lines(day, count, first, rng), {}, [], defaultdict(list))
        for index, flaw in flaws.picks(flaws.SALES, first, count, rng):
            if flaw.name == flaws.CORRECTION:
                due, line = _corrected(made.lines[index], rng)
                made.later[due].append(line)
                continue
            made.dirt[flaw.name] += 1
            if flaw.name == flaws.REPEAT:
                made.repeats.append(made.lines[index])
            else:
                made.spoiled[index] = made.lines[index].split(",")
                flaw.spoil(made.spoiled[index], rng)
        return made

    def _orders(self, count: int, rng: random.Random) -> list[tuple[int, int, int]]:
        """(lines, second of the day, location) of orders that hold ``count`` lines in all."""
        sizes: list[int] = []
        left = count
        while left > 0:
            for lines in rng.choices((1, 2, 3, 4), (50, 28, 14, 8), k=left // 2 + 1):
                if left > 0:
                    sizes.append(min(lines, left))
                    left -= lines
        hours = rng.choices(range(24), _HOURS, k=len(sizes))
        seconds = sorted(hour * 3600 + int(rng.random() * 3600) for hour in hours)
        places = range(len(self.locations))
        stores = rng.choices(places, cum_weights=self.world.store_weights, k=len(sizes))
        return list(zip(sizes, seconds, stores, strict=True))

    def _buyers(self, day: date, orders: int, rng: random.Random) -> list[str]:
        known = self.world.customers_before(quarter_of(day) + 1)
        weights = self.world.customer_weights[:known]
        chosen = rng.choices(range(known), cum_weights=weights, k=orders)
        buyers = [self.customers[number] for number in chosen]
        for number in self.world.new_customers(day):
            if orders:
                buyers[int(rng.random() * orders)] = f"C{number + 1:06d}"
        return buyers

    def _lines(self, day: date, count: int, first: int, rng: random.Random) -> list[str]:
        orders = self._orders(count, rng)
        buyers = self._buyers(day, len(orders), rng)
        cents, texts = self.prices(day.year)
        goods = rng.choices(range(len(self.products)), cum_weights=self.weights(day.month), k=count)
        units = rng.choices((1, 2, 3, 4, 6), (62, 22, 9, 5, 2), k=count)
        steps = rng.choices((0, 1, 2, 3), (74, 12, 8, 6), k=count)
        cuts = rng.choices((0, -1, 5, 10, 15, 20), (82, 3, 5, 6, 2, 2), k=count)
        lines: list[str] = []
        number = 0
        for (size, second, store), buyer in zip(orders, buyers, strict=True):
            stamp = day.isoformat() + self.clock[second]
            head = f"O{first + number + 1:09d},{stamp},{buyer},"
            tail = f"{rng.choice(self.tails[store])},{stamp}"
            for _ in range(size):
                good, cut, unit = goods[number], cuts[number], units[number]
                price = good * 4 + steps[number]
                number += 1
                off = "0.00" if cut == 0 else ""
                if cut > 0:
                    off = amount(unit * cents[price] * cut // 100)
                lines.append(
                    f"T{first + number:09d},{head}{self.products[good]},{self.locations[store]},"
                    f"{unit},{texts[price]},{off},{tail}"
                )
        return lines


def _corrected(line: str, rng: random.Random) -> tuple[date, str]:
    """The day a correction of ``line`` is exported on, and the line it is corrected to."""
    fields = line.split(",")
    sold = date.fromisoformat(fields[2][:10])
    due = sold + timedelta(days=1 + int(rng.random() * (CORRECTED_WITHIN - 1)))
    kind = rng.random()
    if kind < 0.5:
        fields[6], fields[8] = str(int(fields[6]) + 1), "0.00"
    elif kind < 0.8:
        fields[10] = "card" if fields[10] != "card" else "invoice"
    elif kind < 0.9:
        fields[2] = (sold - timedelta(days=1)).isoformat() + fields[2][10:]
    else:
        fields[8] = "0.00"
    fields[11] = f"{due.isoformat()} 02:00:00"
    return due, ",".join(fields)
