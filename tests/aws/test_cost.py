"""What runs cost, at the prices of their time."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import boto3
import botocore.client
import pytest
from botocore.exceptions import ClientError

from lake.box.state import DONE, Asked, Box, RunState
from tests.aws.conftest import BUCKETS, GROUP, PlayedBox, bought_on, typed

NOW = datetime.now(timezone.utc).replace(microsecond=0)
PUBLISHED = "2026-11-05T18:00:00Z"
LISTED = {
    "EU-BoxUsage:t3.xlarge": ("0.1824", "Hrs"),
    "EU-EBS:VolumeUsage.gp3": ("0.088", "GB-Mo"),
    "EU-TimedStorage-ByteHrs": ("0.0230", "GB-Mo"),
    "EU-TimedStorage-SIA-ByteHrs": ("0.0125", "GB-Mo"),
    "EU-TimedStorage-INT-FA-ByteHrs": ("9", "GB-Mo"),
    "EU-Requests-Tier1": ("0.000005", "Requests"),
}
FAMILY = {"TimedStorage": "Storage", "Requests": "API Request", "EBS": "Storage", "BoxUsage": ""}


def product(usage: str) -> str:
    price, unit = LISTED[usage]
    tiers = {
        "1": {"beginRange": "51200", "pricePerUnit": {"USD": "0.001"}},
        "2": {"beginRange": "0", "pricePerUnit": {"USD": price}, "unit": unit},
    }
    return json.dumps({
        "product": {"attributes": {"usagetype": usage}},
        "terms": {"OnDemand": {"x": {"priceDimensions": tiers}}}, "publicationDate": PUBLISHED,
    })  # fmt: skip


def listed(told: dict[str, Any]) -> dict[str, Any]:
    """The Price List API: AmazonS3's and AmazonEC2's products, by what is filtered."""
    chosen = {f["Field"]: f["Value"] for f in told["Filters"]}
    assert chosen["regionCode"] == "eu-west-1"
    words = {
        "AmazonS3": {"Storage": "TimedStorage", "API Request": "Requests"},
        "AmazonEC2": {"Storage": "EBS"},
    }[told["ServiceCode"]].get(chosen.get("productFamily", ""), "BoxUsage")
    return {"PriceList": [product(usage) for usage in LISTED if f"-{words}" in usage]}


HISTORY = [
    {"AvailabilityZone": "eu-west-1a", "Timestamp": NOW - timedelta(days=80), "SpotPrice": "0.05"},
    {"AvailabilityZone": "eu-west-1a", "Timestamp": NOW - timedelta(days=2), "SpotPrice": "0.07"},
    {"AvailabilityZone": "eu-west-1b", "Timestamp": NOW - timedelta(days=80), "SpotPrice": "0.09"},
]


def activity(words: str, days: float) -> dict[str, Any]:
    when = NOW - timedelta(days=days)
    return {"ActivityId": "a", "AutoScalingGroupName": "g", "Description": words, "Cause": "c",
            "StartTime": when, "EndTime": when, "StatusCode": "Successful"}  # fmt: skip


@pytest.fixture
def prices(aws: pytest.MonkeyPatch, box: PlayedBox) -> dict[str, Any]:
    """What the stand-in lacks: prices, and what the group remembers. ``activities``, ``api``."""
    real = botocore.client.BaseClient._make_api_call
    told_of: dict[str, Any] = {"api": listed, "activities": []}

    def call(client: Any, operation: str, told: dict[str, Any]) -> Any:
        if operation == "GetProducts":
            return told_of["api"](told)
        if operation == "DescribeSpotPriceHistory":
            return {"SpotPriceHistory": HISTORY}
        if operation == "DescribeScalingActivities":
            return {"Activities": told_of["activities"]}
        return real(client, operation, told)

    aws.setattr(botocore.client.BaseClient, "_make_api_call", call)
    return told_of


def ran(box: PlayedBox, run_id: str, days: float, minutes: float, **of: str) -> None:
    start = NOW - timedelta(days=days)
    end = start + timedelta(minutes=minutes)
    where = Box(**{"instance": "i-1", "kind": "t3.xlarge", "zone": "eu-west-1a", **of})
    box.runs.write(
        RunState(run_id, DONE, Asked(), start.isoformat(), "", 1, 0, where, start.isoformat(),
                 end.isoformat(), exit_status=0)
    )  # fmt: skip


def cost(*words: str) -> dict[str, Any]:
    answer = typed("cost", "--json", *words)
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def test_a_run_costs_its_time_at_the_spot_price_of_then(box: PlayedBox, prices) -> None:
    ran(box, "20260101T000000-aaaaaa", 10, 30)
    ran(box, "20260102T000000-aaaaaa", 1, 30)
    newer, older = cost()["runs"]
    assert (older["rate"]["paid"], newer["rate"]["paid"]) == (0.05, 0.07)
    assert older["usd"] == pytest.approx(0.025)
    assert older["saved"] == pytest.approx((0.1824 - 0.05) / 2)
    assert len(cost("--last", "1")["runs"]) == 1


def test_a_run_that_waited_for_the_next_box_cost_what_its_boxes_cost(
    box: PlayedBox, prices
) -> None:
    ran(box, "20260101T000000-aaaaaa", 4, 3 * 24 * 60, instance="i-2")
    prices["activities"] = [
        activity("Terminating EC2 instance: i-2", 1 - 1 / 24),
        activity("Launching a new EC2 instance: i-2", 1 + 1 / 24),
        activity("Terminating EC2 instance: i-1", 4 - 1 / 24),
        activity("Launching a new EC2 instance: i-1", 4 + 1 / 24),
    ]
    ran(box, "20251201T000000-aaaaaa", 5, 6, instance="i-1")
    newer, _ = cost()["runs"]
    assert newer["seconds"] == pytest.approx(2 * 3600)
    # An hour of each box, at its price of then.
    assert newer["usd"] == pytest.approx(0.05 + 0.07)
    assert newer["saved"] == pytest.approx(2 * 0.1824 - 0.05 - 0.07)


def test_a_machine_bought_on_demand_saves_nothing(box: PlayedBox, prices) -> None:
    ran(box, "20260101T000000-aaaaaa", 1, 60, market="on-demand")
    (run,) = cost()["runs"]
    assert (run["usd"], run["saved"]) == (pytest.approx(0.1824), 0)


def test_where_the_zone_is_not_known_the_dearest_counts(box: PlayedBox, prices) -> None:
    ran(box, "20260101T000000-aaaaaa", 1, 60, zone="", kind="")
    (run,) = cost()["runs"]
    assert (run["rate"]["kind"], run["rate"]["paid"]) == ("t3.xlarge", 0.09)


def test_a_month_goes_on_as_the_last_thirty_days(box: PlayedBox, prices) -> None:
    ran(box, "20260101T000000-aaaaaa", 15, 60)
    prices["activities"] = [
        activity("Terminating EC2 instance: i-1", 15 - 2 / 24),
        activity("Launching a new EC2 instance: i-1", 15),
    ]
    month = {item["name"]: item["usd"] for item in cost()["month"]}
    # Two hours in fifteen days are four in thirty.
    assert month["box"] == pytest.approx(4 * 0.05, rel=1e-3)
    assert month["public address"] == pytest.approx(4 * 0.005, rel=1e-3)
    assert month["disk"] == pytest.approx(80 * 0.088 * 4 / 730, rel=1e-3)
    told = cost()
    assert told["saved"] == pytest.approx(4 * (0.1824 - 0.05), rel=1e-3)
    # The clock goes on between the two answers.
    assert told["total"] == pytest.approx(sum(month.values()), rel=1e-3)


def test_an_instance_that_no_run_names_costs_as_the_group_buys(box: PlayedBox, prices) -> None:
    prices["activities"] = [
        activity("Terminating EC2 instance: i-9", 15 - 2 / 24),
        activity("Launching a new EC2 instance: i-9", 15),
    ]
    assert cost()["saved"] > 0
    boto3.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=GROUP, MixedInstancesPolicy=bought_on("on-demand")
    )
    told = cost()
    month = {item["name"]: item["usd"] for item in told["month"]}
    assert month["box"] == pytest.approx(4 * 0.1824, rel=1e-3) and told["saved"] == 0


def test_the_box_that_is_on_costs_as_its_own_instance_was_bought(
    box: PlayedBox, prices, aws: pytest.MonkeyPatch
) -> None:
    box.desire(1)
    began = NOW - timedelta(days=1)
    lifecycle: dict[str, str] = {}
    real = botocore.client.BaseClient._make_api_call

    def call(client: Any, operation: str, told: dict[str, Any]) -> Any:
        answer = real(client, operation, told)
        if operation == "DescribeInstances":
            instance = answer["Reservations"][0]["Instances"][0]
            instance.pop("InstanceLifecycle", None)
            instance |= {"LaunchTime": began, **lifecycle}
        return answer

    aws.setattr(botocore.client.BaseClient, "_make_api_call", call)
    assert cost()["saved"] == 0  # the group buys spot, but this one says nothing of it
    lifecycle["InstanceLifecycle"] = "spot"
    assert cost()["saved"] > 0


def test_a_box_that_is_on_counts_at_once(box: PlayedBox, prices) -> None:
    box.desire(1)
    box.boot()
    items = {item["name"]: item["how"] for item in cost()["month"]}
    assert "1 launches" in items["box"]


def test_storage_is_told_by_zone_and_class_with_old_versions(box: PlayedBox, prices) -> None:
    s3 = boto3.client("s3")
    for _ in range(2):
        s3.put_object(Bucket=BUCKETS["gold"], Key="a", Body=b"x" * 1000)
    s3.put_object(Bucket=BUCKETS["gold"], Key="b", Body=b"x" * 10, StorageClass="STANDARD_IA")
    told = cost()
    gold = {z["storage_class"]: z for z in told["stored"] if z["zone"] == "gold"}
    standard = gold["STANDARD"]
    assert (standard["size"], standard["old"], standard["written"]) == (2000, 1000, 2)
    assert gold["STANDARD_IA"]["size"] == 10
    requests = next(item for item in told["month"] if item["name"] == "requests")
    assert requests["usd"] == pytest.approx(3 * 0.000005 + 30 * 0.0004 / 1000)


def test_prices_say_where_they_come_from_and_from_when(box: PlayedBox, prices) -> None:
    page = typed("cost").stdout
    assert "Prices: the Price List API as of 2026-11-05; spot prices" in page
    assert "Of a table of November 2026, for us-east-1: " in page and "Tier2" in page
    assert "TimedStorage-ByteHrs" not in page


def test_where_prices_cannot_be_asked_a_table_with_its_date_serves(box: PlayedBox, prices) -> None:
    def refuse(told: dict[str, Any]) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetProducts")

    prices["api"] = refuse
    ran(box, "20260101T000000-aaaaaa", 1, 60)
    page = typed("cost")
    assert page.exit_code == 0, page.output
    assert "Prices: a table of November 2026, for us-east-1" in page.stdout
    assert "could not be asked: AWS does not let these credentials do GetProducts" in page.stdout


def test_a_lake_that_has_done_nothing_has_a_page_too(box: PlayedBox, prices) -> None:
    page = typed("cost").stdout
    assert "No run has begun on AWS yet." in page and "it was not on in the last 30 days" in page
