"""Spark settings that a run is given: set where they can be, told where they cannot."""

from __future__ import annotations

import subprocess
import sys

import pytest

from jobs.errors import DefinitionError
from jobs.session import open_session
from jobs.settings import SparkSettings

LISTENERS = "spark.sql.queryExecutionListeners"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("spark.sql.warehouse.dir", "/elsewhere"),
        (LISTENERS, "org.example.Listener"),
        ("spark.driver.memory", "77g"),
    ],
)
def test_a_running_session_is_not_given_what_holds_from_its_start(spark, key, value):
    with pytest.raises(DefinitionError) as told:
        open_session(SparkSettings(conf={key: value}))
    assert str(told.value).startswith(f"--conf {key}={value}: the Spark session that is running ")
    assert told.value.exit_status == 2


def test_what_is_no_value_of_a_setting_is_told(spark):
    with pytest.raises(DefinitionError, match=r"--conf spark\.sql\.shuffle\.partitions=few: .*int"):
        open_session(SparkSettings(conf={"spark.sql.shuffle.partitions": "few"}))


def test_a_running_session_takes_what_can_be_changed_and_what_it_has_already(spark):
    key, before = "spark.sql.shuffle.partitions", spark.conf.get("spark.sql.shuffle.partitions")
    same = {"spark.driver.memory": "2g", "spark.sql.warehouse.dir": "", "spark.ui.enabled": "false"}
    same["spark.sql.warehouse.dir"] = spark.conf.get("spark.sql.warehouse.dir")
    try:
        assert open_session(SparkSettings(conf={key: "7", **same})).conf.get(key) == "7"
    finally:
        spark.conf.set(key, before)


def test_a_new_session_starts_with_a_setting_that_holds_from_its_start(environment):
    code = (
        "from jobs.session import open_session; from jobs.settings import SparkSettings\n"
        "static = {'spark.sql.ui.retainedExecutions': '3', 'spark.sql.ansi.enabled': 'true'}\n"
        "conf = {**static, 'spark.sql.extensions': '', 'spark.sql.catalog.spark_catalog':\n"
        "    'org.apache.spark.sql.execution.datasources.v2.V2SessionCatalog'}\n"
        "spark = open_session(SparkSettings('local[1]', memory='512m', conf=conf))\n"
        "print([spark.conf.get(key) for key in static])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "['3', 'true']", done.stderr[-2000:]
