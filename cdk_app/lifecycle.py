"""The buckets' lifecycle rules as the documents' table: read from the template, with the prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cdk_app.picture import Template
from lake.aws.rates import (
    BY_STORAGE_CLASS,
    READ_INFREQUENT,
    READ_INSTANT,
    TO_INFREQUENT,
    TO_INSTANT,
)

Rule = Mapping[str, Any]
Line = tuple[int, str, str]  # days, what happens then, what it costs

_READING_AND_MOVING = {
    "STANDARD_IA": (READ_INFREQUENT, TO_INFREQUENT),
    "GLACIER_IR": (READ_INSTANT, TO_INSTANT),
}
_OLD = "replaced or deleted versions"
_FREE = "nothing"


def markdown(zones: Template) -> str:
    """One line for each thing that a rule does: after how many days, and what that costs.

    :param zones: the template of the zones' stack
    :raises ValueError: a rule does what no line can tell
    """
    lines = ["| rule | days | what it does | what it costs |", "|---|---|---|---|"]
    for name, rule in _rules(zones).items():
        for days, does, costs in sorted(_told(rule)):
            lines.append(f"| `{name}` | {days or 'at once'} | {does} | {costs} |")
    return "\n".join(lines)


def _rules(zones: Template) -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for resource in zones["Resources"].values():
        aging = resource.get("Properties", {}).get("LifecycleConfiguration", {})
        for rule in aging.get("Rules", ()):
            if found.setdefault(rule["Id"], rule) != rule:
                raise ValueError(f"The rule {rule['Id']} does one thing here and another there.")
    # The zones' own before that of their access logs, which stands first in the template.
    return dict(sorted(found.items(), key=lambda item: "ExpirationInDays" in item[1]))


def _told(rule: Rule) -> Iterator[Line]:
    for part, value in rule.items():
        if part == "Transitions":
            yield from _moves(value, "objects")
        elif part == "NoncurrentVersionTransitions":
            yield from _moves(value, _OLD)
        elif part == "NoncurrentVersionExpiration":
            yield value["NoncurrentDays"], f"{_OLD} go for good", _FREE
        elif part == "ExpirationInDays":
            yield value, "objects go", _FREE
        elif part == "ExpiredObjectDeleteMarker":
            yield 0, "delete markers with nothing behind them go", _FREE
        elif part == "AbortIncompleteMultipartUpload":
            yield value["DaysAfterInitiation"], "unfinished uploads go", _FREE
        elif part not in ("Id", "Status"):
            raise ValueError(f"The rule {rule['Id']} has {part}, which nobody has put in words.")


def _moves(moves: list[dict[str, Any]], what: str) -> Iterator[Line]:
    before = BY_STORAGE_CLASS["STANDARD"]
    for move in moves:
        stored = BY_STORAGE_CLASS[move["StorageClass"]]
        reading, moving = _READING_AND_MOVING[move["StorageClass"]]
        costs = (
            f"${stored.usd:g} a {stored.unit}, instead of ${before.usd:g}; ${reading.usd:g} a "
            f"{reading.unit} read; ${moving.usd:g} for {moving.unit} moved"
        )
        yield move["TransitionInDays"], f"{what} move to {stored.what}", costs
        before = stored
