"""Numbers and changes as people read them."""

from __future__ import annotations

import math
import re

STEPS = ((1e9, "bn"), (1e6, "M"), (1e3, "k"))
LONGEST_NAME = 30
# Less than this much of a percent is no change to speak of.
STILL = 0.05


def short(value: float, unit: str = "") -> str:
    """A number in three or four digits: $1.25M, 12.3k, 0.42."""
    if value is None or math.isnan(value):
        return "–"
    sign, size = ("−" if value < 0 else ""), abs(value)
    for step, letter in STEPS:
        if size >= step * 0.9995:
            return f"{sign}{unit}{_three(size / step)}{letter}"
    whole = float(size).is_integer() or size >= 100
    return f"{sign}{unit}{size:,.0f}" if whole else f"{sign}{unit}{size:,.2f}"


def exact(value: float, unit: str = "") -> str:
    """A number in full: $1,249,381.20; whole ones without decimals."""
    if value is None or math.isnan(value):
        return ""
    sign, size = ("−" if value < 0 else ""), abs(value)
    decimals = 0 if float(size).is_integer() and not unit else 2
    return f"{sign}{unit}{size:,.{decimals}f}"


def percent(value: float, *, sign: bool = False) -> str:
    """A share of 1 as percent; sign: with + or −. Above ten times: as times."""
    if value is None or math.isnan(value):
        return ""
    if sign and value > 10:
        return f"×{value + 1:,.0f}"
    size = abs(value) * 100
    text = f"{size:.0f}" if size >= 10 else f"{size:.1f}"
    if not sign:
        return f"{text} %"
    return "±0 %" if size < STILL else f"{'+' if value > 0 else '−'}{text} %"


def change(value: float, before: float) -> float:
    """How much more than before, as a share of it; NaN where that says nothing."""
    if before is None or value is None or math.isnan(before) or math.isnan(value) or before <= 0:
        return math.nan
    return value / before - 1


def compared(value: float, before: float, than: str) -> str:
    """ "8 % more than December 2024"; "" where there is nothing to compare with."""
    share = change(value, before)
    if math.isnan(share):
        return ""
    if abs(share) * 100 < STILL:
        return f"as much as {than}"
    return f"{percent(abs(share))} {'more' if share > 0 else 'less'} than {than}"


def cut(text: str, length: int = LONGEST_NAME) -> str:
    """A name on one line, shortened where it is too long for a chart."""
    text = " ".join(text.split())
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def _three(size: float) -> str:
    return f"{size:.2f}" if size < 10 else f"{size:.1f}" if size < 100 else f"{size:.0f}"


def tick(value: float, unit: str = "") -> str:
    """A number at an axis: $1.2M, $600k."""
    return re.sub(r"\.?0+(?=[a-zA-Z]|$)", "", short(value, unit)) if "." in short(value) else (
        short(value, unit)
    )  # fmt: skip


def readable(name: str) -> str:
    """A table's or column's name as words."""
    return name.replace("_", " ").strip().capitalize()
