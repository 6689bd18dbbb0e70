"""Which numeric column the way a column's numbers are written makes."""

from __future__ import annotations

from dataclasses import replace

from lake.init.escaped import quoted_text
from lake.init.guess import DIRT, Guess
from lake.init.names import DIALLED, is_money
from lake.init.numbers import LONGEST, SYMBOLS, Numbers, numbers
from lake.init.shapes import Looks, Shape

# With so few fractions, whole numbers are meant.
FRACTIONS = 0.005


def no_number(looks: Looks, found: Numbers) -> str:
    """Why values that read as numbers are text all the same; "" where they are numbers."""
    if found.zeros:
        return f"{found.zeros:,} values begin with a zero: a code, and no number"
    if not found.scale and found.whole > LONGEST:
        return f"numbers of up to {found.whole} digits"
    if DIALLED.search(looks.words):
        return "the name says what is dialled or paid into, which is no number to add up"
    signs = {sign: sum(s.rows for s in looks.shapes if s.text[0] == sign) for sign in "+-"}
    if not found.scale and signs["+"] > DIRT * looks.meant and not signs["-"]:
        return f"{signs['+']:,} values begin with +, none with -: as telephone numbers do"
    return ""


def numeric(looks: Looks, found: Numbers) -> Guess:
    """The numeric column for numbers that are written so."""
    symbols = "".join(sorted(found.symbols, key=SYMBOLS.index))
    options = {
        "symbols": symbols,
        "thousands": found.thousands,
        "decimal": found.decimal if found.scale and found.decimal != "." else "",
    }
    arguments = [f"{key}={quoted_text(value)}" for key, value in options.items() if value]
    why, decide = [], []
    if not found.sure and found.thousands and not found.scale:
        why.append(f"{found.thousands!r} taken as the mark between thousands")
        decide.append(f"{looks.name}: is {looks.shapes[0].example!r} more than a thousand?")
    if not found.sure and found.scale:
        why.append(f"{found.decimal!r} taken as the decimal mark")
    if found.exponent or found.scale > 6 or found.whole + found.scale > LONGEST:
        return Guess(looks, "real", ", ".join(arguments), tuple(why), scale=9)
    named = is_money(looks.words)
    broken = found.fit - whole(looks, found).fit if found.scale else 0
    if not named and not found.symbols and 0 < broken <= FRACTIONS * looks.meant:
        return numeric(looks, replace(found, scale=0))
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


def whole(looks: Looks, found: Numbers) -> Numbers:
    """The same style without fractions."""
    style = replace(found, scale=0)
    return replace(style, fit=sum(s.rows for s in looks.shapes if fits(s, style)))


def fits(shape: Shape, style: Numbers) -> bool:
    """Whether a shape is read by a style."""
    alone = numbers(Looks("", shape.rows, shape.rows, shape.distinct, (shape,), {}, {}),
                    style.decimal)  # fmt: skip
    return alone is not None and (alone.scale, alone.whole) <= (style.scale, max(style.whole, 1))
