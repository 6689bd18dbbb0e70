"""A store reads, lists and replaces files alike on a local disk and on S3."""

from __future__ import annotations

import gzip
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from jobs.definition import Source, text
from jobs.errors import DefinitionError, LakeBusy, LakeError, RetryableError
from jobs.files import LocalStore, Store, is_landing_file, open_store
from jobs.landing import list_landing, stage


@pytest.fixture(scope="module")
def s3_server():
    server = pytest.importorskip("moto.server").ThreadedMotoServer(port=0)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture(params=["local", "s3"])
def store(request, tmp_path, monkeypatch) -> Store:
    if request.param == "local":
        return open_store(str(tmp_path / "zone"))
    boto3 = pytest.importorskip("boto3")
    settings = {
        "AWS_ENDPOINT_URL": request.getfixturevalue("s3_server"),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    bucket = f"lake-{tmp_path.name}".lower().replace("_", "-")[:60].rstrip("-")
    boto3.client("s3").create_bucket(Bucket=bucket)
    return open_store(f"s3://{bucket}/zone/")


def test_a_file_reads_back_as_it_was_written(store):
    store.write_bytes("a/x.csv", b"one")
    store.write_bytes("a/x.csv", b"two")
    assert store.read_bytes("a/x.csv") == b"two"
    assert store.exists("a/x.csv")
    with store.open_read("a/x.csv") as file:
        assert [file.read(2), file.read(2), file.read(2)] == [b"tw", b"o", b""]


def test_the_listing_is_in_the_order_of_the_paths_bytes(store):
    for path in ("b.csv", "a/x.csv", "a.csv", "B.csv", "é.csv", "a/b/y.csv"):
        store.write_bytes(path, b"12")
    assert [found.path for found in store.list()] == [
        "B.csv", "a.csv", "a/b/y.csv", "a/x.csv", "b.csv", "é.csv",
    ]  # fmt: skip
    assert [found.path for found in store.list("a/")] == ["a/b/y.csv", "a/x.csv"]
    assert [found.path for found in store.list("a")] == ["a.csv", "a/b/y.csv", "a/x.csv"]
    assert list(store.list("none/")) == []
    assert next(iter(store.list())) == store.stat("B.csv")


def test_a_changed_file_is_told_from_what_it_was(store):
    store.write_bytes("x", b"1")
    before = store.stat("x")
    store.write_bytes("x", b"2")
    after = store.stat("x")
    assert before.size == after.size == 1
    assert before.modified != after.modified


def test_a_missing_file_is_missing_everywhere(store):
    assert store.stat("x") is None
    assert not store.exists("x")
    assert store.read_versioned("x") is None
    assert not store.replace_if_unchanged("x", b"1", "any")
    assert not store.exists("x")
    store.delete("x")
    with pytest.raises(FileNotFoundError):
        store.read_bytes("x")
    with pytest.raises(FileNotFoundError):
        store.open_read("x")


def test_a_lease_on_s3_goes_by_the_servers_clock(store, monkeypatch):
    if isinstance(store, LocalStore):
        pytest.skip("a local disk has this machine's clock")
    from jobs.lease import Lease

    first, second = Lease("", "first"), Lease("", "second")
    first.store = second.store = store
    first.acquire()
    store.write_bytes("lease.json", store.read_bytes("lease.json").replace(b'"pids": "', b'"x": "'))
    ahead = SimpleNamespace(**{**vars(time), "time": lambda: time.time() + 61})
    monkeypatch.setattr("jobs.lease.time", ahead)
    with pytest.raises(LakeBusy):
        second.acquire()
    first.release()


def conflicts(store, count: int) -> list[str]:
    """S3 answers the next ``count`` puts with 409; gives the list of puts made."""
    from botocore.awsrequest import AWSResponse

    made: list[str] = []
    body = b"<Error><Code>ConditionalRequestConflict</Code><Message>busy</Message></Error>"

    class Raw:
        def stream(self, **_):
            yield body

    def answer(request, **_):
        made.append(request.method)
        return AWSResponse(request.url, 409, {}, Raw()) if len(made) <= count else None

    store._client.meta.events.register("before-send.s3.PutObject", answer)
    return made


def test_a_conflict_is_tried_again_and_no_defeat(store, monkeypatch):
    if isinstance(store, LocalStore):
        pytest.skip("only S3 answers 409")
    monkeypatch.setattr("jobs.s3.time.sleep", lambda _: None)
    made = conflicts(store, 2)
    assert store.put_if_absent("lease", b"one")
    assert len(made) == 3
    _, version = store.read_versioned("lease")
    assert store.replace_if_unchanged("lease", b"two", version)
    assert not store.replace_if_unchanged("lease", b"three", version)


def test_conflicts_without_end_are_a_passing_cause(store, monkeypatch):
    if isinstance(store, LocalStore):
        pytest.skip("only S3 answers 409")
    monkeypatch.setattr("jobs.s3.time.sleep", lambda _: None)
    made = conflicts(store, 99)
    with pytest.raises(RetryableError, match="another write of it was under way"):
        store.put_if_absent("lease", b"one")
    assert len(made) == 5


def test_only_the_first_put_if_absent_writes(store):
    assert store.put_if_absent("lease", b"one")
    assert not store.put_if_absent("lease", b"two")
    assert store.read_bytes("lease") == b"one"


def test_one_of_many_at_once_wins_put_if_absent(store):
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: store.put_if_absent("lease", b"%d" % n), range(8)))
    assert won.count(True) == 1
    assert store.read_bytes("lease") == b"%d" % won.index(True)


def test_a_file_is_replaced_only_as_it_was_read(store):
    store.put_if_absent("lease", b"one")
    data, version = store.read_versioned("lease")
    assert data == b"one"
    assert store.replace_if_unchanged("lease", b"two", version)
    assert not store.replace_if_unchanged("lease", b"three", version)
    assert store.read_bytes("lease") == b"two"


def test_no_update_is_lost_between_many_at_once(tmp_path):
    store = LocalStore(tmp_path)
    store.write_bytes("count", b"0")

    def add_ten(_: int) -> None:
        done = 0
        while done < 10:
            data, version = store.read_versioned("count")
            done += store.replace_if_unchanged("count", b"%d" % (int(data) + 1), version)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add_ten, range(4)))
    assert store.read_bytes("count") == b"40"


def test_a_reader_never_sees_a_file_half_written(tmp_path):
    store = LocalStore(tmp_path)
    whole = {b"a" * 500_000, b"b" * 900_000}
    store.write_bytes("x", min(whole))
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            for data in whole:
                store.write_bytes("x", data)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert all(store.read_bytes("x") in whole for _ in range(50))
    finally:
        stop.set()
        writer.join()


def test_delete_prefix_takes_what_starts_so_and_nothing_else(store):
    for path in ("a/x", "a/b/y", "ab", "c"):
        store.write_bytes(path, b"1")
    store.delete_prefix("a/")
    assert [found.path for found in store.list()] == ["ab", "c"]
    store.delete_prefix("a")
    assert [found.path for found in store.list()] == ["c"]
    with pytest.raises(ValueError, match="root"):
        store.delete_prefix("")


def test_upload_copies_a_local_file(store, tmp_path):
    (tmp_path / "local").write_bytes(b"12")
    store.upload(tmp_path / "local", "a/x")
    assert store.read_bytes("a/x") == b"12"


def test_nothing_temporary_stays_behind(tmp_path):
    store = LocalStore(tmp_path)
    store.write_bytes("x", b"1")
    store.put_if_absent("x", b"2")
    store.put_if_absent("y", b"2")
    assert sorted(os.listdir(tmp_path)) == ["x", "y"]


def test_spark_is_given_a_name_it_can_read(store):
    uri = store.uri("a/x.csv")
    assert uri.startswith(("/", "s3a://lake-"))
    assert uri.endswith("zone/a/x.csv")


@pytest.mark.parametrize("uri", ["{}/a b", "file://{}/a%20b"])
def test_a_local_root_may_be_a_path_or_a_file_uri(tmp_path, uri):
    assert open_store(uri.format(tmp_path)).uri("x") == str(tmp_path / "a b" / "x")


def test_a_relative_root_becomes_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert open_store("zone").uri() == str(Path.cwd() / "zone")


def test_another_kind_of_uri_is_a_definition_error():
    with pytest.raises(DefinitionError, match="not gs://"):
        open_store("gs://bucket/x")


def test_a_bucket_that_is_not_there_is_named(store):
    if isinstance(store, LocalStore):
        pytest.skip("a local root is made when it is written")
    nowhere = open_store("s3://no-such-bucket/x")
    with pytest.raises(LakeError, match="s3a://no-such-bucket/x"):
        list(nowhere.list())
    with pytest.raises(LakeError, match="NoSuchBucket"):
        nowhere.write_bytes("x", b"1")


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x"])
def test_a_path_stays_below_its_root(tmp_path, path):
    with pytest.raises(ValueError, match="below"):
        LocalStore(tmp_path).read_bytes(path)


def test_linked_folders_are_listed_and_loops_end(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x.csv").write_bytes(b"1")
    (tmp_path / "zone").mkdir()
    (tmp_path / "zone" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "zone" / "loop").symlink_to(tmp_path / "zone")
    (tmp_path / "zone" / "broken.csv").symlink_to(tmp_path / "nowhere")
    assert [f.path for f in LocalStore(tmp_path / "zone").list()] == ["linked/x.csv"]


@pytest.mark.parametrize("path", ["a.csv", "A.CSV", "s/2023/a.Csv.GZ"])
def test_csv_files_are_landing_files(path):
    assert is_landing_file(path)


@pytest.mark.parametrize(
    "path",
    ["a.txt", "a.csv~", "a.csv.tmp", "a.csv.part", "a.csv.crdownload", ".a.csv", "_a.csv",
     ".git/a.csv", "_x/a.csv", "a.gz", "csv"],
)  # fmt: skip
def test_hidden_files_and_leftovers_are_no_landing_files(path):
    assert not is_landing_file(path)


def test_landing_files_are_staged_alike_from_anywhere(store, tmp_path):
    store.write_bytes("sales/a.csv", b"id\n1\n2\n")
    store.write_bytes("sales/b.csv.gz", gzip.compress(b'id\n"3\n"\n'))
    store.write_bytes("sales/c.csv.gz", b"no gzip")
    files, others = list_landing(store)
    staging = stage(Source(columns={"id": text()}), files, store, tmp_path / "staged")
    assert [(file.path, file.records, bool(file.problem)) for file in staging.files] == [
        ("sales/a.csv", 2, False),
        ("sales/b.csv.gz", 1, False),
        ("sales/c.csv.gz", 0, True),
    ]
    assert others == []
