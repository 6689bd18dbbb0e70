"""The dirt of real exports: each kind with its rate and what it does to a row's fields.

A row is a list of CSV fields, already quoted where they need it, in the contract's order.
The rates are shares of the rows written; about 1.2 % of the sales break a rule.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lake.generator.words import COUNTRY_VARIANTS

Fields = list[str]


@dataclass(frozen=True)
class Flaw:
    """One kind of dirt.

    name: the sentence the report counts it under. rate: share of the rows (0 to 1).
    spoil: changes a row's fields in place. valid: the row must still be published.
    """

    name: str
    rate: float
    spoil: Callable[[Fields, random.Random], None]
    valid: bool = False


def picks(
    flaws: Sequence[Flaw], first: int, count: int, rng: random.Random
) -> list[tuple[int, Flaw]]:
    """Which of ``count`` rows get which flaw; ``first`` is how many rows came before them.

    Counts follow from the position alone, so that a day can be made again by itself and
    small lakes get their share of every kind. No row gets two.
    """
    due: list[Flaw] = []
    for place, flaw in enumerate(flaws):
        start = 0.1 + 0.8 * place / len(flaws)
        due += [flaw] * (int((first + count) * flaw.rate + start) - int(first * flaw.rate + start))
    due = due[:count]
    return list(zip(rng.sample(range(count), len(due)), due, strict=True))


def put(index: int, *values: str) -> Callable[[Fields, random.Random], None]:
    """Replaces a field by one of ``values``."""

    def spoil(fields: Fields, rng: random.Random) -> None:
        fields[index] = rng.choice(values)

    return spoil


def change(index: int, rewrite: Callable[[str], str]) -> Callable[[Fields, random.Random], None]:
    """Rewrites a field from what it holds."""

    def spoil(fields: Fields, _: random.Random) -> None:
        fields[index] = rewrite(fields[index])

    return spoil


def pad(*indexes: int) -> Callable[[Fields, random.Random], None]:
    """Puts white space, no-break space included, around some fields."""

    def spoil(fields: Fields, rng: random.Random) -> None:
        for index in indexes:
            fields[index] = rng.choice(("  ", " ", "\u00a0")) + fields[index] + "  "

    return spoil


def keep(fields: Fields, rng: random.Random) -> None:
    """Leaves the row as it is: whoever picked it repeats or corrects it."""


def shorten(fields: Fields, _: random.Random) -> None:
    """Cuts the last two fields off."""
    del fields[-2:]


def lengthen(fields: Fields, _: random.Random) -> None:
    """Adds a field that no header names."""
    fields.append("extra")


def with_symbol(amount: str) -> str:
    """1299.00 -> "$1,299.00", in quotes where a comma stands in it."""
    text = f"${int(amount[:-3]):,}{amount[-3:]}"
    return f'"{text}"' if "," in text else text


def _day_first(stamp: str) -> str:
    return f"{stamp[8:10]}/{stamp[5:7]}/{stamp[:4]} {stamp[11:16]}"


def _dotted(day: str) -> str:
    return f"{day[8:10]}.{day[5:7]}.{day[:4]}"


def _channel_variant(fields: Fields, rng: random.Random) -> None:
    variants = {"store": ("in-store", "STORE", "In-Store"), "online": ("web", "Online", "WEB")}
    fields[9] = rng.choice(variants.get(fields[9], ("Phone", "PHONE")))


def _country_variant(fields: Fields, rng: random.Random) -> None:
    fields[6] = rng.choice(COUNTRY_VARIANTS.get(fields[6], (fields[6],)))


def _unknown(fields: Fields, rng: random.Random) -> None:
    fields[3] = f"C{990_000_000 + int(rng.random() * 5_000)}"


REPEAT = "exact repeat (superseded)"
CORRECTION = "corrected later (the older one is superseded)"

SALES = (
    Flaw("customer is missing", 0.008, put(3, ""), valid=True),
    Flaw("customer id in lower case", 0.005, change(3, str.lower), valid=True),
    Flaw("customer is in no customers file", 0.003, _unknown, valid=True),
    Flaw("location is in no locations file", 0.001, put(5, "L990", "L991", "L992"), valid=True),
    Flaw("sold_at as dd/MM/yyyy HH:mm", 0.01, change(2, _day_first), valid=True),
    Flaw("price with $ and thousands separator", 0.015, change(7, with_symbol), valid=True),
    Flaw("white space around values", 0.005, pad(3, 6, 9), valid=True),
    Flaw("another word for the channel", 0.02, _channel_variant, valid=True),
    Flaw(REPEAT, 0.002, keep, valid=True),
    Flaw(CORRECTION, 0.01, keep, valid=True),
    Flaw("quantity is a word", 0.0015, put(6, "two", "one", "1 pc", "1.5")),
    Flaw("quantity is zero or negative", 0.002, put(6, "0", "-1", "-3")),
    Flaw("sold_at does not parse", 0.0015, put(2, "2024-02-30 10:00:00", "n/a", "2024-13-01")),
    Flaw("sold_at is decades too early", 0.0005, put(2, "1970-01-01 00:00:00")),
    Flaw("price is negative", 0.001, change(7, "-{}".format)),
    Flaw("product is missing", 0.0015, put(4, "")),
    Flaw("channel is unheard of", 0.001, put(9, "fax", "kiosk")),
    Flaw("discount is above the amount", 0.0005, put(8, "99999.00")),
    Flaw("transaction id has another shape", 0.0005, change(0, lambda text: "X-" + text[1:])),
    Flaw("line is too short", 0.001, shorten),
    Flaw("line is too long", 0.0005, lengthen),
)
CUSTOMERS = (
    Flaw("e-mail is missing", 0.01, put(3, ""), valid=True),
    Flaw("another word for the country", 0.06, _country_variant, valid=True),
    Flaw("signup_date as dd.MM.yyyy", 0.02, change(7, _dotted), valid=True),
    Flaw("customer id in lower case", 0.003, change(0, str.lower), valid=True),
    Flaw("white space around values", 0.003, pad(0, 1, 4), valid=True),
    Flaw("e-mail has another shape", 0.003, put(3, "unknown", "anna.at.example.com", "bo@home")),
    Flaw("segment is unheard of", 0.001, put(4, "VIP", "consumer")),
    Flaw("segment is missing", 0.0005, put(4, "")),
    Flaw("signup_date does not parse", 0.001, put(7, "2021-02-29", "31.06.2020", "soon")),
    Flaw("signup_date is after the update", 0.0005, put(7, "2030-01-01")),
    Flaw("customer id has another shape", 0.0005, change(0, lambda text: text[1:])),
    Flaw("updated_at is missing", 0.0005, put(8, "")),
    Flaw("line is too short", 0.0005, shorten),
)
PRODUCTS = (
    Flaw("price with $ and thousands separator", 0.05, change(5, with_symbol), valid=True),
    Flaw("another word for yes or no", 0.03, put(7, "Yes", "1", "T", "Y"), valid=True),
    Flaw(
        "line break in a quoted value", 0.01,
        change(1, lambda text: f'"{text}\nlimited, ""new"" edition"'), valid=True,
    ),
    Flaw("white space around values", 0.005, pad(0, 2), valid=True),
    Flaw("cost is above the list price", 0.001, put(6, "9999.00")),
    Flaw("list price is missing", 0.001, put(5, "")),
    Flaw("list price is zero", 0.0005, put(5, "0.00")),
    Flaw("list price is a word", 0.0005, put(5, "ask", '"12,3.00"')),
    Flaw("active is neither yes nor no", 0.001, put(7, "maybe")),
    Flaw("category is missing", 0.0005, put(2, "")),
    Flaw("line is too long", 0.0005, lengthen),
)  # fmt: skip
LOCATIONS = (
    Flaw(
        "line break in a quoted value", 0.02,
        change(1, lambda text: f'"{text}\nGround floor, left"'), valid=True,
    ),
    Flaw("store type in capitals", 0.03, change(2, str.upper), valid=True),
    Flaw("white space around values", 0.01, pad(0, 4), valid=True),
    Flaw("region is unheard of", 0.003, put(4, "Northeast", "north")),
    Flaw("opened_on does not parse", 0.002, put(6, "2019-02-30", "2019")),
    Flaw("store name is missing", 0.002, put(1, "")),
)  # fmt: skip
