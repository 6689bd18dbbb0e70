"""The switch, the state, the landing files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from lake.aws import land
from lake.box.state import Asked
from tests.aws.conftest import BUCKETS, PlayedBox, refuses, typed

CSV = "transaction_id,quantity\nT1,2\n"


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    file = tmp_path / "2026-03.csv"
    file.write_text(CSV)
    return file


def landed(key: str = "sales/2026-03.csv") -> bytes:
    return boto3.client("s3").get_object(Bucket=BUCKETS["landing"], Key=key)["Body"].read()


def test_up_turns_the_box_on_and_waits_until_it_is_ready(box: PlayedBox) -> None:
    box.then(lambda: None, box.boot)
    answer = typed("up")
    assert answer.exit_code == 0, answer.output
    said = answer.stdout.splitlines()
    # It boots between two looks, and a slow look may find it ready at once.
    *booting, ready, which = said
    assert all(line.startswith("The box is booting") for line in booting)
    assert ready == "The box is ready."
    assert which == f"{box.instance}, a t3.xlarge in eu-west-1a."


@pytest.mark.parametrize("words", [("up",), ("up", "--no-wait")])
def test_up_tells_a_box_that_is_on_that_somebody_uses_it(
    on: PlayedBox, words: tuple[str, ...]
) -> None:
    assert typed(*words).exit_code == 0
    (sent,) = on.sent
    assert (sent["DocumentName"], sent["InstanceIds"]) == ("shop-use", [on.instance])


@pytest.mark.parametrize(
    ("code", "words"),
    [("InvalidInstanceId", "try again in a minute"), ("AccessDeniedException", "SendCommand")],
)
def test_up_leaves_a_box_on_that_cannot_be_told_that_somebody_uses_it(
    on: PlayedBox, aws, code: str, words: str
) -> None:
    refuses(aws, "SendCommand", code)
    answer = typed("up")
    assert answer.exit_code == 0, answer.output
    assert "The box is ready." in answer.stdout
    assert answer.stderr.count("\n") == 1 and "may turn itself off" in answer.stderr
    assert words in answer.stderr


def test_up_says_that_a_box_deployed_earlier_may_turn_itself_off(on: PlayedBox) -> None:
    boto3.client("ssm").delete_parameter(Name="/shop/documents/use")
    answer = typed("up")
    assert answer.exit_code == 0 and not on.sent, answer.output
    assert "may turn itself off" in answer.stderr and "`make deploy`" in answer.stderr


def test_up_tells_why_a_boot_failed(box: PlayedBox) -> None:
    box.then(lambda: box.boot("failed", "30-image: no space"))
    answer = typed("up")
    assert answer.exit_code == 1 and "30-image: no space" in answer.stderr


def test_the_boot_of_the_box_before_does_not_count(on: PlayedBox) -> None:
    on.desire(0)
    boto3.client("ssm").put_parameter(
        Name="/shop/box/last-boot", Overwrite=True,
        Value='{"status": "ok", "reason": "booted", "ended": "2020-01-01T00:00:00+00:00"}',
    )  # fmt: skip
    on.then(on.boot)
    assert typed("up").stdout.startswith("The box is booting")


def test_down_turns_it_off_and_not_while_a_run_is_not_over(on: PlayedBox) -> None:
    on.runs.ask("20260101T060000-1a2b3c", Asked())
    answer = typed("down")
    assert answer.exit_code == 4 and "20260101T060000-1a2b3c" in answer.stderr
    assert on.group()["DesiredCapacity"] == 1
    answer = typed("down", "--force")
    assert answer.exit_code == 0 and "waits for the next box" in answer.stdout
    assert on.group()["DesiredCapacity"] == 0


def test_status_tells_of_the_box_and_of_what_was_asked(on: PlayedBox) -> None:
    typed("run", "--no-wait")
    on.begin("x")
    page = typed("status")
    assert page.exit_code == 0, page.output
    assert "The box is ready." in page.stdout and "a t3.xlarge in eu-west-1a" in page.stdout
    assert "last boot: ok, booted" in page.stdout
    assert on.open().run_id in page.stdout and "running" in page.stdout
    assert "There are no tables yet" in page.stdout
    told = json.loads(typed("status", "--json").stdout)
    assert (told["box"]["state"], told["asked"][0]["attempt"]) == ("ready", 1)


def test_status_of_a_lake_without_a_box_tells_the_rest(box: PlayedBox) -> None:
    boto3.client("ssm").delete_parameter(Name="/shop/box/group")
    page = typed("status")
    assert page.exit_code == 0 and "There are no tables yet" in page.stdout
    assert "The box" not in page.stdout


def test_files_land_in_their_sources_folder_with_their_bytes(box: PlayedBox, sales: Path) -> None:
    answer = typed("land", str(sales), "--source", "sales")
    assert answer.exit_code == 0, answer.output
    assert f"sales/2026-03.csv: {len(CSV)} bytes" in answer.stdout
    assert "Next: lake run --name shop" in answer.stdout
    assert landed() == CSV.encode()


def test_a_name_that_has_landed_is_refused_unless_its_bytes_are_the_same(
    box: PlayedBox, sales: Path, tmp_path: Path
) -> None:
    typed("land", str(sales), "--source", "sales")
    again = typed("land", str(sales), "--source", "sales")
    assert (again.exit_code, again.stdout) == (0, "sales/2026-03.csv: is there already\n")
    other = tmp_path / "new.csv"
    other.write_text(CSV)
    sales.write_text(CSV.replace("2", "3"))
    refused = typed("land", str(other), str(sales), "--source", "sales")
    assert refused.exit_code == 2 and "has landed already, with other bytes" in refused.stderr
    assert landed() == CSV.encode()
    with pytest.raises(ClientError):
        landed("sales/new.csv")


def test_bytes_that_another_tool_landed_are_compared_too(box: PlayedBox, sales: Path) -> None:
    s3 = boto3.client("s3")
    s3.put_object(Bucket=BUCKETS["landing"], Key="sales/2026-03.csv", Body=CSV.encode())
    assert "is there already" in typed("land", str(sales), "--source", "sales").stdout
    s3.put_object(Bucket=BUCKETS["landing"], Key="sales/2026-03.csv", Body=b"x" * len(CSV))
    assert typed("land", str(sales), "--source", "sales").exit_code == 2


def test_a_large_file_goes_in_parts_and_arrives_whole(box: PlayedBox, tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    file.write_bytes(b"0123456789abcdef" * (20 << 16))
    moved: list[int] = []
    s3 = boto3.client("s3")
    (upload,) = land.plan(s3, BUCKETS["landing"], "sales", [file])
    land.send(s3, BUCKETS["landing"], upload, moved.append)
    assert sum(moved) == file.stat().st_size and len(moved) > 2
    assert hashlib.sha256(landed("sales/large.csv")).hexdigest() == upload.sha256
    assert "-" in s3.head_object(Bucket=BUCKETS["landing"], Key="sales/large.csv")["ETag"]


def test_a_file_that_changes_on_its_way_is_taken_back(box: PlayedBox, sales: Path) -> None:
    s3 = boto3.client("s3")
    (upload,) = land.plan(s3, BUCKETS["landing"], "sales", [sales])
    sales.write_text(CSV + CSV)
    with pytest.raises((land.LakeError, ClientError)):
        land.send(s3, BUCKETS["landing"], upload, lambda count: None)
    with pytest.raises(ClientError):
        landed()


@pytest.mark.parametrize(
    ("name", "source", "words"),
    [
        ("notes.txt", "sales", "is no landing file"),
        ("absent.csv", "sales", "There is no file"),
        (
            "2026-03.csv",
            "sells",
            "There is no source sells: there are customers, locations, products, sales in the "
            "retail lake. `make deploy",
        ),
    ],
)
def test_what_is_no_landing_file_is_refused(
    box: PlayedBox, sales: Path, name: str, source: str, words: str
) -> None:
    (sales.parent / "notes.txt").write_text("x")
    answer = typed("land", str(sales.parent / name), "--source", source)
    assert answer.exit_code == 2 and words in answer.stderr


def test_two_files_of_one_name_are_refused(box: PlayedBox, sales: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    twin = tmp_path / "other" / sales.name
    twin.write_text("x")
    answer = typed("land", str(sales), str(twin), "--source", "sales")
    assert answer.exit_code == 2 and "would both land as" in answer.stderr


def test_a_folder_lands_what_is_in_it_by_its_paths(box: PlayedBox, sales: Path) -> None:
    late = sales.parent / "late" / "2026-02.csv.gz"
    late.parent.mkdir()
    late.write_bytes(b"x")
    (sales.parent / "notes.txt").write_text("x")
    answer = typed("land", str(sales.parent), "--source", "sales")
    assert answer.exit_code == 0, answer.output
    assert landed() == CSV.encode() and landed("sales/late/2026-02.csv.gz") == b"x"
    assert "notes" not in answer.stdout
    late.unlink()
    assert "holds none" in typed("land", str(late.parent), "--source", "sales").stderr
