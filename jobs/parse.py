"""How the text of one column becomes a typed value: SQL expressions, null where it cannot."""

from __future__ import annotations

import re

from jobs.definition import Column
from jobs.sqltext import literal, literals, name

# Everything Unicode calls white space, and the marks that look like nothing.
WHITE_SPACE = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\u200b\u200c\u200d\u2060\ufeff\x00"
)
DATE, TIMESTAMP = "yyyy-MM-dd", "yyyy-MM-dd HH:mm:ss"


def trimmed(column: str) -> str:
    """SQL: the text of a bronze column without white space around it, null where empty."""
    return f"nullif(btrim({name(column)}, {literal(WHITE_SPACE)}), '')"


def meant(value: str, column: Column) -> str:
    """SQL: the text after the contract's null words and mapping."""
    if column.nulls:
        value = f"CASE WHEN {value} IN ({literals(column.nulls)}) THEN NULL ELSE {value} END"
    if column.mapping:
        whens = " ".join(
            f"WHEN {literal(k.lower())} THEN {literal(v)}" for k, v in column.mapping.items()
        )
        value = f"CASE lower({value}) {whens} ELSE {value} END"
    return value


def typed(value: str, column: Column) -> str:
    """SQL: the typed value of a text, null where the text does not parse."""
    parsers = {
        "text": _text,
        "integer": _integer,
        "decimal": _decimal,
        "float": _float,
        "date": _date,
        "timestamp": _timestamp,
        "boolean": _boolean,
    }
    return parsers[column.kind](value, column)


def _text(value: str, column: Column) -> str:
    return f"{column.case}({value})" if column.case in ("upper", "lower") else value


def _integer(value: str, column: Column) -> str:
    return f"try_cast({_ungrouped(value, column, with_fraction=False)} AS BIGINT)"


def _decimal(value: str, column: Column) -> str:
    number = value
    if column.symbols:
        stripped = f"translate({value}, {literal(column.symbols + '  ')}, '')"
        number = (
            f"CASE WHEN {stripped} LIKE '(%)' "
            f"THEN concat('-', substring({stripped}, 2, length({stripped}) - 2)) "
            f"WHEN {stripped} LIKE '%-' "
            f"THEN concat('-', substring({stripped}, 1, length({stripped}) - 1)) "
            f"ELSE {stripped} END"
        )
    number = _ungrouped(number, column, with_fraction=True)
    exact = f"DECIMAL({column.precision},{column.scale})"
    # The short way needs no more decimals than the scale has, and no exponent; all else is
    # read wide, and is no value where narrowing it would round.
    point = f"instr({number}, '.')"
    short = (
        f"({point} = 0 OR length({number}) - {point} <= {column.scale}) "
        f"AND NOT contains({number}, 'e') AND NOT contains({number}, 'E')"
    )
    wide = f"try_cast({number} AS DECIMAL(38,18))"
    return (
        f"CASE WHEN {short} THEN try_cast({number} AS {exact}) "
        f"WHEN {wide} = try_cast({wide} AS {exact}) THEN try_cast({wide} AS {exact}) END"
    )


def _ungrouped(value: str, column: Column, *, with_fraction: bool) -> str:
    """SQL: the number as SQL writes it: no thousands separators, a point before decimals."""
    if column.thousands:
        mark = re.escape(column.thousands)
        fraction = f"({re.escape(column.decimal)}\\d*)?" if with_fraction else ""
        grouped = literal(f"^[-+]?\\d{{1,3}}({mark}\\d{{3}})+{fraction}$")
        value = (
            f"CASE WHEN {value} RLIKE {grouped} "
            f"THEN replace({value}, {literal(column.thousands)}, '') ELSE {value} END"
        )
    if with_fraction and column.decimal != ".":
        value = (
            f"CASE WHEN contains({value}, '.') THEN NULL "
            f"ELSE replace({value}, {literal(column.decimal)}, '.') END"
        )
    return value


def _float(value: str, column: Column) -> str:
    number = f"try_cast({_ungrouped(value, column, with_fraction=True)} AS DOUBLE)"
    return f"CASE WHEN abs({number}) < double('Infinity') THEN {number} END"


def _date(value: str, column: Column) -> str:
    ways = [
        f"CASE WHEN {value} LIKE '____-__-__' THEN try_cast({value} AS DATE) END"
        if fmt == DATE
        else f"cast(try_to_timestamp({value}, {literal(fmt)}) AS DATE)"
        for fmt in column.formats
    ]
    return f"coalesce({', '.join(ways)})"


def _timestamp(value: str, column: Column) -> str:
    ways = [
        f"CASE WHEN {value} LIKE '____-__-__ __:__:__' THEN try_cast({value} AS TIMESTAMP) END"
        if fmt == TIMESTAMP
        else f"try_to_timestamp({value}, {literal(fmt)})"
        for fmt in column.formats
    ]
    moment = f"coalesce({', '.join(ways)})"
    if column.timezone == "UTC":
        return moment
    return f"to_utc_timestamp({moment}, {literal(column.timezone)})"


def _boolean(value: str, column: Column) -> str:
    def listed(words: tuple[str, ...]) -> str:
        return literals(word.lower() for word in words)

    return (
        f"CASE WHEN lower({value}) IN ({listed(column.true)}) THEN true "
        f"WHEN lower({value}) IN ({listed(column.false)}) THEN false END"
    )
