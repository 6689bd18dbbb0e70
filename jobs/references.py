"""References: what a row knows of the other sources' rows that it names.

``attach`` adds per reference the surrogate key, ``<its name>_status`` (known, not known, none
given) and the brought columns; a text brought from a row that is not there reads
``(not known)`` or ``(none given)``, so that no group of a mart is an unexplained null.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import keys
from jobs.definition import KNOWN, NONE_GIVEN, NOT_KNOWN, Reference, Source
from jobs.load import LINEAGE, silver_column
from jobs.sqltext import literal, name

WAITING_TYPE = "ARRAY<STRUCT<rule:STRING,column:STRING,value:STRING>>"


def by_key(reference: Reference, target: Source) -> bool:
    """Whether the reference names the other source's own business key."""
    return tuple(target.key) == (reference.column,)


def lookup(silver: DataFrame, reference: Reference, target: Source) -> DataFrame:
    """One row per value that can be named: ``_to`` (what a row is found by), ``_to_key`` and
    the brought columns under their names there. Where several rows share a value of a column
    that is not the key, the latest stands for it."""
    brought = [name(c) for c in dict.fromkeys(reference.brought.values())]
    key = name(target.surrogate_key)
    if by_key(reference, target):
        return silver.selectExpr(f"{key} AS _to", f"{key} AS _to_key", *brought)
    order = ", ".join(name(c) for c in (*target.latest_by, *LINEAGE))
    fields = ", ".join([f"{key} AS _to_key", *brought])
    column = name(reference.column)
    rows = silver.where(f"{column} IS NOT NULL").selectExpr(
        f"cast({column} AS STRING) AS _to",
        f"struct({fields}) AS _row",
        f"struct({order}) AS _order",
    )
    return rows.groupBy("_to").agg(F.max_by("_row", "_order").alias("_row")).select("_to", "_row.*")


def named(reference: Reference, target: Source) -> str:
    """SQL: what a row's reference is found by; null where none is given."""
    if by_key(reference, target):
        found = keys.surrogate((reference.by,))
        return f"CASE WHEN {name(reference.by)} IS NOT NULL THEN {found} END"
    return f"cast({name(reference.by)} AS STRING)"


def attach(
    frame: DataFrame,
    source: Source,
    targets: Mapping[str, Source],
    tables: Mapping[str, DataFrame | None],
) -> DataFrame:
    """``frame`` with its references resolved, and ``_waiting``: the required references that
    are not known yet, null where none. tables: the silver table of each source referred to,
    None where it has none yet."""
    waiting = []
    for number, (label, given) in enumerate(source.referring.items()):
        frame = _joined(frame, number, label, given, targets, tables[given.to])
        if given.required:
            sentence = f"{label} is not known yet"
            told = (
                f"struct({literal(sentence)} AS rule, {literal(given.by)} AS column, "
                f"cast({name(given.by)} AS STRING) AS value)"
            )
            status = name(f"{label}_status")
            waiting.append(f"CASE WHEN {status} = '{NOT_KNOWN}' THEN {told} END")
    if not waiting:
        return frame.selectExpr("*", f"cast(null AS {WAITING_TYPE}) AS _waiting")
    told = f"array_compact(array({', '.join(waiting)}))"
    return frame.selectExpr("*", f"CASE WHEN size({told}) > 0 THEN {told} END AS _waiting")


def _joined(
    frame: DataFrame,
    number: int,
    label: str,
    reference: Reference,
    targets: Mapping[str, Source],
    table: DataFrame | None,
) -> DataFrame:
    kept = [name(c) for c in frame.columns]
    target = targets[reference.to]
    asked = named(reference, target)
    brings = {c: silver_column(target, c, targets) for c in reference.brought.values()}
    contracts = {c: contract for c, contract in brings.items() if contract is not None}
    if table is None:
        nothing = [f"cast(null AS {contract.sql_type}) AS {name(c)}"
                   for c, contract in contracts.items()]  # fmt: skip
        found = frame.sparkSession.range(0).selectExpr(
            f"cast(null AS {'BIGINT' if by_key(reference, target) else 'STRING'}) AS _to",
            "cast(null AS BIGINT) AS _to_key",
            *nothing,
        )
    else:
        found = lookup(table, reference, target)
    there = {c: f"_r{number}_{c}" for c in found.columns}
    found = found.selectExpr(*(f"{name(c)} AS {name(alias)}" for c, alias in there.items()))
    asking = frame.selectExpr("*", f"{asked} AS _asked")
    joined = asking.join(found, asking["_asked"] == found[there["_to"]], "left")
    known = f"{name(there['_to'])} IS NOT NULL"
    status = (
        f"CASE WHEN _asked IS NULL THEN '{NONE_GIVEN}' WHEN {known} THEN '{KNOWN}' "
        f"ELSE '{NOT_KNOWN}' END"
    )
    key = "_asked" if by_key(reference, target) else name(there["_to_key"])
    brought = []
    for here, over_there in reference.brought.items():
        value = name(there[over_there])
        if contracts[over_there].kind == "text":
            value = (
                f"CASE WHEN _asked IS NULL THEN '({NONE_GIVEN})' WHEN {known} THEN {value} "
                f"ELSE '({NOT_KNOWN})' END"
            )
        brought.append(f"{value} AS {name(here)}")
    return joined.selectExpr(
        *kept, f"{key} AS {name(reference.key)}", f"{status} AS {name(label + '_status')}",
        *brought,
    )  # fmt: skip
