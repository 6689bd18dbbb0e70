"""The one place that makes or joins a Spark session."""

from __future__ import annotations

import os
from collections.abc import Mapping

from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from jobs.errors import DefinitionError
from jobs.settings import SPARK_LOG, SparkSettings
from jobs.sizing import cores, driver_memory

# Delta's snapshot state in one partition and few shuffle partitions: a lake's tables are small
# against Spark's defaults, and each extra task costs more than it does.
BASE = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    # A run generates more classes than the hundred that Spark remembers by default, and what falls
    # out is generated, compiled and warmed up again by the next query of the same shape.
    "spark.sql.codegen.cache.maxEntries": "5000",
}
# Most of a run of a million rows is the JVM compiling what it runs. A collector with cheap
# barriers and a second compiler that starts later spare a fifth of the run's CPU time; that it
# leaves out the loop transformations and the deep inlining that pay in runs of hours spares
# another fifth.
JVM = " ".join((
    "-XX:+IgnoreUnrecognizedVMOptions",
    "-XX:+UseParallelGC",
    "-XX:Tier4InvocationThreshold=20000",
    "-XX:Tier4MinInvocationThreshold=2400",
    "-XX:Tier4CompileThreshold=60000",
    "-XX:Tier4BackEdgeThreshold=160000",
    "-XX:LoopOptsCount=5",
    "-XX:LoopUnrollLimit=10",
    "-XX:-UseSuperWord",
    "-XX:-UseLoopPredicate",
    "-XX:-PartialPeelLoop",
    "-XX:MaxInlineLevel=9",
    "-XX:FreqInlineSize=150",
    "-XX:InlineSmallCode=1200",
))  # fmt: skip
RUNTIME = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "false",
    # ${env:NAME} in a query, as in a check's regular expression, is what stands there.
    "spark.sql.variable.substitute": "false",
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
    # A generated method above this size is never compiled by the JVM; below it, Spark falls back
    # to many small ones, which are. Judging a row takes half the time so.
    "spark.sql.codegen.hugeMethodLimit": "8000",
    # A second, faster map before each aggregation's own is more code to compile than it saves.
    "spark.sql.codegen.aggregate.map.twolevel.enabled": "false",
    # Deriving constraints takes time that doubles with every computed column a later one uses
    # (minutes for a contract of some twenty rules), and no read here is narrowed by them.
    "spark.sql.constraintPropagation.enabled": "false",
    # Plans are drawn as text for a user interface that is off.
    "spark.sql.maxPlanStringLength": "1000",
    # A judged batch is kept for the length of one publish; compressing it costs more than it saves.
    "spark.sql.inMemoryColumnarStorage.compressed": "false",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.databricks.delta.schema.autoMerge.enabled": "false",
    # A publish that changes no row still says what it consumed.
    "spark.databricks.delta.skipRecordingEmptyCommits": "false",
    # Only files below 16 MiB are joined, so that a compaction costs what is new.
    "spark.databricks.delta.optimize.minFileSize": str(16 * 1024 * 1024),
    "spark.databricks.delta.optimize.maxFileSize": str(128 * 1024 * 1024),
    # VACUUM lists with this many tasks; Spark's default of 10,000 takes minutes on a small table.
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "4",
    # Spark's 128 MiB make three tasks of ten million rows, and the last has the machine for itself.
    "spark.sql.files.maxPartitionBytes": str(32 * 1024 * 1024),
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Dates are proleptic Gregorian in every file, the earliest too.
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
}


# S3A of Hadoop 3.3: credentials from wherever the AWS tools take them, no deletes of directory
# markers (each would be a request, and in a versioned bucket a new version).
S3A = {
    "spark.hadoop.fs.s3a.aws.credentials.provider": (
        "com.amazonaws.auth.DefaultAWSCredentialsProviderChain"
    ),
    "spark.hadoop.fs.s3a.directory.marker.retention": "keep",
}


def open_session(settings: SparkSettings) -> SparkSession:
    """A session fit for the lake: the active one where there is one, else a new one.

    A running session (a cluster's, a notebook's, a test's) keeps its own start-up settings;
    the run-time settings that correctness needs are set on it either way. Raises
    DefinitionError for a setting that a running session cannot be given.
    """
    if settings.in_process:
        # Nothing of a local session is to be reached from another machine.
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder.appName("medallion-lake")
    if not _is_running():
        if not submitted_master():
            builder = builder.master(settings.master)
            memory = settings.memory or (driver_memory() if settings.in_process else "")
            if memory:
                builder = builder.config("spark.driver.memory", memory)
        if settings.jars:
            builder = builder.config("spark.jars", ",".join(settings.jars))
        for key, value in {
            **BASE,
            **_s3a(os.environ),
            **_of_this_machine(settings, os.environ),
            **settings.conf,
        }.items():
            builder = builder.config(key, value)
    spark = builder.getOrCreate()
    for key, value in RUNTIME.items():
        if key not in settings.conf:
            spark.conf.set(key, value)
    for key, value in settings.conf.items():
        _set(spark, key, value)
    return spark


def _is_running() -> bool:
    """Whether this process has a session: "active" is one of this thread alone, and a run may ask
    in a thread that has just begun."""
    context = SparkContext._active_spark_context
    return SparkSession.getActiveSession() is not None or context is not None


def _set(spark: SparkSession, key: str, value: str) -> None:
    """Sets what can be set while a session runs. DefinitionError for what cannot, where it is not
    already so: the session was started before this run, with another value; and for what is no
    value of the setting."""
    can, has = spark.conf.isModifiable(key), spark.conf.get(key, None)
    if has == value and not can:
        return
    try:
        spark.conf.set(key, value)
    except PySparkException as error:
        said = (
            str(error).split("\n")[0]
            if can
            else f"the Spark session that is running has {has or 'no value'}, and this setting "
            "holds from a session's start: leave it out, or end that session first."
        )
        raise DefinitionError(f"--conf {key}={value}: {said}") from error


def submitted_master() -> str:
    """The master that spark-submit started this process for; "" where it did not."""
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        return ""
    SparkContext._ensure_initialized()  # brings what spark-submit was told
    return SparkConf().get("spark.master", "")


def _s3a(environment: Mapping[str, str]) -> dict[str, str]:
    """S3A as boto3 is set up by the same environment: endpoint and region."""
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    told = dict(S3A)
    if region:
        told["spark.hadoop.fs.s3a.endpoint.region"] = region
    if endpoint:
        told["spark.hadoop.fs.s3a.endpoint"] = endpoint
        # Other services than AWS's own rarely answer to bucket.host names.
        told["spark.hadoop.fs.s3a.path.style.access"] = "true"
    return told


def _of_this_machine(settings: SparkSettings, environment: Mapping[str, str]) -> dict[str, str]:
    """Where the workers are this process; whoever gives the JVM options of their own means them."""
    if not settings.in_process:
        return {}
    told = {
        "spark.sql.shuffle.partitions": str(max(2, cores())),
        # With as many partitions as cores there is nothing to join or split, and a day of few rows
        # takes an eighth less time where queries are planned once.
        "spark.sql.adaptive.enabled": "false",
        # What fails is told in one sentence; Spark's own words and traces are for a search.
        "spark.log.level": environment.get(SPARK_LOG, "OFF"),
    }
    if "SPARK_SUBMIT_OPTS" not in environment:
        told["spark.driver.extraJavaOptions"] = JVM
    return told
