"""What AWS asks for what a lake uses, from the Price List API, or from a table with its date."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs.errors import LakeError
from lake.aws import rates
from lake.aws.errors import plainly
from lake.aws.lake import AwsLake

# The Price List API answers in a few regions only, for all of them.
API_REGION = "us-east-1"
STORAGE = {
    "STANDARD": "TimedStorage-ByteHrs",
    "STANDARD_IA": "TimedStorage-SIA-ByteHrs",
    "GLACIER_IR": "TimedStorage-GIR-ByteHrs",
    "GLACIER": "TimedStorage-GlacierByteHrs",
    "DEEP_ARCHIVE": "TimedStorage-GDA-ByteHrs",
}
DISK = "EBS:VolumeUsage.gp3"
WRITES, READS = "Requests-Tier1", "Requests-Tier2"
TABLE_DATE = "November 2026"
# US dollars in us-east-1, by the same names as the list's own: an hour of a machine on demand, ...
TABLE_MACHINES = {
    "t3.xlarge": rates.ON_DEMAND.usd, "t3a.xlarge": 0.1504, "m6i.xlarge": 0.192,
    "m5.xlarge": 0.192, "m6a.xlarge": 0.1728, "m5a.xlarge": 0.172,
}  # fmt: skip
# ... a GB and month, and one request.
TABLE = {
    **{usage: rates.BY_STORAGE_CLASS[kind].usd for kind, usage in STORAGE.items()},
    DISK: rates.DISK.usd,
    WRITES: rates.WRITES.usd / 1000,
    READS: rates.READS.usd / 1000,
}


@dataclass(frozen=True)
class Prices:
    """US dollars, in the lake's region.

    :param machines: {instance type: an hour on demand}
    :param others: {usage type: a GB and month, or one request}
    :param as_of: where they come from and from when, for the page
    """

    machines: Mapping[str, float]
    others: Mapping[str, float]
    as_of: str
    notes: tuple[str, ...] = field(default=())

    def storage(self, storage_class: str) -> float:
        """A GB and month of a storage class; of Standard for one that has no price here."""
        return self.others[STORAGE.get(storage_class, STORAGE["STANDARD"])]


def prices(lake: AwsLake, kinds: Iterable[str]) -> Prices:
    """The prices as of now; those of the table, with a note, where the API cannot be asked.

    :param kinds: instance types
    """
    try:
        with plainly(API_REGION):
            return _from_api(lake, sorted(set(kinds)))
    except LakeError as error:
        return Prices(
            TABLE_MACHINES, TABLE, f"a table of {TABLE_DATE}, for us-east-1",
            (f"The Price List API could not be asked: {error}",),
        )  # fmt: skip


def _from_api(lake: AwsLake, kinds: list[str]) -> Prices:
    api = lake.client("pricing", API_REGION)
    machines, dates = {}, []
    for kind in kinds:
        machine = {
            "instanceType": kind, "operatingSystem": "Linux", "preInstalledSw": "NA",
            "tenancy": "Shared", "capacitystatus": "Used",
        }  # fmt: skip
        for product in _products(api, "AmazonEC2", lake.region, machine):
            machines[kind] = product.price
            dates.append(product.published)
    others, notes = dict(TABLE), []
    found = {
        usage
        for service, chosen in (
            ("AmazonEC2", {"volumeApiName": "gp3", "productFamily": "Storage"}),
            ("AmazonS3", {"productFamily": "Storage"}),
            ("AmazonS3", {"productFamily": "API Request"}),
        )
        for usage in _take(others, dates, _products(api, service, lake.region, chosen))
    }
    missing = sorted(set(TABLE) - found)
    if missing:
        notes.append(f"Of a table of {TABLE_DATE}, for us-east-1: {', '.join(missing)}.")
    for kind in set(kinds) - set(machines):
        notes.append(f"{kind} has no price on demand in {lake.region}.")
    as_of = max(dates)[:10] if dates else TABLE_DATE
    return Prices(machines, others, f"the Price List API as of {as_of}", tuple(notes))


@dataclass(frozen=True)
class Product:
    """One line of the price list. usage: without the region that stands before it."""

    usage: str
    price: float
    published: str


def _take(others: dict[str, float], dates: list[str], products: Iterable[Product]) -> Iterator[str]:
    for product in products:
        if product.usage in others:
            others[product.usage] = product.price
            dates.append(product.published)
            yield product.usage


def _products(api: Any, service: str, region: str, chosen: Mapping[str, str]) -> Iterator[Product]:
    filters = [
        {"Type": "TERM_MATCH", "Field": name, "Value": value}
        for name, value in {"regionCode": region, **chosen}.items()
    ]
    for page in api.get_paginator("get_products").paginate(ServiceCode=service, Filters=filters):
        for text in page["PriceList"]:
            told = json.loads(text)
            price = _first_tier(told["terms"].get("OnDemand", {}))
            if price is not None:
                usage = re.sub("^[A-Z]+[0-9]*-", "", told["product"]["attributes"]["usagetype"])
                yield Product(usage, price, told["publicationDate"])


def _first_tier(terms: Mapping[str, Any]) -> float | None:
    """The price of the first unit; what is bought in bulk is cheaper."""
    for term in terms.values():
        for dimension in term["priceDimensions"].values():
            if dimension.get("beginRange", "0") == "0":
                return float(dimension["pricePerUnit"]["USD"])
    return None
