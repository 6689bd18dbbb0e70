"""What Spark 3.5 refuses of a datetime pattern, and what it takes but no file can mean.

Spark's own rules are those of its ``DateTimeFormatterHelper``; the others are those of Java's
``DateTimeFormatterBuilder.appendPattern``, which it calls.
https://spark.apache.org/docs/3.5.7/sql-ref-datetime-pattern.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

# How many times each letter may stand side by side when a text is read.
COUNTS: dict[str, Sequence[int]] = {
    **dict.fromkeys("dHhKkms", (1, 2)),
    **dict.fromkeys("GML", (1, 2, 3, 4)),
    **dict.fromkeys("ZXx", (1, 2, 3, 4, 5)),
    "y": range(1, 7), "D": (1, 2, 3), "S": range(1, 10), "a": (1,), "z": (1, 2, 3, 4),
    "V": (2,), "v": (1, 4), "O": (1, 4), "g": range(1, 20),
}  # fmt: skip
CURES = {
    "Y": "Y is the year of a week; write yyyy",
    "u": "u is no year to Spark; write yyyy",
    "T": "a letter that stands for itself is quoted: 'T'",
    "A": "write a for AM and PM",
    "E": "Spark cannot read the name of a weekday; take it away with sql=, or read the text",
    "Q": "Spark cannot read a quarter; read it as text and compute the date with sql=",
    "n": "write S for fractions of a second",
    "p": "write a for AM and PM",
}
YEAR, MONTH, DAY, ZONE = "y", "ML", "d", "zVvOXxZ"


def letters(pattern: str) -> list[str]:
    """The runs of pattern letters outside quotes: ``["yyyy", "MM", "dd"]``."""
    plain = re.sub(r"'[^']*'", " ", pattern)
    runs = ["".join(same) for _, same in groupby(plain)]
    return [run for run in runs if re.fullmatch("[A-Za-z]+", run)]


def refused(pattern: str) -> str:
    """Why Spark refuses to read by ``pattern``, and the cure; "" where it does not."""
    if pattern.count("'") % 2:
        return "a quote is open; write '' for a quote itself"
    plain = re.sub(r"'[^']*'", "", pattern)
    if re.search("%[A-Za-z]", plain):
        return "that is Python's or SQL's way; write yyyy, MM, dd, HH, mm and ss"
    depth = 0
    for letter in plain:
        depth += (letter == "[") - (letter == "]")
        if depth < 0:
            return "a ] closes nothing; quote it: ']'"
        if letter in "{}#":
            return f"{letter} is reserved; quote it: '{letter}'"
    for run in letters(pattern):
        allowed = COUNTS.get(run[0])
        if allowed is None:
            cure = CURES.get(run[0], "quote letters that stand for themselves")
            return f"Spark cannot read {run[0]}: {cure}"
        if len(run) not in allowed:
            cure = "the day of the month is dd" if run[0] == "D" else f"write {run[0]} at most "
            cure += "" if run[0] == "D" else f"{max(allowed)} times"
            return f"{run} has too many or too few letters: {cure}"
    return ""


def misread(pattern: str) -> str:
    """Why a date read by ``pattern`` would be wrong, or null, though Spark takes it; or ""."""
    return next(_misread(letters(pattern)), "")


def _misread(runs: list[str]) -> Iterator[str]:
    used = "".join(run[0] for run in runs)
    of_year = "D" in used
    if of_year and (runs[used.index("D")] != "DDD" or any(c in used for c in "dML")):
        yield "D is the day of the year (yyyyDDD); the day of the month is dd"
    if re.search("[HhKk]M", used):
        yield "MM is the month; the minutes are mm"
    if "m" in used and not re.search("[ML]", used) and not of_year:
        yield "mm are the minutes; the month is MM"
    if re.search("[hK]", used) and "a" not in used:
        yield "hh is half a day and needs AM or PM (a); the hour of the day is HH"
    twice = next((c for c in used if used.count(c) > 1), "")
    if twice:
        yield f"{twice} stands in it twice"
    for part, word in ((YEAR, "year"), (MONTH, "month"), (DAY, "day")):
        if not any(c in used for c in part) and not (of_year and word != "year"):
            yield f"it has no {word} ({part[0] if word != 'month' else 'M'})"


def has_time(pattern: str) -> bool:
    """Whether a time of day is read."""
    return any(run[0] in "HhKk" for run in letters(pattern))


def has_zone(pattern: str) -> bool:
    """Whether the text gives its own time zone."""
    return any(run[0] in ZONE for run in letters(pattern))
