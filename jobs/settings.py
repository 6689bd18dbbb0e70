"""What a run is told: where the zones are, which definition, and how to start Spark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date

from jobs.errors import DefinitionError

# The environment's variable for how much Spark says of itself, such as ERROR.
SPARK_LOG = "LAKE_SPARK_LOG"
LAYERS = ("bronze", "silver", "gold")


@dataclass(frozen=True)
class Zones:
    """One URI or folder a zone; a layer's tables stand directly below it.

    ``s3://`` is kept as ``s3a://``, the name that Spark reads it by.
    """

    landing: str
    bronze: str
    silver: str
    gold: str

    def __post_init__(self) -> None:
        for zone in fields(self):
            uri = getattr(self, zone.name).rstrip("/")
            if uri.startswith("s3://"):
                uri = f"s3a://{uri[len('s3://') :]}"
            object.__setattr__(self, zone.name, uri)

    @classmethod
    def under(cls, root: str) -> Zones:
        """The four zones as folders of one root."""
        base = root.rstrip("/")
        return cls(f"{base}/landing", f"{base}/bronze", f"{base}/silver", f"{base}/gold")

    @property
    def lake(self) -> str:
        """Where the lake keeps its own things: the ledger, the lease, what is staged."""
        return f"{self.bronze}/_lake"

    @property
    def files(self) -> str:
        return f"{self.lake}/files"

    @property
    def runs(self) -> str:
        return f"{self.lake}/runs"

    @property
    def quarantine(self) -> str:
        return f"{self.silver}/quarantine"


@dataclass(frozen=True)
class SparkSettings:
    """How to start or join a Spark session. memory: the driver's heap, as Spark writes it; ""
    is what fits this machine, or on a cluster Spark's own setting."""

    master: str = "local[*]"
    jars: tuple[str, ...] = ()
    memory: str = ""
    conf: Mapping[str, str] = field(default_factory=dict)

    @property
    def in_process(self) -> bool:
        """Whether the workers are this process, and so read this machine's own disk."""
        return self.master.startswith("local")


@dataclass(frozen=True)
class Limits:
    """Up to how many rows a step goes the way that is quick for few. in_memory: a batch or a table
    is handed from step to step in memory, and written anew. named: rows are named in a query one by
    one, not joined."""

    in_memory: int = 100_000
    named: int = 5_000


@dataclass(frozen=True)
class RunSettings:
    """One run. period_from, period_to (inclusive, ISO dates): recompute the gold periods that
    begin in this range. run_id: the id it gets; "" for a new one. Raises DefinitionError for a
    date that is none."""

    zones: Zones
    definition: str = ""
    layers: tuple[str, ...] = LAYERS
    rebuild: bool = False
    period_from: str = ""
    period_to: str = ""
    spark: SparkSettings = field(default_factory=SparkSettings)
    run_id: str = ""
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        low, high = self.period_from, self.period_to
        for day in filter(None, (low, high)):
            refuse_no_date(day)
        if low and high and low > high:
            raise DefinitionError(f"The range from {low} to {high} ends before it begins.")


def refuse_no_date(text: str) -> None:
    """Raises DefinitionError for what is no day of the calendar."""
    try:
        # Newer Pythons also read 20260131 and 2026-W05-6, which Spark does not.
        day = date.fromisoformat(text).isoformat()
    except ValueError:
        day = ""
    if day != text:
        raise DefinitionError(f"{text} is no date: write it as 2026-01-31.")
