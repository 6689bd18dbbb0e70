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
NO_BREAK = "\xa0\u202f"
DATE, TIMESTAMP = "yyyy-MM-dd", "yyyy-MM-dd HH:mm:ss"


def trimmed(column: str) -> str:
    """SQL: the text of a bronze column without white space around it, null where empty."""
    text = name(column)
    # Looking for any of many characters is slow; most texts begin and end with a plain letter.
    plain = f"ascii({text}) BETWEEN 33 AND 126 AND ascii(substring({text}, -1)) BETWEEN 33 AND 126"
    return (
        f"CASE WHEN {plain} THEN {text} ELSE nullif(btrim({text}, {literal(WHITE_SPACE)}), '') END"
    )


def is_reworded(column: Column) -> bool:
    """Whether a column's text may mean another one."""
    return bool(column.nulls or column.mapping)


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
    return f"try_cast({_plain(value, column)} AS BIGINT)"


def _decimal(value: str, column: Column) -> str:
    exact = f"DECIMAL({column.precision},{column.scale})"
    # A cast would round what has more decimals than the scale; trailing zeros are none.
    scale = column.scale
    digits = literal(f"^[-+]?(?:\\d+\\.?\\d{{0,{scale}}}|\\.\\d{{1,{scale}}})0*$")
    number = _plain(value, column)
    read = f"CASE WHEN {number} RLIKE {digits} THEN try_cast({number} AS {exact}) END"
    if column.decimal != ".":
        return read
    # Most amounts are written as SQL writes them, and need no other look.
    return f"CASE WHEN {value} RLIKE {digits} THEN try_cast({value} AS {exact}) ELSE {read} END"


def _plain(value: str, column: Column) -> str:
    """SQL: a number's text as SQL writes numbers: no symbols, nothing between thousands, a
    leading minus, a point before the decimals; null where the separators are out of place."""
    if column.symbols:
        around = f"[{re.escape(column.symbols)} {NO_BREAK}]*"
        ends = literal(f"^{around}([-+(]?){around}|{around}([-)]?){around}$")
        value = f"regexp_replace({value}, {ends}, '$1$2')"
    if column.kind == "decimal":
        value = f"regexp_replace({value}, '^(?:\\\\((.*)\\\\)|(.*)-)$', '-$1$2')"
    if not column.thousands and column.decimal == ".":
        return value
    point, mark = re.escape(column.decimal), re.escape(column.thousands)
    grouped = f"\\d{{1,3}}(?:{mark}\\d{{3}})+|" if column.thousands else ""
    placed = literal(f"^[-+]?(?:{grouped}\\d*)(?:{point}\\d*)?$")
    # translate drops the letters of its second list that have none in its third.
    given, wanted = literal(column.decimal + column.thousands), literal(".")
    return f"CASE WHEN {value} RLIKE {placed} THEN translate({value}, {given}, {wanted}) END"


def _float(value: str, column: Column) -> str:
    number = f"try_cast({_plain(value, column)} AS DOUBLE)"
    return f"CASE WHEN abs({number}) < double('Infinity') THEN {unsigned(number, column)} END"


def unsigned(value: str, column: Column) -> str:
    """SQL: ``value``, -0.0 as 0.0: they are one number, and two texts and keys."""
    return f"({value} + 0D)" if column.kind == "float" else value


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


def beyond_time(column: str, spec: Column) -> str:
    """SQL: whether a date or a timestamp lies before the year 1 or after 9999, which few readers
    of a table can say."""
    first, last = "0001-01-01", "9999-12-31"
    if spec.kind == "timestamp":
        first, last = f"{first} 00:00:00", f"{last} 23:59:59.999999"
    within = f"{name(column)} BETWEEN {spec.sql_type}'{first}' AND {spec.sql_type}'{last}'"
    return f"coalesce(NOT {within}, false)"


def _boolean(value: str, column: Column) -> str:
    def listed(words: tuple[str, ...]) -> str:
        return literals(word.lower() for word in words)

    return (
        f"CASE WHEN lower({value}) IN ({listed(column.true)}) THEN true "
        f"WHEN lower({value}) IN ({listed(column.false)}) THEN false END"
    )
