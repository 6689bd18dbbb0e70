"""The words that a column's name is made of, however they are written: InvoiceNo, productkey."""

from __future__ import annotations

import re
from functools import lru_cache

_CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=\d)(?=[A-Z][a-z])|(?<=[A-Z])(?=[A-Z][a-z])")
# What the last part of a name often is, written together with the part before it.
_LAST = (
    "key|code|number|nummer|nr|uuid|guid|sku|isbn|id|"
    "price|amount|cost|costs|revenue|sales|total|discount|tax|fee|salary|balance|turnover|paid|"
    "preis|betrag|summe|umsatz|kosten|montant|importe|"
    "qty|quantity|count|units|anzahl|menge|weight|score|date|datum|valid"
)  # fmt: skip
# Words that end as one of those does by chance.
_WHOLE = (
    "account|void|avoid|grid|hybrid|solid|fluid|liquid|rapid|humid|acid|covid|"
    "thyroid|pyramid|medicaid|orchid|madrid|chlorid|morbid|candid|lipid|invalid|said|raid|avid|arid|"
    "bid|aid|kid|[a-z]*oid|[a-z]*oxid|"
    "monkey|turkey|whiskey|hockey|jockey|donkey|update|candidate|mandate|validate|coffee|syntax"
)  # fmt: skip
# no is the end of many a word (casino, piano), so what it numbers has to stand before it.
_NUMBERED = (
    "order|ord|invoice|inv|item|customer|cust|client|product|prod|prd|account|acct|acc|stock|doc|"
    "document|bill|article|part|serial|line|batch|lot|ticket|receipt|voucher|vendor|supplier|"
    "employee|emp|staff|store|shop|policy|contract|case|job|shipment|delivery|tracking|payment|"
    "transaction|trans|purchase|po|sales|member|student|patient|room|flight|check|cheque|booking|"
    "reservation|project|asset|entry|row|record"
)  # fmt: skip
_ALONE = re.compile(f"{_LAST}|{_WHOLE}")
_GLUED = re.compile(rf"([^\W_]+?)({_LAST}|{_WHOLE})")
_GLUED_NUMBER = re.compile(rf"([^\W_]*?(?:{_NUMBERED}))(no|num|ref|amt)")


@lru_cache(maxsize=4096)
def spelled(name: str) -> str:
    """A name in small letters, ``_`` between its words: invoice_no of InvoiceNo, invoiceno or
    "Invoice No."."""
    parts = re.findall(r"[^\W_]+", _CAMEL.sub("_", name))
    return "_".join(map(_apart, (part.lower() for part in parts)))


def _apart(part: str) -> str:
    """A part of a name that holds no capital, what ends it taken from what stands before."""
    if _ALONE.fullmatch(part):
        return part
    found = _GLUED.fullmatch(part) or _GLUED_NUMBER.fullmatch(part)
    if found is None:
        return part
    return f"{_apart(found[1])}_{found[2]}"
