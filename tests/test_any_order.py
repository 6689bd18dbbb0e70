"""However the same landing files arrive, run by run, the tables and the books are the same."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from jobs.settings import Limits
from tests.small_retail import FILES, WAYS, all_of, land, small_retail

quietly = settings(
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def rebuilt(spark, tmp_path_factory) -> dict[str, Any]:
    """What one full rebuild of all files comes to."""
    lake = small_retail(tmp_path_factory.mktemp("rebuilt"), spark)
    land(lake, *FILES)
    lake.run(rebuild=True)
    return all_of(lake)


def test_the_rebuild_itself_is_right(rebuilt):
    assert rebuilt["books"] == {
        "sales": (15, 7, 1, 7),
        "people": (4, 3, 0, 1),
        "goods": (6, 4, 1, 1),
    }
    assert rebuilt["quarantine"] == [
        ("2.csv", 4, "open", "seen is not a whole number"),
        ("2.csv", 5, "waiting", "what is not known yet"),
    ]
    assert rebuilt["gold.whole"] == [(2, 7, 32 + 64 + 3 + 129 + 16 + 1 + 5)]


@st.composite
def arrivals(draw, most_runs: int) -> list[tuple[str, ...]]:
    """The files in any order, cut into runs."""
    order = draw(st.permutations(sorted(FILES)))
    cuts = draw(st.sets(st.integers(1, len(order) - 1), min_size=1, max_size=most_runs - 1))
    edges = [0, *sorted(cuts), len(order)]
    return [tuple(order[a:b]) for a, b in pairwise(edges)]


def same_as_rebuilt(
    runs: list[tuple[str, ...]], spark, rebuilt: dict[str, Any], limits: Limits
) -> None:
    lake = small_retail(Path(mkdtemp()), spark)
    for files in runs:
        land(lake, *files)
        lake.run(limits=limits)
    found = all_of(lake)
    assert {what: found[what] for what in rebuilt if found[what] != rebuilt[what]} == {}


@pytest.mark.parametrize("limits", WAYS)
def test_dimensions_and_mends_that_come_last_change_nothing(spark, rebuilt, limits):
    last = ("goods/1.csv", "people/2.csv", "sales/1.csv")
    middle = ("goods/2.csv", "sales/bad.csv")
    first = tuple(path for path in FILES if path not in (*last, *middle))
    same_as_rebuilt([first, middle, last], spark, rebuilt, limits)


@settings(quietly, max_examples=2)
@given(runs=arrivals(most_runs=4), limits=st.sampled_from(WAYS))
def test_any_split_and_order_of_the_files_comes_to_the_same(spark, rebuilt, runs, limits):
    same_as_rebuilt(runs, spark, rebuilt, limits)


@pytest.mark.long
@settings(quietly, max_examples=40, derandomize=False, print_blob=True)
@given(runs=arrivals(most_runs=len(FILES)), limits=st.sampled_from(WAYS))
def test_a_long_campaign_of_splits_and_orders_comes_to_the_same(spark, rebuilt, runs, limits):
    same_as_rebuilt(runs, spark, rebuilt, limits)
