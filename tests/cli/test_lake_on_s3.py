"""What is read natively reads a lake on S3 too, by s3a:// as Spark spells it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

BUCKET = "a-lake-read-natively"


@pytest.fixture(scope="module")
def root_on_s3(built_lake: Path) -> Iterator[str]:
    """The lake, copied to a bucket."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        for path in built_lake.rglob("*"):
            if path.is_file() and not path.name.endswith(".crc"):
                client.upload_file(str(path), BUCKET, f"at/{path.relative_to(built_lake)}")
        yield f"s3a://{BUCKET}/at"
    server.stop()


def test_a_question_is_answered(lake, root_on_s3: str) -> None:
    answer = lake("query", "SELECT count(*) AS n FROM gold.monthly", "--format", "csv",
                  root=root_on_s3)  # fmt: skip
    assert (answer.exit_code, answer.stdout) == (0, "n\n3\n"), answer.output


def test_an_older_version_is_answered_compared_and_exported(
    lake, root_on_s3: str, tmp_path: Path
) -> None:
    old = lake("query", "SELECT count(*) AS n FROM monthly", "--version", "0", "--format", "csv",
               root=root_on_s3)  # fmt: skip
    assert old.stdout == "n\n2\n", old.output
    moved = lake("diff", "monthly", root=root_on_s3)
    counted = "gold.monthly, version 0 to 1: 1 added, 0 removed, 0 changed"
    assert counted in moved.stdout, moved.output
    file = tmp_path / "monthly.csv"
    assert "3 rows" in lake("export", "monthly", str(file), root=root_on_s3).stdout


def test_tables_and_waiting_files_are_listed(lake_json, root_on_s3: str) -> None:
    state = lake_json("status", root=root_on_s3)
    assert {(t["layer"], t["table"]) for t in state["tables"]} == {
        ("bronze", "orders"), ("silver", "orders"), ("silver", "quarantine"), ("gold", "monthly"),
    }  # fmt: skip
    assert {f["path"]: f["status"] for f in state["files"]}["e.csv"] == "new"


def test_a_prefix_without_a_lake_is_said_to_have_none(lake, root_on_s3: str) -> None:
    answer = lake("status", root=f"s3://{BUCKET}/elsewhere")
    assert answer.exit_code == 2, answer.output
    assert f"There is no lake at s3a://{BUCKET}/elsewhere" in answer.stderr
