"""Why a landing file is put on hold: it lacks columns, or too many of its rows are bad."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from jobs.definition import Column, Source
from jobs.headers import QUARANTINE_ID, columns_in_file, header_for, sanitise

# How alike two names are that may be one, from 0 to 1.
ALIKE = 0.5
# Of a file with bad rows, so many violations are named, and so much of each.
SHOWN, LONGEST = 3, 120
ACCEPT = "`lake accept` takes the file as it is"


def missing_columns(source: Source, header: Sequence[str]) -> tuple[str, ...]:
    """The contract's columns that a file with this header lacks and may not lack."""
    if not source.header:
        return ()  # its header is the contract's own: lines are judged by their count of fields
    layout = sanitise(header)
    return tuple(
        name
        for name, column in columns_in_file(source).items()
        if not column.optional and header_for(name, column, layout) is None
    )


def unknown_columns(source: Source, header: Sequence[str]) -> list[str]:
    """The cells of a header that no column of the contract is read from."""
    known = {
        cell
        for name, column in source.columns.items()
        for cell in sanitise(column.header or (name,))
    }
    layout = zip(header, sanitise(header), strict=True)
    return [cell for cell, name in layout if name not in known and cell != QUARANTINE_ID]


def reason_missing(source: Source, header: Sequence[str], missing: Sequence[str]) -> str:
    """Why a file is on hold that lacks columns: which ones, their likely new names, and what to
    do."""
    new = unknown_columns(source, header)
    pairs = _likely(missing, new)
    said = f"{_and(missing)}, which the contract reads, {_are(missing)} missing"
    if not pairs:
        said += f"; {_and(new)} {_are(new)} new" if new else ""
        return f"{said}. Put optional=True in the contract where files may lack it, or {ACCEPT}"
    others = [cell for cell in new if cell not in pairs.values()]
    said += f"; {_and([*pairs.values(), *others])} {_are(new)} new: "
    if len(missing) == len(new) == 1:
        said += "is it the new name?"
    else:
        asked = [f"is {cell} the new name of {column}?" for column, cell in pairs.items()]
        said += " ".join(asked)
    puts = [_header_option(c, source.columns[c], new=cell) for c, cell in pairs.items()]
    return f"{said} Put {' and '.join(puts)} in the contract, or optional=True, or {ACCEPT}"


def reason_bad(
    bad: int, rows: int, max_bad_share: float, violations: Iterable[tuple[str, int]]
) -> str:
    """Why a file is on hold that has too many bad rows: the violations of most of them."""
    worst = sorted(violations, key=lambda found: (-found[1], found[0]))
    told = [f"{violation[:LONGEST]} ({_rows(count)})" for violation, count in worst[:SHOWN]]
    more = f" and {len(worst) - SHOWN} more" if len(worst) > SHOWN else ""
    return (
        f"{bad:,} of its {_rows(rows)} {'is' if bad == 1 else 'are'} bad, and max_bad_share bears "
        f"{max_bad_share:.0%}: {', '.join(told)}{more}; {ACCEPT}"
    )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _likely(missing: Sequence[str], new: Sequence[str]) -> dict[str, str]:
    """{missing column: the new one that is most like it}; the only two are taken for one."""
    if len(missing) == len(new) == 1:
        return {missing[0]: new[0]}
    alike = sorted(
        ((_alike(column, cell), column, cell) for column in missing for cell in new), reverse=True
    )
    pairs: dict[str, str] = {}
    for share, column, cell in alike:
        if share >= ALIKE and column not in pairs and cell not in pairs.values():
            pairs[column] = cell
    return pairs


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one.lower(), other.lower()).ratio()


def _header_option(name: str, column: Column, *, new: str) -> str:
    cells = ", ".join(json.dumps(cell, ensure_ascii=False) for cell in (*column.header, new))
    first = "" if column.header else f"{json.dumps(name, ensure_ascii=False)}, "
    return f"header=({first}{cells})"


def _and(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
