"""A lake of one's own on AWS: what may be landed, what is run, and what the readers know of it."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest

from jobs.load import load
from lake.aws.definition import deployed
from lake.aws.lake import AwsLake
from tests.aws.conftest import BUCKETS, NAME, PlayedBox, put, typed
from tests.small import SHOP

OWN = json.dumps(
    {"sources": {"customers": "customers", "orders": "in/orders"}, "folder": "tests/shop"}
)


@pytest.fixture
def orders(box: PlayedBox, tmp_path: Path) -> Path:
    """A landing file, and a lake whose box was deployed with the small shop."""
    put("box/definition", OWN)
    file = tmp_path / "first.csv"
    file.write_text("order_id\n1\n")
    return file


def landed() -> list[str]:
    found = boto3.client("s3").list_objects_v2(Bucket=BUCKETS["landing"])
    return [file["Key"] for file in found.get("Contents", ())]


def test_a_source_of_the_deployed_definition_lands_in_its_own_folder(orders: Path) -> None:
    answer = typed("land", str(orders), "--source", "orders")
    assert answer.exit_code == 0, answer.output
    assert landed() == ["in/orders/first.csv"]


def test_a_source_that_the_box_would_never_read_is_refused(orders: Path) -> None:
    answer = typed("land", str(orders), "--source", "sales")
    assert answer.exit_code == 2
    assert (
        "There is no source sales: there are customers, orders in the lake definition tests/shop"
        in answer.stderr
    )
    assert 'make deploy args="-c definition=FOLDER"' in answer.stderr
    assert landed() == []


@pytest.mark.parametrize("words", [("run",), ("land", "FILE", "--source", "orders")])
def test_another_definition_is_refused_with_what_to_do(
    orders: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    typing = [str(orders) if word == "FILE" else word for word in words]
    answer = typed(*typing, "--definition", str(tmp_path))
    assert answer.exit_code == 2
    assert f"lake definition tests/shop, and not {tmp_path}" in answer.stderr
    assert 'make deploy args="-c definition=FOLDER"' in answer.stderr
    assert landed() == []


def test_the_retail_lake_refuses_every_folder(box: PlayedBox) -> None:
    answer = typed("run", "--definition", ".")
    assert answer.exit_code == 2 and "the retail lake, and not ." in answer.stderr


def test_the_folder_that_was_deployed_may_be_said(orders: Path) -> None:
    assert (
        typed("land", str(orders), "--source", "orders", "--definition", str(SHOP)).exit_code == 0
    )
    answer = typed("run", "--no-wait", "--definition", str(SHOP))
    assert answer.exit_code == 0, answer.output


def test_readers_take_the_deployed_definition_unless_another_is_said(orders: Path) -> None:
    tables = typed("query", "FROM gold.nothing")
    assert "Traceback" not in tables.output and tables.exit_code == 2
    answer = typed("check")
    assert answer.exit_code == 0 and "2 sources and 1 marts" in answer.stdout, answer.output


def test_a_deployed_definition_that_is_not_on_this_machine_is_named(orders: Path) -> None:
    put("box/definition", OWN.replace("tests/shop", "/nowhere/definition"))
    answer = typed("status")
    assert answer.exit_code == 2 and "No lake definition at /nowhere/definition" in answer.stderr
    assert typed("land", str(orders), "--source", "orders").exit_code == 0


def test_a_lake_without_a_box_lands_what_the_definition_here_says(orders: Path) -> None:
    for path in ("box/group", "box/definition"):
        boto3.client("ssm").delete_parameter(Name=f"/{NAME}/{path}")
    shop = ("--definition", str(SHOP))
    assert typed("land", str(orders), "--source", "orders", *shop).exit_code == 0
    assert landed() == ["orders/first.csv"]
    assert typed("land", str(orders), "--source", "orders").exit_code == 2


def test_a_box_that_does_not_say_what_it_runs_is_to_be_deployed_again(orders: Path) -> None:
    boto3.client("ssm").delete_parameter(Name=f"/{NAME}/box/definition")
    answer = typed("land", str(orders), "--source", "orders")
    assert answer.exit_code == 2 and "`make deploy`" in answer.stderr


def test_the_stacks_and_the_verbs_mean_the_same_folder() -> None:
    from cdk_app.definition import folder

    names = {"box/definition": OWN}

    class Lake(AwsLake):
        names = property(lambda self: names)

    box = deployed(Lake(NAME, None))
    assert box is not None and Path(box.here) == folder("tests/shop") == SHOP
    assert set(box.sources) == set(load(box.here).sources)
