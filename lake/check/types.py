"""The types that a mart's contract may give: those that Spark's answers have, by Spark's names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobs.contract import fields
from jobs.definition import Mart
from jobs.errors import DefinitionError
from jobs.faults import Fault
from jobs.sqltext import split, typed_columns

PLAIN = (
    "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "string", "binary",
    "date", "timestamp", "timestamp_ntz",
)  # fmt: skip
DECIMAL = re.compile(r"decimal\(\d+,\d+\)")
NESTED = re.compile(r"(array|map|struct)<(.+)>")
# What SQL calls them elsewhere, or Spark itself in a DDL but not in an answer.
INSTEAD = {
    "datetime": "TIMESTAMP", "timestamp_ltz": "TIMESTAMP", "timestamptz": "TIMESTAMP",
    "varchar": "STRING", "char": "STRING", "character": "STRING", "nvarchar": "STRING",
    "byte": "TINYINT", "short": "SMALLINT", "integer": "INT", "long": "BIGINT",
    "real": "FLOAT", "bool": "BOOLEAN",
}  # fmt: skip
EXACT = re.compile(r"(?:decimal|dec|numeric|number)(?:\((\d+)(?:,(\d+))?\))?")


def type_faults(mart: Mart) -> Iterator[Fault]:
    """The columns of a mart's contract whose type no answer can have."""
    try:
        kinds = fields(mart.columns)
    except DefinitionError as error:
        said = f"{mart.name}: columns= is no sound DDL: {error}"
        yield Fault(mart.name, mart.columns, said)
        return
    written = typed_columns(mart.columns)
    for column, kind in kinds.items():
        if not _there_is(kind):
            said = (
                f"{mart.name}: columns= gives {column} the type {' '.join(written[column].split())}"
            )
            before = mart.columns.partition(written[column])[0]
            line = before.count("\n")
            yield Fault(mart.name, mart.columns, f"{said}; {_instead(kind)}.", line)


def _there_is(kind: str) -> bool:
    """Whether Spark has a type of that name; kind: lower-case, without spaces."""
    nested = NESTED.fullmatch(kind)
    if nested is None:
        return kind in PLAIN or DECIMAL.fullmatch(kind) is not None
    parts = split(nested[2])
    if nested[1] == "struct":
        named = [part.partition(":") for part in parts]
        return all(name and _there_is(inner) for name, _, inner in named)
    return len(parts) == {"array": 1, "map": 2}[nested[1]] and all(map(_there_is, parts))


def _instead(kind: str) -> str:
    """What to write for a type that there is not."""
    bare = kind.removesuffix("notnull")
    exact = EXACT.fullmatch(bare)
    base = bare.partition("(")[0]
    if exact:
        return f"write DECIMAL({exact[1] or 10},{exact[2] or 0})"
    if bare != kind and _there_is(bare):
        return f"write {bare.upper()} alone"
    if base in INSTEAD:
        return f"write {INSTEAD[base]}"
    names = ", ".join(PLAIN).upper()
    return f"the types are {names}, DECIMAL(p,s), ARRAY<t>, MAP<t,t> and STRUCT<name:t>"
