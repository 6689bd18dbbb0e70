"""The same jobs on a Spark standalone cluster of two worker processes, from the zip."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyspark
import pytest

from jobs.run import run
from jobs.settings import RunSettings, Zones
from lake.package import package
from lake.setup import jars
from tests import small

BIN = Path(pyspark.__file__).parent / "bin"
DEPLOY = "org.apache.spark.deploy"


def environment() -> dict[str, str]:
    """This machine's, without the project: the jobs come from the zip alone, and the logs,
    that tell when the cluster stands, are Spark's own."""
    own = {key: value for key, value in os.environ.items() if key != "SPARK_CONF_DIR"}
    return {
        **own, "PYTHONPATH": "", "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m", "SPARK_HOME": str(BIN.parent),
    }  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def daemon(folder: Path, name: str, *arguments: str) -> subprocess.Popen[bytes]:
    with open(folder / f"{name}.log", "wb") as log:
        return subprocess.Popen(
            [str(BIN / "spark-class"), *arguments], env=environment(), cwd=folder,
            stdout=log, stderr=log,
        )  # fmt: skip


def until_logged(folder: Path, name: str, text: str) -> None:
    for _ in range(240):
        log = (folder / f"{name}.log").read_text(errors="replace")
        if text in log:
            return
        time.sleep(0.5)
    pytest.fail(f"the {name} did not start: {log[-2000:]}")


@pytest.fixture(scope="module")
def master(tmp_path_factory) -> Iterator[str]:
    """The address of a master with two registered workers of one core each."""
    folder, port = tmp_path_factory.mktemp("cluster"), str(free_port())
    address = f"spark://127.0.0.1:{port}"
    own = ("--host", "127.0.0.1", "--webui-port", "0")
    running = [daemon(folder, "master", f"{DEPLOY}.master.Master", *own, "--port", port)]
    try:
        until_logged(folder, "master", "I have been elected leader")
        for name in ("worker-1", "worker-2"):
            (folder / name).mkdir()
            room = ("--cores", "1", "--memory", "1g", "--work-dir", str(folder / name))
            running.append(daemon(folder, name, f"{DEPLOY}.worker.Worker", *own, *room, address))
        for name in ("worker-1", "worker-2"):
            until_logged(folder, name, "Successfully registered with master")
        yield address
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait(timeout=60)


@pytest.fixture(scope="module")
def zipped(tmp_path_factory) -> tuple[Path, Path]:
    return package(tmp_path_factory.mktemp("zip"))


def submit(master: str, zipped: tuple[Path, Path], *arguments: str):
    archive, main = zipped
    delta = ",".join(jars.paths(pyspark.__version__))
    conf = {
        "spark.executor.memory": "600m", "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1", "spark.sql.shuffle.partitions": "2",
    }  # fmt: skip
    return subprocess.run(
        [str(BIN / "spark-submit"), "--master", master, "--driver-memory", "800m",
         "--jars", delta, "--py-files", str(archive),
         *(part for key, value in conf.items() for part in ("--conf", f"{key}={value}")),
         str(main), *arguments],
        env=environment(), cwd=main.parent, capture_output=True, text=True, timeout=600,
    )  # fmt: skip


def test_the_retail_lake_loads_from_inside_the_zip(zipped, tmp_path):
    show = (
        "import jobs; from jobs.load import load; d = load(); "
        "print(jobs.__file__); print(*sorted(d.sources), len(d.marts))"
    )
    done = subprocess.run(
        [sys.executable, "-c", show], env={**environment(), "PYTHONPATH": str(zipped[0])},
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    where, what = done.stdout.splitlines()
    assert where.startswith(str(zipped[0]))
    assert what == "customers locations products sales 6"


def test_the_same_code_gives_the_same_zip(zipped, tmp_path):
    assert package(tmp_path)[0].read_bytes() == zipped[0].read_bytes()


def test_a_run_on_a_cluster_gives_the_tables_of_two_daily_runs_in_process(
    spark, master, zipped, tmp_path
):
    one, other = tmp_path / "cluster", tmp_path / "local"
    local = RunSettings(Zones.under(str(other)), definition=str(small.SHOP))
    for day in (small.FIRST_DAY, small.NEXT_DAY):
        small.write(day, one / "landing")
        small.write(day, other / "landing")
        run(local)
    left = one / "bronze/_lake/staging/orders/left-by-a-killed-run.txt"
    left.parent.mkdir(parents=True)
    left.write_text("x")
    done = submit(master, zipped, "--root", str(one), "--definition", str(small.SHOP))
    report = small.told(done)
    assert report["status"] == "done" and small.books(report) == small.BOOKS
    small.same(spark, one, other)
    staged = (one / "bronze/_lake/staging").rglob("*")
    assert [path for path in staged if path.is_file()] == []
