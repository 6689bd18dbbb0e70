"""What spot machines cost at a time: EC2 keeps ninety days of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from lake.aws.lake import AwsLake

KEPT = timedelta(days=89)
LINUX = "Linux/UNIX"


@dataclass
class SpotPrices:
    """The history of each instance type, read once."""

    lake: AwsLake
    _known: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def at(self, kind: str, zone: str, when: datetime) -> float | None:
        """US dollars an hour; the dearest zone's where the zone is not known; None where EC2
        knows no price of then."""
        latest: dict[str, tuple[datetime, float]] = {}
        for entry in self._history(kind):
            where, since = entry["AvailabilityZone"], entry["Timestamp"]
            of_then = since <= when and (not zone or where == zone)
            if of_then and (where not in latest or latest[where][0] <= since):
                latest[where] = (since, float(entry["SpotPrice"]))
        return max((price for _, price in latest.values()), default=None)

    def _history(self, kind: str) -> list[dict[str, Any]]:
        if kind not in self._known:
            pages = self.lake.client("ec2").get_paginator("describe_spot_price_history")
            told = pages.paginate(
                InstanceTypes=[kind], ProductDescriptions=[LINUX],
                StartTime=datetime.now(timezone.utc) - KEPT,
            )  # fmt: skip
            self._known[kind] = [entry for page in told for entry in page["SpotPriceHistory"]]
        return self._known[kind]
