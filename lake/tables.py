"""What the lake knows of a table beside its rows: by which columns a row is found again."""

from __future__ import annotations

from jobs.load import load
from lake.options import Place

LINE = ("source_file", "source_line")
# What a run writes into a row for its own sake; it says nothing of what the row holds.
OF_BRONZE = ("ingestion_timestamp", "run_id", "_batch")
OF_QUARANTINE = ("first_run", "pending", "pending_seq")
ENGINE = {
    ("silver", "quarantine"): ("_quarantine_id", "source"),
    ("ledger", "runs"): ("run_id", "layer", "table_name"),
    ("ledger", "files"): ("seq",),
}


def own(layer: str, table: str) -> tuple[str, ...]:
    """The columns of a table that are a run's own. A file's column may be called so as well:
    bronze then has it under another name, silver and gold under its own."""
    if layer == "bronze":
        return OF_BRONZE
    return OF_QUARANTINE if (layer, table) == ("silver", "quarantine") else ()


def key_of(place: Place, layer: str, table: str) -> tuple[str, ...]:
    """The columns that tell a table's rows apart; none where the definition does not know it."""
    if (layer, table) in ENGINE:
        return ENGINE[layer, table]
    definition = load(place.definition)
    if layer == "gold":
        mart = definition.marts.get(table)
        return tuple(mart.key) if mart else ()
    for source in definition.sources.values():
        if layer == "bronze" and source.bronze == table:
            return LINE
        if layer == "silver" and source.silver == table:
            return tuple(source.key) or LINE
    return ()
