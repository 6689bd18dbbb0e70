"""What this machine gives Spark: a Java, a Python and the jars."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib import metadata
from pathlib import Path

from jobs.errors import DefinitionError
from jobs.settings import SparkSettings
from jobs.sizing import driver_memory
from lake.options import Place
from lake.setup import jars, java


def spark_settings(
    place: Place, master: str, memory: str, conf: tuple[str, ...] = ()
) -> SparkSettings:
    """Settings for a session on this machine, with the environment made ready for it.

    memory: the driver's heap; "" for what fits this machine. conf: ``key=value`` each. Raises
    DefinitionError for a malformed one, a missing Java or too small a machine, SetupError for
    missing jars; both say what to do.
    """
    return local_settings(master, memory, conf=_pairs(conf), on_s3=place.on_s3)


def local_settings(
    master: str = "local[*]", memory: str = "", *, conf: Mapping[str, str] | None = None,
    on_s3: bool = False,
) -> SparkSettings:  # fmt: skip
    """Settings for a session on this machine; ``on_s3`` adds what reading S3 takes."""
    found = java.find(Path(sys.prefix))
    if found is None:
        raise DefinitionError("Spark needs a Java 17, and this machine has none: `make setup`.")
    os.environ["JAVA_HOME"] = found.home
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    # A Spark that is set up for other work would be started instead of the one that fits.
    os.environ.pop("SPARK_HOME", None)
    # Spark's own words of greeting would stand between the lines of a run.
    os.environ.setdefault("SPARK_CONF_DIR", str(Path(__file__).with_name("spark")))
    files = jars.paths(metadata.version("pyspark")) + (jars.paths("s3") if on_s3 else ())
    settings = SparkSettings(master=master, jars=files, memory=memory, conf=conf or {})
    if settings.in_process and not memory:
        return replace(settings, memory=driver_memory())
    return settings


def _pairs(conf: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in conf:
        key, equals, value = text.partition("=")
        if not equals:
            raise DefinitionError(f"--conf {text}: write it as key=value.")
        pairs[key.strip()] = value
    return pairs
