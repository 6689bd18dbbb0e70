"""A run's lines in CloudWatch Logs, read once each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lake.aws.lake import AwsLake


@dataclass
class Lines:
    """The lines of one run, from its first.

    :param logs: a client of CloudWatch Logs
    """

    logs: Any
    group: str
    stream: str
    _next: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, lake: AwsLake, run_id: str) -> Lines:
        """Those of a run: all its attempts write one stream."""
        return cls(lake.client("logs"), lake.find("records/log-group"), f"run/{run_id}")

    def new(self) -> Iterator[str]:
        """The lines that came since the last call; none where the run has said nothing yet."""
        while True:
            try:
                page = self.logs.get_log_events(
                    logGroupName=self.group, logStreamName=self.stream, startFromHead=True,
                    **self._next,
                )  # fmt: skip
            except self.logs.exceptions.ResourceNotFoundException:
                return
            yield from (event["message"].rstrip("\n") for event in page["events"])
            token = page["nextForwardToken"]
            # At the end the token stays the same.
            if token == self._next.get("nextToken"):
                return
            self._next = {"nextToken": token}
