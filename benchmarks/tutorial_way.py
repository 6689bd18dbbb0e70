"""The retail lake as tutorials build it: `python -m benchmarks.tutorial_way LAYER LANDING OUT`.

A process a layer, ``inferSchema``, Spark's and Delta's default settings, rows that look wrong
filtered away. Columns are matched by position (files that order them otherwise are misread),
nothing is counted, keys are numbered anew each time, and a second run does it all again. The
marts are computed by the same SQL as the lake's own, but for data_quality, which needs a
quarantine.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from graphlib import TopologicalSorter
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from jobs.load import load
from lake.machine import local_settings

KEYS = {
    "sales": "transaction_id",
    "customers": "customer_id",
    "products": "product_id",
    "locations": "location_id",
}
DIMENSIONS = ("customers", "products", "locations")


def session() -> SparkSession:
    """A session as the Delta quick start makes it; its jars from disk, not from the network."""
    return (
        SparkSession.builder.appName("tutorial")
        .config("spark.jars", ",".join(local_settings().jars))
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config(
            "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog"
        )
        .config("spark.driver.memory", "2g")
        .getOrCreate()
    )


def bronze(spark: SparkSession, landing: Path, out: Path) -> None:
    """Each source's files as Spark reads them, with the time and the file."""
    for source in KEYS:
        rows = (
            spark.read.option("header", True)
            .option("inferSchema", True)
            .option("recursiveFileLookup", True)
            .csv(str(landing / source))
            .withColumn("ingestion_timestamp", F.current_timestamp())
            .withColumn("source_file", F.input_file_name())
        )
        save(rows, out / "bronze" / source)


def silver(spark: SparkSession, out: Path) -> None:
    """Typed, filtered, the latest row of each key, a number for a key, sales joined to the rest."""
    read = {source: load_table(spark, out / "bronze" / source) for source in KEYS}
    for name, rows in dimensions(read).items():
        save(rows, out / "silver" / name)
    saved = {name: load_table(spark, out / "silver" / name) for name in DIMENSIONS}
    save(enriched(latest(typed_sales(read["sales"]), "transaction_id"), saved),
         out / "silver" / "sales_enriched")  # fmt: skip


def dimensions(read: Mapping[str, DataFrame]) -> dict[str, DataFrame]:
    """What sales are joined to: the latest row of each key, with a number for a key."""
    customers = latest(read["customers"], "customer_id").select(
        F.upper(F.trim("customer_id")).alias("customer_id"),
        F.trim("segment").alias("customer_segment"),
        F.trim("country").alias("customer_country"),
        F.monotonically_increasing_id().alias("customer_key"),
    )
    products = latest(read["products"], "product_id").select(
        F.trim("product_id").alias("product_id"), F.trim("product_name").alias("product_name"),
        F.trim("category").alias("category"), F.trim("brand").alias("brand"),
        F.monotonically_increasing_id().alias("product_key"),
    )  # fmt: skip
    locations = latest(read["locations"], "location_id").select(
        F.trim("location_id").alias("location_id"), F.trim("store_name").alias("store_name"),
        F.trim("region").alias("region"), F.monotonically_increasing_id().alias("location_key"),
    )  # fmt: skip
    return {"customers": customers, "products": products, "locations": locations}


def enriched(sales: DataFrame, saved: Mapping[str, DataFrame]) -> DataFrame:
    """Sales joined to the dimensions."""
    for name, rows in saved.items():
        sales = sales.join(rows, KEYS[name], "left")
    status = F.when(F.col("customer_id").isNull(), "none given").otherwise("known")
    return sales.withColumn("customer_id_status", status).withColumn(
        "sale_key", F.monotonically_increasing_id()
    )


def typed_sales(rows: DataFrame) -> DataFrame:
    """Sales with their types, without the rows that have none."""
    money = F.regexp_replace(F.col("unit_price").cast("string"), "[$,]", "")
    return (
        rows.withColumn(
            "sold_at",
            F.coalesce(
                F.to_timestamp(F.col("sold_at").cast("string"), "yyyy-MM-dd HH:mm:ss"),
                F.to_timestamp(F.col("sold_at").cast("string"), "dd/MM/yyyy HH:mm"),
            ),
        )
        .withColumn("customer_id", F.upper(F.trim("customer_id")))
        .withColumn("quantity", F.col("quantity").cast("bigint"))
        .withColumn("unit_price", money.cast("decimal(18,2)"))
        .withColumn("discount", F.coalesce(F.col("discount").cast("decimal(18,2)"), F.lit(0)))
        .withColumn("gross_amount", F.col("quantity") * F.col("unit_price"))
        .withColumn("net_amount", F.col("gross_amount") - F.col("discount"))
        .where("transaction_id IS NOT NULL AND sold_at IS NOT NULL AND product_id IS NOT NULL")
        .where("quantity > 0 AND unit_price > 0 AND discount BETWEEN 0 AND gross_amount")
    )


def latest(rows: DataFrame, key: str) -> DataFrame:
    """The row of each key that was updated last."""
    order = Window.partitionBy(key).orderBy(F.col("updated_at").desc())
    return rows.withColumn("_n", F.row_number().over(order)).where("_n = 1").drop("_n")


def gold(spark: SparkSession, out: Path) -> None:
    """The lake's own marts, but for the one that needs a quarantine."""
    load_table(spark, out / "silver" / "sales_enriched").createOrReplaceTempView("sales_enriched")
    definition = load()
    for name in TopologicalSorter(definition.mart_needs).static_order():
        if name != "data_quality":
            save(spark.sql(definition.marts[name].sql), out / "gold" / name)
            load_table(spark, out / "gold" / name).createOrReplaceTempView(name)


def load_table(spark: SparkSession, path: Path) -> DataFrame:
    return spark.read.format("delta").load(str(path))


def save(rows: DataFrame, path: Path) -> None:
    rows.write.format("delta").mode("overwrite").option("overwriteSchema", True).save(str(path))


def main() -> None:
    """Runs one layer."""
    if len(sys.argv) != 4 or sys.argv[1] not in ("bronze", "silver", "gold"):
        sys.exit("usage: python -m benchmarks.tutorial_way bronze|silver|gold LANDING OUT")
    layer, landing, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    spark = session()
    if layer == "bronze":
        bronze(spark, landing, out)
    elif layer == "silver":
        silver(spark, out)
    else:
        gold(spark, out)
    spark.stop()


if __name__ == "__main__":
    main()
