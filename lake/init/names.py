"""What a column's name alone says: an identifier, an amount, a measure, a telephone number."""

from __future__ import annotations

import re

from lake.init.groups import RESERVED
from lake.init.spelling import spelled

# number_of_orders and num_orders are counts.
_IDENTIFIER = re.compile(
    r"(?:^|_)(?:id|key|code|no|num(?=_?$)|nr|number|nummer|uuid|guid|sku|ean|isbn|ref)"
    r"(?:_(?!of_)|$)"
)
_MONEY = (
    r"(?:^|_)(?:price|amount|amt|cost|sales|revenue|total|net|gross|discount|tax|vat|fee|paid|"
    r"salary|balance|turnover|preis|betrag|summe|umsatz|kosten|prix|montant|precio|importe)(?:_|$)"
)
_COUNTED = (
    r"(?:^|_)(?:qty|quantity|count|units|anzahl|menge|weight|score|rate|age|pct)(?:_|$)"
)  # fmt: skip
_PAID, _MEASURED = re.compile(_MONEY), re.compile(f"{_MONEY}|{_COUNTED}")
# The last word says what a thing is: a cost_center is no cost, and a tax_class no tax.
THING = re.compile(
    r"(?<!_per)_(?:center|centre|class|type|category|group|status|channel|region|person|rep|"
    r"account|terms|method|year|quarter|month|week|day)$"
)
UPDATED = re.compile(r"updat|modif|chang|(?:^|_)version|(?:^|_)last_|loaded|valid_from|geaendert")
CREATED = re.compile(r"creat|insert|export|start|_at$|_on$")
# What tells the lines of one thing apart.
LINE = re.compile(
    r"(?:^|_)(?:line|item|pos|position|seq|sequence|row|product|prod|prd|article|artikel|zeile|"
    r"ligne|sku|ean|isbn|id|key)(?:_|$)"
)
FLAG = re.compile(r"^(?:is|has|was|can)_|(?:^|_)(?:active|flag|enabled|deleted|valid)(?:_|$)")
DIALLED = re.compile(
    r"(?:phone|(?:^|_)(?:tel|telefon|telefono|mobile|mobil|handy|fax|cell|iban))"
    r"(?:_?(?:no|nr|num|number|nummer|home|work|private|\d+))?$"
)
# What stands for something else than a column of that name, or for none, somewhere in Spark SQL.
NEVER_BARE = RESERVED | {
    "true", "false", "current_timestamp", "current_time", "current_catalog", "current_database",
    "current_schema", "localtimestamp", "session_user", "now", "natural", "semi", "anti", "except",
    "minus", "intersect", "lateral", "exists", "any", "some", "both", "leading", "trailing", "only",
    "unique", "primary", "foreign", "references", "constraint", "create", "cast", "collate", "for",
    "fetch", "offset", "filter", "grant", "into", "outer", "overlaps", "sql", "time", "unknown",
    "within", "struct", "array", "map", "first", "last", "default", "comment", "generated",
}  # fmt: skip


def is_identifier(name: str) -> bool:
    """Whether a column of this name says which one, and not how many or how much."""
    return _IDENTIFIER.search(spelled(name)) is not None


def is_money(name: str) -> bool:
    """Whether a column of this name holds amounts: a price, but no sales_order_id."""
    return _is(_PAID, name)


def is_measure(name: str) -> bool:
    """Whether a column of this name is measured or counted, and so names no row."""
    return _is(_MEASURED, name)


def _is(pattern: re.Pattern, name: str) -> bool:
    words = spelled(name)
    return bool(pattern.search(words)) and not is_identifier(words) and not THING.search(words)


def sql_name(name: str) -> str:
    """A column's name in Spark SQL: in backticks where it has to be."""
    plain = re.fullmatch(r"[a-z_][a-z0-9_]*", name) and name not in NEVER_BARE
    return name if plain else f"`{name}`"
