"""The names that a silver table's columns may have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from jobs.definition import Source
from jobs.faults import Fault
from jobs.headers import same
from jobs.printable import is_seen

# What Delta and Parquet refuse in a column's name, and what ends a quoted one.
REFUSED = " ,;{}()<>=`"
OWN = "_repairs"  # the one column of a silver table that the lake names so itself


def name_faults(source: Source, columns: Sequence[str]) -> Iterator[Fault]:
    """What is wrong with the names of a source's silver ``columns``."""
    counts = Counter(map(same, columns))
    twice = sorted(column for column in columns if counts[same(column)] > 1)
    if twice:
        said = f"{source.name}: its silver table would have two columns called {twice[0]}"
        others = sorted({c for c in twice if same(c) == same(twice[0])} - {twice[0]})
        said += f" ({', '.join(others)} is the same name to Spark)" if others else ""
        said += "; rename one, or give the reference key= or bring={new: old}."
        yield Fault(source.name, twice[0], said)
    for column in columns:
        if column.startswith("_") and column != OWN:
            said = f"{source.name}: {column} begins with _, as the lake's own columns do; call it "
            said += f"{column.lstrip('_') or 'another name'}, and name what stands in the file "
            yield Fault(source.name, column, said + "with header=.")
        bad = "".join(c for c in column if c in REFUSED or not is_seen(c))
        if bad or not column:
            said = f"{source.name}: a column cannot be called {column!r}: leave out {bad!r}, and "
            yield Fault(source.name, column, said + "name what stands in the file with header=.")
