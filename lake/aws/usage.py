"""What a lake has used: storage by zone and class, and the box's hours."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from lake.aws.box import Machine
from lake.aws.lake import AwsLake
from lake.options import ZONES

MONTH = timedelta(days=30)
GB = 1024**3
_LAUNCHED = re.compile(r"^Launching a new EC2 instance: (i-\w+)")
_ENDED = re.compile(r"^Terminating EC2 instance: (i-\w+)")


@dataclass(frozen=True)
class Stored:
    """What a zone holds in one storage class. size: bytes. old: of them, replaced or deleted
    versions. written: objects of the last thirty days."""

    zone: str
    storage_class: str
    size: int
    old: int
    written: int


@dataclass(frozen=True)
class On:
    """One instance, from its launch to its end, or to now."""

    instance: str
    start: datetime
    end: datetime

    @property
    def hours(self) -> float:
        """How long it was on."""
        return (self.end - self.start).total_seconds() / 3600


def stored(lake: AwsLake) -> list[Stored]:
    """Storage by zone and class, every version counted, as S3 bills it."""
    s3, since = lake.client("s3"), datetime.now(timezone.utc) - MONTH
    found = []
    for zone in ZONES:
        size, old, written = Counter[str](), Counter[str](), Counter[str]()
        pages = s3.get_paginator("list_object_versions").paginate(
            Bucket=lake.find(f"zones/{zone}/bucket")
        )
        for version in (version for page in pages for version in page.get("Versions", ())):
            kind = version.get("StorageClass", "STANDARD")
            size[kind] += version["Size"]
            old[kind] += 0 if version["IsLatest"] else version["Size"]
            written[kind] += version["LastModified"] > since
        found += [Stored(zone, kind, size[kind], old[kind], written[kind]) for kind in sorted(size)]
    return found


def times_on(lake: AwsLake, box: Machine) -> list[On]:
    """When the box was on, as far as its group remembers: six weeks.

    :param box: as of now; the group may not remember yet that it began
    """
    now = datetime.now(timezone.utc)
    began: dict[str, datetime] = {}
    if box.launched:
        began[box.instance] = box.launched
    ended: dict[str, datetime] = {}
    for what, instance, when in _activities(lake):
        (began if what == "began" else ended)[instance] = when
    spans = [On(instance, start, ended.get(instance, now)) for instance, start in began.items()]
    return sorted((span for span in spans if span.end > span.start), key=lambda span: span.start)


def within(spans: Iterable[On], start: datetime, end: datetime) -> list[On]:
    """What of the times lies between two moments."""
    cut = [On(span.instance, max(span.start, start), min(span.end, end)) for span in spans]
    return [span for span in cut if span.end > span.start]


def _activities(lake: AwsLake) -> Iterator[tuple[str, str, datetime]]:
    pages = lake.client("autoscaling").get_paginator("describe_scaling_activities")
    for page in pages.paginate(AutoScalingGroupName=lake.find("box/group")):
        for activity in page["Activities"]:
            launched = _LAUNCHED.match(activity["Description"])
            ended = _ENDED.match(activity["Description"])
            if launched and activity["StatusCode"] == "Successful":
                yield "began", launched[1], activity["StartTime"]
            elif ended:
                yield "ended", ended[1], activity.get("EndTime", activity["StartTime"])


def image_bytes(lake: AwsLake) -> int:
    """What the image registry holds."""
    name = lake.find("registry/uri").partition("/")[2]
    pages = lake.client("ecr").get_paginator("describe_images").paginate(repositoryName=name)
    return sum(image["imageSizeInBytes"] for page in pages for image in page["imageDetails"])
