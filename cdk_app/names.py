"""Every name that a lake has on AWS: the stacks make them, teardown looks for them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

LANDING = "landing"
LAYERS = ("bronze", "silver", "gold")
ZONES = (LANDING, *LAYERS)
ACCESS_LOGS = "logs"
LAKE_TAG = "lake"
REGION_TAG = "lake-region"
ON_DESTROY = "OnDestroy"  # the zones' stack output: keep or delete
_HASH_LENGTH = 8


@dataclass(frozen=True)
class Names:
    """The names of one lake.

    :param lake: the lake's name
    :param account: account id, or the token that CloudFormation puts it in for
    :param region: region, or its token
    """

    lake: str
    account: str
    region: str

    def bucket(self, zone: str) -> str:
        """A zone's bucket; account and region make the name unique in the world."""
        return f"{self.lake}-{zone}-{self.account}-{self.region}"

    def buckets(self) -> tuple[str, ...]:
        """The zones' buckets and the one for access logs."""
        return tuple(self.bucket(zone) for zone in (*ZONES, ACCESS_LOGS))

    def parameter(self, path: str) -> str:
        """An SSM parameter's name, such as ``/medallion/zones/bronze/bucket``."""
        return f"/{self.lake}/{path}"

    def zone_parameter(self, zone: str) -> str:
        """The SSM parameter that holds the name of a zone's bucket."""
        return self.parameter(f"zones/{zone}/bucket")

    def stack(self, part: str) -> str:
        """A stack's name."""
        return f"{self.lake}-{part}"

    @property
    def launch_templates(self) -> tuple[str, ...]:
        """The box's launch templates: for types that live on CPU credits, and for the others."""
        return tuple(f"{self.stack('box')}-{kind}" for kind in ("burstable", "steady"))

    @property
    def function_logs(self) -> str:
        """Where Lambda keeps the logs of the zones' emptying function: no stack owns them."""
        return f"/aws/lambda/{self.stack('zones')}-Custom"

    @property
    def log_group(self) -> str:
        """The log group of the box; its trail outlives a failed box."""
        return f"/{self.lake}/box"

    @property
    def repository(self) -> str:
        """The image registry's name."""
        return f"{self.lake}-box"

    @property
    def prefix_list(self) -> str:
        """The list of addresses that may reach SSH."""
        return f"{self.lake}-ssh"

    def budget(self, mails: str) -> str:
        """The monthly budget's name: an account has its budgets once, whatever the region.

        :param mails: who is told, and when, as text; another text gives another name
        """
        return f"{self._budgets}-{hashlib.sha256(mails.encode()).hexdigest()[:_HASH_LENGTH]}"

    def is_budget(self, name: str) -> bool:
        """Whether a monthly budget of this lake, whoever it tells, has that name."""
        # The name alone is that of lakes that were deployed before it told who gets the mails.
        of_us = rf"{re.escape(self._budgets)}-[0-9a-f]{{{_HASH_LENGTH}}}"
        return name == self._budgets or re.fullmatch(of_us, name) is not None

    @property
    def _budgets(self) -> str:
        return f"{self.lake}-monthly-{self.region}"

    @property
    def metrics_namespace(self) -> str:
        """The one CloudWatch namespace that the box may write."""
        return f"lake/{self.lake}"

    @property
    def last_boot_parameter(self) -> str:
        """Where the box writes how its last boot ended."""
        return self.parameter("box/last-boot")
