"""Which date or timestamp formats fit a column, if any do: several may, one a shape."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from lake.init.shapes import Looks, literal, values_of

# A format that fewer rows have than this is dirt: to read it would be to guess.
LEAST_SHARE = 0.001
YEARS = (1900, 2100)
_DATE = re.compile(
    r"(?P<iso>9999(?P<i>[-/.])9{1,2}(?P=i)9{1,2})|(?P<run>99999999)"
    r"|(?P<day>9{1,2})(?P<sep>[-/.])(?P<month>9{1,2})(?P=sep)(?P<year>9999|99)"
    r"|(?P<d>9{1,2})(?P<gap>[- ])(?P<word>a{3,9})(?P=gap)(?P<y>9999|99)"
    r"|(?P<first>a{3,9}) 9{1,2}, 9999"
)
_TIME = re.compile(
    r"(?P<between>[ a])(?P<hour>9{1,2}):99(?P<second>:99(?:\.(?P<fraction>9{1,9}))?)?"
    r"(?P<half> aa)?(?:(?P<apart> ?)(?P<zone>a|[-+]99:99|[-+]9999))?"
)


@dataclass(frozen=True)
class Format:
    """One format, in Spark's patterns and in DuckDB's. family: formats of one family read the
    same shapes, and one of them at most is right."""

    spark: str
    duckdb: str
    family: str
    timed: bool

    @property
    def short_year(self) -> bool:
        """Whether the year has two digits."""
        return "%y" in self.duckdb


@dataclass(frozen=True)
class Dates:
    """The formats that fit a column. fit: the rows that they read. unsure: what was guessed.
    both: that day and month stand in both orders, "" where they do not. low, high: the first and
    the last day."""

    formats: tuple[Format, ...]
    fit: int
    unsure: str
    both: str
    low: str
    high: str

    @property
    def timed(self) -> bool:
        """Whether any has a time of day."""
        return any(form.timed for form in self.formats)

    @property
    def short_year(self) -> str:
        """What is made of years of two digits; "" where there are none."""
        short = [form.spark for form in self.formats if form.short_year]
        year = self.high[:4]
        return f"{short[0]} reads {year[2:]} as {year}" if short else ""


def dates(
    connection: Any, table: str, looks: Looks, enough: float, prefer: str = ""
) -> Dates | None:
    """The formats that together read at least ``enough`` (0 to 1) of the column's values.

    prefer: ``dM`` or ``Md``, as the file's other columns have it.
    """
    by_family: dict[str, tuple[list[Format], list[str], int]] = {}
    for shape in looks.shapes:
        for form in formats_of(shape.text):
            forms, shapes, rows = by_family.get(form.family, ([], [], 0))
            known = form in forms
            forms += [] if known else [form]
            first = shape.text not in shapes
            shapes += [shape.text] if first else []
            by_family[form.family] = (forms, shapes, rows + (shape.rows if first else 0))
    if sum(rows for _, _, rows in by_family.values()) < enough * looks.meant:
        return None
    best = [
        _best(connection, table, looks.name, forms, shapes)
        for forms, shapes, _ in by_family.values()
    ]
    chosen = [choice for choice in best if choice.rows >= max(1, LEAST_SHARE * looks.meant)]
    fit = sum(choice.rows for choice in chosen)
    if not chosen or fit < enough * looks.meant:
        return None
    agreed, unsure = _agreed(chosen, prefer)
    low, high = _ends(connection, table, looks.name, agreed)
    return Dates(agreed, fit, unsure, _both(chosen), low, high)


@dataclass(frozen=True)
class _Choice:
    """The format of a family that reads most rows, how many, and another that reads as many."""

    form: Format
    rows: int
    rival: Format | None


def _best(
    connection: Any, table: str, column: str, forms: list[Format], shapes: list[str]
) -> _Choice:
    # Of two widths, 5.1.2024 and 05.01.2024, the looser pattern reads both.
    loosest = min(len(form.spark) for form in forms)
    forms = [form for form in forms if len(form.spark) == loosest]
    listed = ", ".join(map(literal, shapes))
    counts = ", ".join(f"coalesce(sum(n) FILTER ({parses(f)}), 0)" for f in forms)
    rows = connection.execute(
        f"SELECT {counts} FROM {values_of(connection, table, column)} WHERE s IN ({listed})"
    ).fetchone()
    ranked = sorted(zip(forms, rows), key=lambda pair: (-pair[1], _habit(pair[0])))
    form, most = ranked[0]
    tied = len(ranked) > 1 and ranked[1][1] == most
    return _Choice(form, int(most), ranked[1][0] if tied else None)


def _agreed(chosen: Iterable[_Choice], prefer: str) -> tuple[tuple[Format, ...], str]:
    """The formats, and what is unsure of them: values with a day above 12 decide for those
    without one, then the file's other columns, then the habit of most rows."""
    ranked = sorted(chosen, key=lambda choice: -choice.rows)
    proven = list(dict.fromkeys(o for c in ranked if not c.rival and (o := _order(c.form))))
    doubtful = [choice for choice in ranked if choice.rival]
    settled = proven[0] if len(proven) == 1 else prefer
    order = settled or next(iter([*proven, *(_order(choice.form) for choice in doubtful)]), "")
    forms, unsure = [], ""
    for choice in chosen:
        form, other = choice.form, choice.rival
        if other and _order(other) == order:
            form, other = other, form
        forms.append(form)
        unsure = unsure or (f"{other.spark} would fit as well" if other and not settled else "")
    return tuple(forms), unsure


def _both(chosen: Iterable[_Choice]) -> str:
    """What is said of a column whose values prove both orders; "" for any other."""
    proven = {_order(choice.form): choice for choice in chosen if not choice.rival}
    if not {"dM", "Md"} <= set(proven):
        return ""
    day, month = proven["dM"], proven["Md"]
    return (
        f"days above 12 stand first in {day.form.spark} ({day.rows:,} rows) and second in "
        f"{month.form.spark} ({month.rows:,} rows)"
    )


def parses(form: Format) -> str:
    """SQL: whether ``v`` is a date in this format."""
    read = f"try_strptime(v, '{form.duckdb}')"
    if form.family.startswith("run"):
        # Any eight digits may be a number; only those of our time are days.
        return f"year({read}) BETWEEN {YEARS[0]} AND {YEARS[1]}"
    return f"{read} IS NOT NULL"


def order_of(found: Dates) -> str:
    """``dM`` or ``Md`` where the column's formats say for sure which comes first, else ""."""
    orders = {_order(form) for form in found.formats} - {""}
    return orders.pop() if len(orders) == 1 and not found.unsure else ""


def _order(form: Format) -> str:
    letters = re.sub("[^dM]", "", form.spark.partition("y")[0])
    return letters[0] + letters[-1] if form.family.startswith("sep") else ""


def _habit(form: Format) -> int:
    """Without a day above 12: 1/31/2024 is how Americans write; 01/01/2024 and 1.1.2024 not."""
    american = form.spark.startswith("M/")
    european = form.spark.startswith("d") and "M/d" not in form.spark and "d/M" not in form.spark
    return 0 if american or european else 1


def _ends(connection: Any, table: str, column: str, forms: Iterable[Format]) -> tuple[str, str]:
    read = "coalesce(" + ", ".join(map(_read, forms)) + ")"
    low, high = connection.execute(
        f"SELECT min({read}), max({read}) FROM {values_of(connection, table, column)}"
    ).fetchone()
    return str(low)[:10], str(high)[:10]


def _read(form: Format) -> str:
    """SQL: the moment that Spark reads ``v`` as."""
    read = f"try_strptime(v, '{form.duckdb}')"
    if not form.short_year:
        return read
    # DuckDB takes 69 to 99 for the last century; Spark's yy is 2000 to 2099.
    return f"CASE WHEN year({read}) < 2000 THEN {read} + INTERVAL 100 YEAR ELSE {read} END"


def formats_of(shape: str) -> Iterator[Format]:
    """The formats that a value of this shape may be in."""
    date = _DATE.match(shape)
    if date is None:
        return
    time = _TIME.fullmatch(shape, date.end())
    if not time and date.end() != len(shape):
        return
    spark_time, duck_time = _time(time) if time else ("", "")
    for spark, duck, family in _days(date):
        yield Format(spark + spark_time, duck + duck_time, family + spark_time, bool(time))


def _days(date: re.Match) -> Iterator[tuple[str, str, str]]:
    if date["iso"]:
        i = date["i"]
        d, m = ("dd", "MM") if len(date["iso"]) == len("9999-99-99") else ("d", "M")
        yield f"yyyy{i}{m}{i}{d}", f"%Y{i}%m{i}%d", f"iso{i}"
    elif date["run"]:
        yield "yyyyMMdd", "%Y%m%d", "run"
    elif date["day"]:
        s, loose = date["sep"], len(date["day"]) + len(date["month"]) < 4
        d, m = ("d", "M") if loose else ("dd", "MM")
        year, duck = ("yyyy", "%Y") if len(date["year"]) == 4 else ("yy", "%y")
        yield f"{d}{s}{m}{s}{year}", f"%d{s}%m{s}{duck}", f"sep{s}{year}"
        yield f"{m}{s}{d}{s}{year}", f"%m{s}%d{s}{duck}", f"sep{s}{year}"
    elif date["word"]:
        gap, month = date["gap"], ("MMM", "%b") if len(date["word"]) == 3 else ("MMMM", "%B")
        year, duck = ("yyyy", "%Y") if len(date["y"]) == 4 else ("yy", "%y")
        # d reads two digits, too.
        yield (
            f"d{gap}{month[0]}{gap}{year}",
            f"%d{gap}{month[1]}{gap}{duck}",
            f"word{gap}{month[0]}{year}",
        )
    else:
        month = ("MMM", "%b") if len(date["first"]) == 3 else ("MMMM", "%B")
        yield f"{month[0]} d, yyyy", f"{month[1]} %d, %Y", f"first{month[0]}"


def _time(time: re.Match) -> tuple[str, str]:
    """The time of day in Spark's pattern and in DuckDB's."""
    spark, duck = (" ", " ") if time["between"] == " " else ("'T'", "T")
    hour = "h" if time["half"] else "H"
    spark += f"{hour * len(time['hour'])}:mm"
    duck += f"%{'I' if time['half'] else 'H'}:%M"
    if time["second"]:
        spark, duck = spark + ":ss", duck + ":%S"
    if time["fraction"]:
        digits = 6 if len(time["fraction"]) <= 6 else 9
        spark, duck = f"{spark}.{'S' * digits}", duck + (".%f" if digits == 6 else ".%n")
    if time["half"]:
        spark, duck = spark + " a", duck + " %p"
    if time["zone"]:
        spark, duck = spark + time["apart"], duck + time["apart"]
        spark += "XX" if len(time["zone"]) == 5 else "XXX"
        duck += "Z" if time["zone"] == "a" else "%z"
    return spark, duck
