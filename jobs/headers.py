"""From the names in a landing file's header to the names of columns, and what must be there."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from jobs.definition import Column, Source, as_names
from jobs.reading import Refused

RESERVED = ("source_file", "source_line", "ingestion_timestamp", "run_id")
QUARANTINE_ID = "_quarantine_id"  # the column by which a repaired row comes back


def sanitise(header_cells: Iterable[str]) -> tuple[str, ...]:
    """One column name per header cell: lower case, letters and digits joined by ``_``, unique.

    Names that are one to Spark are one here, too. An empty cell becomes ``column_<n>``; of cells
    that would get one name, or a name that bronze uses itself, the later ones get ``_2``, ``_3``.
    "Later" is by the cells' text and not by where they stand, so that files that order their
    columns differently agree.
    """
    cells = [unicodedata.normalize("NFC", cell.strip()) for cell in header_cells]
    wanted = [_word(cell) or f"column_{n}" for n, cell in enumerate(cells, 1)]
    names, taken = [""] * len(cells), set(RESERVED)
    for at in sorted(range(len(cells)), key=lambda at: (cells[at] != wanted[at], cells[at], at)):
        name, count = wanted[at], 1
        while name in taken:
            count += 1
            name = f"{wanted[at]}_{count}"
        taken.add(name)
        names[at] = name
    return tuple(names)


def same(name: str) -> str:
    """What two names have in common that are one to Spark, which compares as Java's
    equalsIgnoreCase does: letter by letter, in capitals and then in small letters. So ``ı`` is
    ``i``, ``ſ`` is ``s``, and the micro sign is a Greek mu."""
    return "".join(map(_same_letter, name))


def _same_letter(letter: str) -> str:
    upper = letter.upper()
    # What is two letters in capitals (ß) stays one to Java.
    lower = (upper if len(upper) == 1 else letter).lower()
    return lower[0]  # of "İ", Java's small letter is a plain i


def _word(cell: str) -> str:
    if cell == QUARANTINE_ID:
        return cell
    # "Discount" and "Discount %" are two things.
    spelt = same(cell).replace("%", " percent ")
    letters = (letter if letter.isalnum() else " " for letter in spelt)
    return "_".join(map(_usual, "".join(letters).split()))


def _usual(word: str) -> str:
    """One of the words that are one to Spark, spelt as people do: ``µg``, and Greek ``ς`` last."""
    if "\u03bc" in word and not re.search("[\u0370-\u03bb\u03bd-\u03ff\u1f00-\u1fff]", word):
        return word.replace("\u03bc", "\xb5")
    return re.sub("(?<=.)\u03c3$", "\u03c2", word)


def header_for(column_name: str, column: Column, layout: tuple[str, ...]) -> str | None:
    """The name in ``layout`` that feeds a contract's column; None when the file has none.

    Any one of the column's ``header`` names will do, in the order they are written.
    """
    for name in column.header or (column_name,):
        (wanted,) = sanitise((name,))
        if wanted in layout:
            return wanted
    return None


def columns_in_file(source: Source) -> dict[str, Column]:
    """The contract's columns that are read from the file and not computed."""
    return {name: column for name, column in source.columns.items() if not column.sql}


def required_columns(source: Source) -> tuple[str, ...]:
    """The contract's columns without which a file is refused: the required ones, and those
    that the key and the order of arrival are made of."""
    named = {*as_names(source.key), *as_names(source.latest_by)}
    return tuple(
        name for name, column in columns_in_file(source).items() if column.required or name in named
    )


def declared_header(source: Source) -> tuple[str, ...]:
    """The header of a file that has none (``header=False``): the contract's own order."""
    columns = columns_in_file(source).items()
    return tuple(column.header[0] if column.header else name for name, column in columns)


def check_header(cells: tuple[str, ...], source: Source, required: tuple[str, ...]) -> None:
    """Raises Refused when a name stands twice in a header or a required column is missing."""
    counts = Counter(unicodedata.normalize("NFC", cell).casefold() for cell in cells if cell)
    twice = [cell for cell in cells if counts[unicodedata.normalize("NFC", cell).casefold()] > 1]
    if twice:
        raise Refused(f"names a column twice: {_listed(twice)}; rename or remove one of them")
    layout = sanitise(cells)
    _refuse_unclear(cells, layout, source)
    missing = [n for n in required if header_for(n, source.columns[n], layout) is None]
    if not missing:
        return
    if len(cells) == 1 and len(columns_in_file(source)) > 1:
        raise Refused(
            f"has one column only, {cells[0][:200]!r}, without {_listed(missing)}: is the "
            f"contract's delimiter {source.delimiter!r} right?"
        )
    raise Refused(
        f"has no column {_listed(missing)}, only {_listed(cells)}: add it to the file, or its "
        "name in the file to the contract's header="
    )


def _refuse_unclear(cells: tuple[str, ...], layout: tuple[str, ...], source: Source) -> None:
    """Raises Refused where two cells could feed one column, and neither is just its name."""
    for name, column in columns_in_file(source).items():
        wanted = header_for(name, column, layout)
        alike = [cell for cell in cells if _word(cell) == wanted]
        if wanted is None or len(alike) < 2:
            continue
        if cells[layout.index(wanted)] not in (column.header or (name,)):
            raise Refused(
                f"has {_listed(alike)}, and {name} could be read from either; rename one of them, "
                "or name the one that is meant in the contract's header="
            )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
