"""What is wrong with a source's columns and expressions, beyond what Python itself refuses."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields
from datetime import date
from decimal import Decimal, InvalidOperation

from jobs import date_patterns
from jobs.definition import COMPUTED, FUNCTIONS, MADE, ONLY, Column, Source, options_of
from jobs.faults import Fault
from jobs.regexes import regex_fault
from jobs.sqltext import expression_fault
from jobs.zones import zone_fault

# (what is wrong, the word in the file that it is about)
Found = Iterator[tuple[str, str]]


def column_faults(source: Source) -> Iterator[Fault]:
    """The faults of each column, one sentence each."""
    for name, column in source.columns.items():
        if not isinstance(column, Column) or column.kind not in MADE:
            said = f"{source.name}: {name} is no column; write text(), integer(), date() and so on."
            yield Fault(source.name, name, said)
            continue
        wrong = [*_options(column), *_values(column)]
        for check in () if wrong else CHECKS:
            wrong += check(column)
        for said, word in wrong:
            yield Fault(source.name, word, f"{source.name}: {name}: {said}.", within=name)


def _options(column: Column) -> Found:
    """Options that its function does not take."""
    here, kinds = options_of(column.kind), [f.name for f in fields(Column)]
    for option in column.refused:
        if option in ONLY:
            words = " and ".join(FUNCTIONS[kind] for kind in ONLY[option])
            said = f"{option}= is for {words} and has no effect on {FUNCTIONS[column.kind]}"
            yield f"{said}; take it away", option
        else:
            near = difflib.get_close_matches(option, [n for n in kinds if n in here], n=1)
            cure = f"did you mean {near[0]}=?" if near else f"it takes {', '.join(here)}"
            said = f"{FUNCTIONS[column.kind]}() has no option {option}="
            yield f"{said}; {cure}".rstrip("?") + ("?" if near else ""), option


def _values(column: Column) -> Found:
    """Options whose value is of another type."""
    for option in fields(Column):
        if option.name in ("kind", "refused"):
            continue
        made = option.default_factory
        default = option.default if made is MISSING else made()
        value, kind = getattr(column, option.name), type(default)
        if isinstance(default, Mapping):
            texts = isinstance(value, Mapping) and [*value, *value.values()]
            right, wanted = texts is not False and _all_texts(texts), "texts by texts"
        elif kind is tuple:
            right, wanted = isinstance(value, tuple) and _all_texts(value), "texts, in quotes"
        else:
            right = type(value) is kind
            wanted = {str: "a text", int: "a whole number", bool: "True or False"}[kind]
        if not right:
            yield f"{option.name}= is {value!r}; write {wanted}", option.name


def _all_texts(values: object) -> bool:
    return all(isinstance(value, str) for value in values)  # type: ignore[attr-defined]


def _computed(column: Column) -> Found:
    """Options about the text of a column that has none."""
    made = MADE[column.kind]
    for option in COMPUTED if column.sql else ():
        if getattr(column, option) != getattr(made, option):
            yield f"it is computed, so {option}= has no effect on it; say it in its sql=", option


def _exact(column: Column) -> Found:
    if column.kind != "decimal":
        return
    if not 1 <= column.precision <= 38:
        yield f"precision={column.precision} must lie between 1 and 38", "precision"
    elif not 0 <= column.scale <= column.precision:
        least = f"0 and its precision, {column.precision}"
        yield f"scale={column.scale} must lie between {least}", "scale"


def _marks(column: Column) -> Found:
    """Signs of a number that could be taken for another."""
    if column.kind not in ONLY["thousands"]:
        return
    if len(column.decimal) != 1 or column.decimal in "+-0123456789":
        yield f"decimal={column.decimal!r} must be one character, and no digit or sign", "decimal"
    elif column.decimal in column.thousands:
        other = "," if column.decimal == "." else "."
        said = f"decimal= and thousands= are both {column.decimal!r}"
        yield f'{said}; write decimal="{other}" where it is so', "thousands"
    for option in ("thousands", "symbols"):
        if any(sign in "+-0123456789" for sign in getattr(column, option)):
            yield f"{option}= must hold no digit or sign", option


def _words(column: Column) -> Found:
    if column.case not in ("", "upper", "lower"):
        yield f'case="{column.case}" must be "upper" or "lower"', "case"
    if column.kind == "boolean":
        both = {w.lower() for w in column.true} & {w.lower() for w in column.false}
        if both:
            yield f"{min(both)!r} is both true and false", "false"
    if column.kind == "boolean" and not (column.true and column.false) and not column.sql:
        yield "true= and false= need a word each", "true" if not column.true else "false"
    seen: dict[str, str] = {}
    for text, meant in column.mapping.items():
        if seen.setdefault(text.lower(), meant) != meant:
            yield f"mapping= gives {text!r}, ignoring case, two meanings", text


def _allowed(column: Column) -> Found:
    """Values of ``one_of`` that the column can never have."""
    can: dict[str, Callable[[str], object]] = {
        "integer": int, "decimal": lambda value: _fits(Decimal(value), column), "float": float,
        "date": date.fromisoformat, "boolean": {"true": 1, "false": 1}.__getitem__,
    }  # fmt: skip
    for value in column.one_of:
        try:
            can.get(column.kind, str)(value)
            never = bool(column.case) and getattr(value, column.case)() != value
            never = never or (column.kind == "text" and value != value.strip()) or not value
        except (ValueError, KeyError, InvalidOperation):
            never = True
        if never:
            kind = f"{column.case} {column.kind}".strip()
            yield f"one_of= has {value!r}, which no {kind} of it can be", value or "one_of"


def _fits(value: Decimal, column: Column) -> None:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > column.scale:
        raise ValueError(value)


def _pattern(column: Column) -> Found:
    fault = regex_fault(column.pattern)
    if fault:
        yield f"pattern={column.pattern} is no regular expression to Spark: {fault}", column.pattern


def _formats(column: Column) -> Found:
    if column.kind not in ONLY["formats"] or column.sql:
        return
    for form in column.formats:
        fault = date_patterns.refused(form) or date_patterns.misread(form)
        if fault:
            yield f"the format {form!r} is not right: {fault}", form
        elif date_patterns.has_zone(form) and column.timezone != "UTC":
            said = f"the format {form!r} reads the zone from the text"
            yield f"{said}, so timezone= would move it twice; take it away", "timezone"
    if column.kind == "timestamp" and not any(map(date_patterns.has_time, column.formats)):
        word = column.formats[0] if column.formats else ""
        yield f"its formats have no time of day ({word!r}); write date(), or add HH:mm:ss", word


def _zone(column: Column) -> Found:
    fault = zone_fault(column.timezone)
    if fault:
        yield f'timezone="{column.timezone}": {fault}'.rstrip("."), column.timezone or "timezone"


CHECKS = (_computed, _exact, _marks, _words, _allowed, _pattern, _formats, _zone)


def expression_faults(source: Source) -> Iterator[Fault]:
    """Expressions that would not stay within the brackets that they are put into."""
    given = [(f"column {name}", column.sql) for name, column in source.columns.items()]
    given += [(f'check "{sentence}"', sql) for sentence, sql in source.checks.items()]
    for sentence, repair in source.repairs.items():
        given += [(f'repair "{sentence}"', sql) for sql in (repair.when, repair.to)]
    for what, sql in given:
        fault = expression_fault(sql) if sql or not what.startswith("column") else ""
        if fault:
            yield Fault(source.name, sql, f"{source.name}: {what} is no sound SQL: {fault}.")
