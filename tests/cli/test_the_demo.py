"""The demo as a user types it, in small: files, a run, a question, a day more, nothing new."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Where the user stands."""
    return tmp_path_factory.mktemp("user")


def typed(folder: Path, *words: str) -> str:
    """Types ``lake ...`` there; what stdout has."""
    done = subprocess.run(
        [sys.executable, "-m", "lake", *words], cwd=folder, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == "", "a run that goes well says nothing on stderr"
    return done.stdout


def test_from_nothing_to_the_marts_and_again(folder: Path) -> None:
    typed(folder, "generate", "--sales", "300", "--customers", "40", "--products", "10",
          "--locations", "4", "--years", "1")  # fmt: skip
    first = typed(folder, "run", "--memory", "1g")
    assert "DOES NOT HOLD" not in first
    assert "gold.monthly_sales_summary: One row per month, region and category" in first
    sql = "SELECT sum(units) AS units FROM gold.monthly_sales_summary"
    (marts, silver) = (
        typed(folder, "query", question, "--format", "csv").split()[1]
        for question in (sql, "SELECT sum(quantity) AS units FROM silver.sales_enriched")
    )
    assert marts == silver
    assert "nothing waits" in typed(folder, "status")
    again = typed(folder, "run", "--memory", "1g")
    assert "nothing new: nothing changed" in again
