"""What the whole suite shares: one Spark session, made the way a lake's own is."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.session import RUNTIME
from lake.setup import jars, java


@pytest.fixture(scope="session", autouse=True)
def environment() -> None:
    """The Java and the Python that Spark starts, the same as for a user of this machine."""
    found = java.find(Path(sys.prefix))
    assert found, "no Java 17 here: run `make setup`"
    os.environ["JAVA_HOME"] = found.home
    # Small lakes in processes of their own end before the JVM's second compiler pays.
    os.environ["SPARK_SUBMIT_OPTS"] = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Side by side: the tests of the one Spark session; those of the folders, of which some
    share ports and `cdk.out`; and each other file by itself."""
    for item in items:
        below = item.path.relative_to(Path(__file__).parent)
        folder = "folders" if len(below.parts) > 1 else below.name
        group = "spark" if "spark" in getattr(item, "fixturenames", ()) else folder
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(autouse=True)
def the_environment_stays() -> Iterator[None]:
    """What a command writes into this process's environment ends with its test."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """Lakes of earlier tests do not fill the memory of the one session: Delta keeps some
    megabytes of every table it has seen."""
    yield
    from pyspark import SparkContext

    if SparkContext._jvm is not None:
        SparkContext._jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()


@pytest.fixture(scope="session")
def spark(environment, tmp_path_factory) -> Iterator:
    """The one Spark session of the suite: local[2], 2 GB, Delta, UTC.

    Its many small queries are interpreted: to generate and compile code for each takes longer
    than to run it. The lakes that tests run in other processes run as a user's do.
    """
    import pyspark
    from pyspark.sql import SparkSession

    scratch = tmp_path_factory.mktemp("spark")
    settings = {
        **RUNTIME,
        "spark.jars": ",".join(jars.paths(pyspark.__version__)),
        "spark.driver.memory": "2g",
        "spark.ui.enabled": "false",
        # Hundreds of runs go through this one session: what a user interface would show of
        # them is not kept, and few of their tables are.
        "spark.sql.ui.retainedExecutions": "1",
        "spark.ui.retainedJobs": "10",
        "spark.ui.retainedStages": "10",
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.driver.extraJavaOptions": f"-Dderby.system.home={scratch}",
    }
    builder = SparkSession.builder.master("local[2]").appName("medallion-lake-tests")
    for name, value in settings.items():
        builder = builder.config(name, value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_SUBMIT_OPTS", "-XX:+UseSerialGC")
        session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()
