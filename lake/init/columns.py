"""What each column most likely is, and the evidence for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lake.init.dates import dates, order_of, parses
from lake.init.numbers import LONGEST, SYMBOLS, Numbers, numbers
from lake.init.shapes import Looks, literal, look, values_of

# Up to this share of a column's values may not fit its type: they are dirt, which the contract
# quarantines, and no reason to call the column text.
DIRT = 0.02
# With so few fractions, whole numbers are meant.
FRACTIONS = 0.005
FUTURE = "2100"
EXAMPLES = 3
MONEY = re.compile(
    r"(?:^|_)(?:price|amount|amt|cost|sales|revenue|total|net|gross|discount|tax|vat|fee|paid|"
    r"salary|balance|turnover|preis|betrag|summe|umsatz|kosten|prix|montant|precio|importe)(?:_|$)"
)
FLAG = re.compile(r"^(?:is|has|was|can)_|(?:^|_)(?:active|flag|enabled|deleted|valid)(?:_|$)")
PAIRS = (
    ("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("on", "off"), ("ja", "nein"),
    ("j", "n"), ("oui", "non"), ("si", "no"), ("sí", "no"), ("wahr", "falsch"), ("vrai", "faux"),
    ("1", "0"),
)  # fmt: skip
TRUE, FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")


@dataclass(frozen=True)
class Guess:
    """A column as the contract will have it. kind: the function's name. arguments: what is
    written between its brackets. why: the evidence, a sentence each. dirt: rows whose value
    does not fit. decide: what a person should settle. low, high: the days it runs between.
    mark, order: the decimal mark, or ``dM`` or ``Md``, where the column is sure of it.
    unsure: whether another column's may help."""

    looks: Looks
    kind: str
    arguments: str = ""
    why: tuple[str, ...] = ()
    dirt: int = 0
    low: str = ""
    high: str = ""
    scale: int = 0
    decide: tuple[str, ...] = ()
    mark: str = ""
    order: str = ""
    unsure: bool = False

    @property
    def name(self) -> str:
        return self.looks.name

    @property
    def call(self) -> str:
        """The column as it is written in the contract."""
        return f"{self.kind}({self.arguments})"


def guess_columns(connection: Any, table: str, names: Sequence[str], rows: int) -> dict[str, Guess]:
    """Every column of a table. What one column says for sure of the decimal mark or of day and
    month helps with the others."""
    looks = [look(connection, table, name, rows) for name in names]
    first = [_Guesser(connection, table, one).guess() for one in looks]
    mark = _common(guess.mark for guess in first)
    order = _common(guess.order for guess in first)
    return {
        guess.name: _Guesser(connection, table, guess.looks, mark, order).guess()
        if guess.unsure else guess
        for guess in first
    }  # fmt: skip


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

    def guess(self) -> Guess:
        if not self.looks.meant:
            nothing = Guess(self.looks, "text", why=("no value in any row",))
            return self._with_nulls(nothing)
        for found in (self._boolean(), self._dated(), self._number()):
            if found is not None:
                return self._with_nulls(found)
        return self._text()

    def _with_nulls(self, guess: Guess) -> Guess:
        nulls = self.looks.nulls
        if not nulls:
            return guess
        listed = ", ".join(_quoted(word) for word in nulls)
        arguments = ", ".join(filter(None, (guess.arguments, f"nulls=({listed},)")))
        said = f"{sum(nulls.values()):,} values say that there is none: {listed}"
        return replace(guess, arguments=arguments, why=(*guess.why, said))

    def _boolean(self) -> Guess | None:
        few = {v: n for v, n in self.looks.few.items() if v not in self.looks.nulls}
        words = {value.lower() for value in few}
        for pair in PAIRS:
            fit = sum(n for value, n in few.items() if value.lower() in pair)
            if not set(pair) <= words or fit < (1 - DIRT) * self.looks.meant:
                continue
            if pair == ("1", "0") and not FLAG.search(self.looks.name):
                continue
            usual = pair[0] in TRUE and pair[1] in FALSE
            arguments = "" if usual else f'true=("{pair[0]}",), false=("{pair[1]}",)'
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
        arguments = "" if spark == [plain] else ", ".join(f'"{form}"' for form in spark)
        decide: tuple[str, ...] = ()
        if found.unsure:
            decide = (f"{self.looks.name}: no day is above 12, so {found.unsure}; check the order",)
        if found.high > FUTURE:
            decide = (*decide, f"{self.looks.name}: it runs to {found.high}; is that a date?")
        why = (f"{found.low} to {found.high}", *((found.unsure,) if found.unsure else ()))
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
        if found.zeros:
            why = f"{found.zeros:,} values begin with a zero: a code, and no number"
            return Guess(self.looks, "text", why=(why,))
        if not found.scale and found.whole > LONGEST:
            return Guess(self.looks, "text", why=(f"numbers of up to {found.whole} digits",))
        guess = _numeric(self.looks, found)
        if guess.kind == "integer" and found.scale:
            found = _whole(self.looks, found)
        others = [s.example for s in self.looks.shapes if not numbers_fit(s, found)]
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


def numbers_fit(shape: Any, style: Numbers) -> bool:
    """Whether a shape is read by a style."""
    alone = numbers(replace_shapes(shape), style.decimal)
    return alone is not None and (alone.scale, alone.whole) <= (style.scale, max(style.whole, 1))


def replace_shapes(shape: Any) -> Looks:
    """A column of one shape."""
    return Looks("", shape.rows, shape.rows, shape.distinct, (shape,), {}, {})


def _whole(looks: Looks, found: Numbers) -> Numbers:
    """The same style without fractions."""
    whole = replace(found, scale=0)
    return replace(whole, fit=sum(s.rows for s in looks.shapes if numbers_fit(s, whole)))


def _numeric(looks: Looks, found: Numbers) -> Guess:
    symbols = "".join(sorted(found.symbols, key=SYMBOLS.index))
    options = {
        "symbols": symbols,
        "thousands": found.thousands,
        "decimal": found.decimal if found.scale and found.decimal != "." else "",
    }
    arguments = [f"{key}={_quoted(value)}" for key, value in options.items() if value]
    why, decide = [], []
    if not found.sure and found.thousands and not found.scale:
        why.append(f"{found.thousands!r} taken as the mark between thousands")
        decide.append(f"{looks.name}: is {looks.shapes[0].example!r} more than a thousand?")
    if found.exponent or found.scale > 6 or found.whole + found.scale > LONGEST:
        return Guess(looks, "real", ", ".join(arguments), tuple(why), scale=9)
    named = bool(MONEY.search(looks.name))
    broken = found.fit - _whole(looks, found).fit if found.scale else 0
    if not named and not found.symbols and 0 < broken <= FRACTIONS * looks.meant:
        return _numeric(looks, replace(found, scale=0))
    if found.scale > 2:
        return Guess(
            looks, "number", ", ".join([*arguments, f"scale={found.scale}"]),
            (*why, f"up to {found.scale} decimals"), scale=found.scale, decide=tuple(decide),
        )  # fmt: skip
    if found.scale or found.symbols or named:
        if not found.scale and not found.symbols:
            why.append("whole so far; the name says an amount")
        return Guess(
            looks, "money", ", ".join(arguments), tuple(why), scale=2, decide=tuple(decide)
        )
    return Guess(looks, "integer", ", ".join(arguments), tuple(why), decide=tuple(decide))


def _quoted(value: str) -> str:
    """A Python string in double quotes, as the formatter has them."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
