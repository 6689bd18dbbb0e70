"""What a lake costs a month, counted from the prices and from what the box is set to."""

from __future__ import annotations

from dataclasses import dataclass

from cdk_app.settings import Settings
from lake.aws import rates
from lake.aws.rates import HOURS_A_MONTH, Price

DAYS_A_MONTH = 30
STORED_GB = 10
IMAGE_GB = 2
# What a run of some ten tables asks of S3; counted at a run, rounded up.
WRITES_A_RUN = 2_000
READS_A_RUN = 20_000
LOGS_GB_A_RUN = 0.01


@dataclass(frozen=True)
class Use:
    """How a lake is used in a month.

    :param hours: how long the box runs
    :param runs: how many runs there are
    """

    name: str
    hours: float
    runs: int


USES = (
    Use("idle, no box", 0, 0),
    Use("one run a day, an hour of box each", DAYS_A_MONTH, DAYS_A_MONTH),
    Use("box always on, one run a day", HOURS_A_MONTH, DAYS_A_MONTH),
)


def parts(use: Use, settings: Settings) -> dict[str, float]:
    """US dollars a month for each thing that is paid for.

    :param settings: whose disk and number of images count
    """
    part_of_month = use.hours / HOURS_A_MONTH
    return {
        f"{STORED_GB} GB in S3 Standard": STORED_GB * rates.STANDARD.usd,
        "S3 requests": use.runs
        * (_thousand(WRITES_A_RUN, rates.WRITES) + _thousand(READS_A_RUN, rates.READS)),
        f"image registry, {settings.images_kept} images of {IMAGE_GB} GB": settings.images_kept
        * IMAGE_GB
        * rates.REGISTRY.usd,
        "logs": use.runs * LOGS_GB_A_RUN * (rates.LOGS.usd + rates.LOGS_KEPT.usd),
        f"box, {settings.instance_types[0]} spot": use.hours * rates.SPOT.usd,
        f"disk of {settings.disk_gib} GiB": part_of_month * settings.disk_gib * rates.DISK.usd,
        "public address": use.hours * rates.ADDRESS.usd,
    }


def _thousand(requests: int, price: Price) -> float:
    return requests / 1000 * price.usd


def running_box_usd() -> float:
    """A month of a box that nobody stops, without its disk and address."""
    return HOURS_A_MONTH * rates.SPOT.usd
