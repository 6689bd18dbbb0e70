"""A lake as pandas frames, wherever a notebook stands."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from jobs.errors import DefinitionError
from lake.frames import open_lake
from lake.options import ENVIRONMENT, Place


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in the environment says which lake."""
    for variable in ENVIRONMENT.values():
        monkeypatch.delenv(variable, raising=False)


def test_the_lake_is_the_one_named_or_the_environments_or_that_of_a_folder_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lake-data").mkdir()
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    assert open_lake().place.zones.gold == f"{tmp_path}/lake-data/gold"
    monkeypatch.setenv("LAKE_ROOT", "/elsewhere")
    assert open_lake().place.zones.gold == "/elsewhere/gold"
    for zone in ("LANDING", "BRONZE", "SILVER", "GOLD"):
        monkeypatch.setenv(f"LAKE_{zone}", f"/zones/{zone.lower()}")
    assert open_lake().place.zones.gold == "/zones/gold"
    assert open_lake("/mine").place.zones.gold == "/mine/gold"


def test_an_answer_is_a_frame_with_numbers_to_reckon_with(retail: Place) -> None:
    lake = open_lake(retail.root)
    found = lake.sql(
        "SELECT month, sum(net_amount) AS net FROM gold.monthly_sales_summary "
        "WHERE region = $region GROUP BY month ORDER BY month", region="North",
    )  # fmt: skip
    assert found["net"].dtype == float
    assert pd.api.types.is_datetime64_any_dtype(found["month"])
    assert len(found) >= 36


def test_every_version_can_be_read_and_the_first_run_had_less(retail: Place) -> None:
    lake = open_lake(retail.root)
    history = lake.history("silver.sales_enriched")
    assert list(history["version"]) == list(range(len(history)))
    assert history["at"].is_monotonic_increasing
    first, last = (
        lake.at("silver.sales_enriched", int(history["version"].iloc[i])) for i in (0, -1)
    )
    assert len(first) < len(last) == len(lake.sql("FROM silver.sales_enriched"))
    tables = lake.tables().set_index(["layer", "table"])["version"]
    assert tables["silver", "sales_enriched"] == history["version"].max()


def test_a_table_or_version_that_is_not_there_brings_those_that_are(retail: Place) -> None:
    lake = open_lake(retail.root)
    with pytest.raises(DefinitionError, match=r"no table gold\.weekly; there are .*gold\.monthly"):
        lake.history("gold.weekly")
    with pytest.raises(DefinitionError, match="has no version 99"):
        lake.at("gold.data_quality", 99)
