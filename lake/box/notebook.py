"""What a notebook on the box starts with: a session on the lake, which reads and cannot write.

It cannot write because the notebook's credentials cannot: the service that starts it gives it those
of the lake's reader, and the box keeps its own from it.
"""

from __future__ import annotations

import os

import click
from pyspark.sql import SparkSession

from jobs.session import open_session
from jobs.sizing import driver_memory
from lake.machine import spark_settings
from lake.native import Native
from lake.options import from_environment

LAYERS = ("silver", "gold")
# Reading takes less than a run does.
LEAST_GB = 1.0


def open_lake() -> SparkSession:
    """A session with a view for each table of silver and gold, such as ``gold.sales_summary``'s
    ``gold_sales_summary``; prints their names."""
    where = from_environment(os.environ)
    spark = open_session(spark_settings(where, "local[*]", driver_memory(LEAST_GB)))
    views = []
    for layer, table in Native(where).tables():
        if layer in LAYERS:
            path = f"{getattr(where.zones, layer)}/{table}"
            spark.read.format("delta").load(path).createOrReplaceTempView(f"{layer}_{table}")
            views.append(f"{layer}_{table}")
    click.echo(f"`spark` is ready; spark.table(...) knows {', '.join(views) or 'no table yet'}.")
    return spark
