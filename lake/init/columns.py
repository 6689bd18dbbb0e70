"""What each column most likely is, and the evidence for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lake.init.dates import dates, order_of, parses
from lake.init.escaped import quoted_text
from lake.init.guess import DIRT, Guess, nulls_argument
from lake.init.names import FLAG
from lake.init.numbers import numbers
from lake.init.numeric import fits, no_number, numeric, whole
from lake.init.shapes import Looks, literal, look, values_of
from lake.init.wholes import computed, whole_mark, without_zeros

FUTURE = "2100"
EXAMPLES = 3
PAIRS = (
    ("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("on", "off"), ("ja", "nein"),
    ("j", "n"), ("oui", "non"), ("si", "no"), ("sí", "no"), ("wahr", "falsch"), ("vrai", "faux"),
    ("1", "0"),
)  # fmt: skip
TRUE, FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")


def guess_columns(
    connection: Any,
    table: str,
    names: Sequence[str],
    rows: int,
    headers: Mapping[str, str],
    delimiter: str,
) -> dict[str, Guess]:
    """Every column of a table. What one column says for sure of the decimal mark or of day and
    month helps with the others. headers: {column: its name as the header has it}."""
    guesses = {}
    for name in names:
        looks = look(connection, table, name, rows, headers.get(name, name))
        if mark := whole_mark(connection, table, looks):
            guesses[name] = _whole(connection, table, looks, mark, names)
        else:
            guesses[name] = _Guesser(connection, table, looks).guess()
    marks = {guess.mark for guess in guesses.values()}
    order = _common(guess.order for guess in guesses.values())
    for name, guess in guesses.items():
        if not guess.unsure:
            continue
        by_fields = delimiter == ";" and marks <= {""} and not _counts(guess.looks)
        mark = "," if by_fields else _common(marks)
        again = _Guesser(connection, table, guess.looks, mark, order).guess()
        guesses[name] = _asked(again) if by_fields and again != guess else again
    return guesses


def _counts(looks: Looks) -> bool:
    """Whether numbers below a thousand stand beside those that have a mark: 999 and 1,007."""
    return any(re.fullmatch(r"[-+]?9{1,3}", shape.text) for shape in looks.shapes)


def _asked(guess: Guess) -> Guess:
    """Fields are separated by ; where the comma is the decimal mark; mostly."""
    example = next((s.example for s in guess.looks.shapes if "," in s.text), "")
    if not example or guess.kind in ("date", "timestamp"):
        return guess
    asked = f"{guess.looks.name}: is {example!r} less than a thousand?"
    return replace(guess, decide=(*guess.decide, asked))


def _whole(connection: Any, table: str, looks: Looks, mark: str, names: Sequence[str]) -> Guess:
    """A column whose whole numbers are written with a decimal mark and zeros."""
    example = next(s.example for s in looks.shapes if mark in s.text)
    bare = without_zeros(connection, table, looks, mark)
    guess = _Guesser(connection, table, bare, whole=True).guess()
    return computed(guess, mark, example, names)


def _common(values: Iterable[str]) -> str:
    """What all of them say that say anything, or ""."""
    said = {value for value in values if value}
    return said.pop() if len(said) == 1 else ""


@dataclass(frozen=True)
class _Guesser:
    connection: Any
    table: str
    looks: Looks
    mark: str = ""
    order: str = ""
    # A whole number with zeros after its mark may look like a day: 20240131.0.
    whole: bool = False

    def guess(self) -> Guess:
        if not self.looks.meant:
            nothing = Guess(self.looks, "text", why=("no value in any row",))
            return self._with_nulls(nothing)
        ways = (self._boolean, self._number) if self.whole else (
            self._boolean, self._dated, self._number
        )  # fmt: skip
        found = next((guess for way in ways if (guess := way())), None)
        if found is not None:
            return self._with_nulls(found)
        return self._text()

    def _with_nulls(self, guess: Guess) -> Guess:
        nulls = self.looks.nulls
        if not nulls:
            return guess
        listed = ", ".join(map(quoted_text, nulls))
        arguments = ", ".join(filter(None, (guess.arguments, *nulls_argument(self.looks))))
        said = f"{sum(nulls.values()):,} values say that there is none: {listed}"
        return replace(guess, arguments=arguments, why=(*guess.why, said))

    def _boolean(self) -> Guess | None:
        few = {v: n for v, n in self.looks.few.items() if v not in self.looks.nulls}
        words = {value.lower() for value in few}
        for pair in PAIRS:
            fit = sum(n for value, n in few.items() if value.lower() in pair)
            if not set(pair) <= words or fit < (1 - DIRT) * self.looks.meant:
                continue
            if pair == ("1", "0") and not FLAG.search(self.looks.words):
                continue
            usual = pair[0] in TRUE and pair[1] in FALSE
            arguments = "" if usual else "true=({},), false=({},)".format(*map(quoted_text, pair))
            others = [value for value in few if value.lower() not in pair]
            why = " and ".join(f"{value!r} {n:,} times" for value, n in list(few.items())[:2])
            return self._dirty(Guess(self.looks, "boolean", arguments, (why,)), fit, others)
        return self._mixed_boolean(few)

    def _mixed_boolean(self, few: dict[str, int]) -> Guess | None:
        """Several of the usual words side by side: true, Yes and 1."""
        said = {v: n for v, n in few.items() if v.lower() in (*TRUE, *FALSE)}
        words = {value.lower() for value in said}
        told = words & set(TRUE) and words & set(FALSE) and words - {"1", "0"}
        if not told or sum(said.values()) < (1 - DIRT) * self.looks.meant:
            return None
        why = ", ".join(f"{value} {n:,}" for value, n in said.items())
        others = [value for value in few if value not in said]
        return self._dirty(Guess(self.looks, "boolean", "", (why,)), sum(said.values()), others)

    def _dated(self) -> Guess | None:
        found = dates(self.connection, self.table, self.looks, 1 - DIRT, self.order)
        if found is None:
            return None
        kind, plain = (
            ("timestamp", "yyyy-MM-dd HH:mm:ss") if found.timed else ("date", "yyyy-MM-dd")
        )
        spark = [form.spark for form in found.formats]
        arguments = "" if spark == [plain] else ", ".join(map(quoted_text, spark))
        decide: tuple[str, ...] = ()
        if found.unsure:
            decide = (f"{self.looks.name}: no day is above 12, so {found.unsure}; check the order",)
        if found.both:
            decide = (*decide, f"{self.looks.name}: {found.both}; is it so?")
        if found.high > FUTURE:
            decide = (*decide, f"{self.looks.name}: it runs to {found.high}; is that a date?")
        if found.short_year:
            asked = "if a year is of another century, write a Repair"
            decide = (*decide, f"{self.looks.name}: {found.short_year}; {asked}")
        said = (f"{found.low} to {found.high}", found.both, found.unsure, found.short_year)
        why = tuple(filter(None, said))
        guess = Guess(
            self.looks, kind, arguments, why, low=found.low, high=found.high, decide=decide,
            order=order_of(found), unsure=bool(found.unsure),
        )  # fmt: skip
        read = " OR ".join(f"({parses(form)})" for form in found.formats)
        return self._dirty(guess, found.fit, self._not(f"coalesce({read}, false)"))

    def _number(self) -> Guess | None:
        found = numbers(self.looks, self.mark)
        if found is None or found.fit < (1 - DIRT) * self.looks.meant:
            return None
        if why := no_number(self.looks, found):
            return Guess(self.looks, "text", why=(why,))
        guess = numeric(self.looks, found)
        if guess.kind == "integer" and found.scale:
            found = whole(self.looks, found)
        others = [s.example for s in self.looks.shapes if not fits(s, found)]
        sure = found.sure and found.scale > 0
        guess = replace(guess, mark=found.decimal if sure else "", unsure=not found.sure)
        return self._dirty(guess, found.fit, others)

    def _text(self) -> Guess:
        looks = self.looks
        nulls = {word: n for word, n in looks.nulls.items() if word.lower() in ("null", "\\n")}
        guess = Guess(looks, "text")
        if looks.few and len(looks.few) > 1:
            few = ", ".join(f"{value} {n:,}" for value, n in looks.few.items())
            guess = replace(guess, why=(few,), decide=tuple(self._same_but_for_case()))
        return _Guesser(self.connection, self.table, replace(looks, nulls=nulls))._with_nulls(guess)

    def _same_but_for_case(self) -> Iterator[str]:
        spelt: dict[str, list[str]] = {}
        for value in self.looks.few:
            spelt.setdefault(value.lower(), []).append(value)
        twice = [" and ".join(values) for values in spelt.values() if len(values) > 1]
        if twice:
            yield f"{self.looks.name}: are {twice[0]} the same? Then write mapping= or case="

    def _dirty(self, guess: Guess, fit: int, others: Iterable[str]) -> Guess:
        dirt = self.looks.meant - fit
        if not dirt:
            return guess
        examples = tuple(list(others)[:EXAMPLES])
        listed = ", ".join(repr(example) for example in examples)
        said = f"{dirt:,} of {self.looks.meant:,} values do not fit, such as {listed}"
        decide = f"{said}: their rows will wait in quarantine"
        if guess.kind in ("date", "timestamp") and "0" in examples:
            decide += '; if 0 means that there is no date, write nulls=("0",)'
        return replace(
            guess, why=(*guess.why, said), dirt=dirt,
            decide=(*guess.decide, f"{self.looks.name}: {decide}"),
        )  # fmt: skip

    def _not(self, condition: str) -> list[str]:
        words = ", ".join(map(literal, self.looks.nulls)) or "''"
        found = self.connection.execute(
            f"SELECT v FROM {values_of(self.connection, self.table, self.looks.name)} "
            f"WHERE NOT ({condition}) AND v NOT IN ({words}) ORDER BY n DESC, v LIMIT {EXAMPLES}"
        ).fetchall()
        return [value for (value,) in found]
