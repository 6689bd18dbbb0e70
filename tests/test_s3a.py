"""The small pipeline through the real S3A connector, against an S3 server of this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import boto3
import pyspark
import pytest
from moto.server import ThreadedMotoServer

from jobs.run import run
from jobs.settings import RunSettings, Zones
from lake.setup import jars
from tests import small
from tests.suspending import suspended, wake

ZONES = ("landing", "bronze", "silver", "gold")
HOLDER = """
import sys
from jobs.errors import LakeBusy
from jobs.lease import held

try:
    with held(sys.argv[1], sys.argv[2]):
        print("won", flush=True)
        sys.stdin.read()
except LakeBusy as busy:
    print("busy:", busy, flush=True)
"""


@pytest.fixture(scope="module")
def bucket():
    """A client of a server with one bucket a zone; the environment names the server."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client = boto3.client("s3")
        for zone in ZONES:
            client.create_bucket(Bucket=f"shop-{zone}")
        yield client
    server.stop()


def lake() -> list[str]:
    """The arguments of a run over the buckets."""
    zones = [part for zone in ZONES for part in (f"--{zone}", f"s3://shop-{zone}/eu/")]
    files = (*jars.paths(pyspark.__version__), *jars.paths("s3"))
    return [*zones, "--definition", str(small.SHOP), "--master", "local[2]",
            "--jars", ",".join(files)]  # fmt: skip


def objects(bucket, zone: str) -> dict[str, tuple[str, str]]:
    """{key: ETag and time} of a bucket."""
    pages = bucket.get_paginator("list_objects_v2").paginate(Bucket=f"shop-{zone}")
    return {
        found["Key"]: (found["ETag"], str(found["LastModified"]))
        for page in pages
        for found in page.get("Contents", ())
    }


def land(bucket, files) -> None:
    for path, content in files.items():
        bucket.put_object(Bucket="shop-landing", Key=f"eu/{path}", Body=content.encode())


def download(bucket, to: Path) -> None:
    for zone in ZONES[1:]:
        for key in objects(bucket, zone):
            file = to / zone / key.removeprefix("eu/")
            file.parent.mkdir(parents=True, exist_ok=True)
            bucket.download_file(f"shop-{zone}", key, str(file))


def test_two_days_on_s3_give_the_tables_of_two_days_on_a_disk(spark, bucket, tmp_path):
    local = RunSettings(Zones.under(str(tmp_path / "local")), definition=str(small.SHOP))
    for day in (small.FIRST_DAY, small.NEXT_DAY):
        small.write(day, tmp_path / "local/landing")
        run(local)
        land(bucket, day)
        landed = objects(bucket, "landing")
        report = small.told(small.jobs(*lake()))
        assert report["status"] == "done"
        assert objects(bucket, "landing") == landed
    assert small.books(report) == small.BOOKS
    download(bucket, tmp_path / "s3")
    small.same(spark, tmp_path / "s3", tmp_path / "local")

    before = {zone: objects(bucket, zone) for zone in ZONES}
    again = small.told(small.jobs(*lake()))
    assert again["status"] == "unchanged" and small.books(again) == small.BOOKS
    after = {zone: objects(bucket, zone) for zone in ZONES}
    assert after == before


def holder(name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, "s3://shop-bronze/other/_lake", name],
        cwd=small.PROJECT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip


def test_of_two_processes_that_want_a_lake_on_s3_one_gets_it_until_it_ends(bucket):
    both = [holder("run-one"), holder("run-two")]
    said = {process.stdout.readline()[:3]: process for process in both}
    assert set(said) == {"won", "bus"}
    held = bucket.get_object(Bucket="shop-bronze", Key="other/_lake/lease.json")
    assert json.loads(held["Body"].read())["pid"] == said["won"].pid

    late = holder("run-three")
    told, _ = late.communicate(timeout=60)
    assert told.startswith("busy: The lake is held by run run-")

    said["won"].communicate(timeout=60)
    said["bus"].communicate(timeout=60)
    free = holder("run-four")
    told, _ = free.communicate(timeout=60)
    assert told == "won\n"


def test_a_run_finds_a_lake_on_s3_held_and_says_so(bucket):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, "s3://shop-bronze/eu/_lake", "run-elsewhere"],
        cwd=small.PROJECT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout.readline() == "won\n"
    refused = small.jobs(*lake())
    process.communicate(timeout=60)
    assert refused.returncode == 4
    assert "held by run run-elsewhere" in refused.stderr


def test_a_holder_that_was_killed_does_not_block_a_lake_on_s3(bucket):
    killed = holder("run-killed")
    assert killed.stdout.readline() == "won\n"
    killed.kill()
    killed.wait(timeout=60)
    killed.stdin.close()
    after = holder("run-after")
    told, _ = after.communicate(timeout=60)
    assert told == "won\n"


OVERTAKER = """
import runpy, sys
from jobs import lease

lease._is_dead = lambda found: True  # as if the suspended run had not renewed it for a minute
sys.argv[0] = "jobs"
runpy.run_module("jobs", run_name="__main__")
"""


def test_a_run_on_s3_that_wakes_after_another_took_over_cannot_commit(bucket):
    bucket.create_bucket(Bucket="shop-late")
    root = "s3://shop-late/eu"
    for day in (small.FIRST_DAY, small.NEXT_DAY):
        for path, content in day.items():
            bucket.put_object(Bucket="shop-late", Key=f"eu/landing/{path}", Body=content.encode())
    files = ",".join((*jars.paths(pyspark.__version__), *jars.paths("s3")))
    with suspended(root, str(small.SHOP), "silver/orders") as process:
        done = subprocess.run(
            [sys.executable, "-c", OVERTAKER, "--root", root, "--definition", str(small.SHOP),
             "--master", "local[2]", "--jars", files],
            cwd=small.PROJECT, capture_output=True, text=True, timeout=600,
        )  # fmt: skip
        assert small.books(small.told(done)) == small.BOOKS
        before = objects(bucket, "late")
        errors = wake(process)
    assert "another writer committed version" in errors
    after = objects(bucket, "late")
    assert {k: v for k, v in after.items() if "/data-" not in k} == {
        k: v for k, v in before.items() if "/data-" not in k
    }
