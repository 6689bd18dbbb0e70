"""What a notebook on the box starts with: a session on the lake, which reads and cannot write.

It cannot write because the notebook's credentials cannot: the service that starts it gives it those
of the lake's reader, and the box keeps its own from it.
"""

from __future__ import annotations

import os

from pyspark.sql import SparkSession

from jobs.errors import DefinitionError
from jobs.session import open_session
from jobs.sizing import MOST_HEAP_GB, memory_for_a_run
from lake.machine import spark_settings
from lake.native import Native
from lake.options import from_environment
from lake.output import echo

LAYERS = ("silver", "gold")
# Every open notebook is a kernel with a Spark of its own, and all of them share one container, in
# which the system kills one where they take more than it has. So many have room at once, heap and
# all else, where it has KERNELS * (LEAST_HEAP_MB + OVERHEAD_MB) or more; fewer where it has less.
KERNELS = 3
LEAST_HEAP_MB = 512
# What a kernel takes besides its heap: the JVM's own (code, threads, Parquet's buffers) and Python.
OVERHEAD_MB = 384
# What lake-notebook tells Jupyter.
IDLE_HOURS = 4


def open_lake() -> SparkSession:
    """A session with a view for each table of silver and gold, such as ``gold.sales_summary``'s
    ``gold_sales_summary``; prints their names."""
    where = from_environment(os.environ)
    spark = open_session(spark_settings(where, "local[*]", kernel_memory()))
    views = []
    for layer, table in Native(where).tables():
        if layer in LAYERS:
            path = f"{getattr(where.zones, layer)}/{table}"
            spark.read.format("delta").load(path).createOrReplaceTempView(f"{layer}_{table}")
            views.append(f"{layer}_{table}")
    echo(
        f"`spark` is ready; spark.table(...) knows {', '.join(views) or 'no table yet'}. After "
        f"{IDLE_HOURS} hours without a computation it ends, and the notebook's variables with it."
    )
    return spark


def kernel_memory() -> str:
    """The heap of one notebook's Spark, as Spark writes it, such as ``708m``: a third of what all
    notebooks have together, less what a kernel takes besides.

    :raises DefinitionError: not even one notebook has room there
    """
    given = memory_for_a_run() >> 20
    heap = min(max(given // KERNELS - OVERHEAD_MB, LEAST_HEAP_MB), MOST_HEAP_GB << 10)
    if heap + OVERHEAD_MB > given:
        raise DefinitionError(
            f"A notebook needs at least {LEAST_HEAP_MB + OVERHEAD_MB} MB of memory, of which "
            f"{LEAST_HEAP_MB} are Spark's, and all notebooks together get {given} MB here, a fifth "
            "of the machine: take one with 8 GB or more."
        )
    return f"{heap}m"
