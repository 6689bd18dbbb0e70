"""A small lake that is not retail, its tables written by Spark as a run writes them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jobs.ledger import FILES_DDL, RUNS_DDL, STATE
from jobs.quarantine import DDL as QUARANTINE_DDL
from lake.__main__ import cli

NOON = datetime(2024, 3, 1, 12, 30, tzinfo=timezone.utc)
SOURCE = '''"""One row per order."""
from jobs.definition import Source, integer, text

orders = Source(columns={"order_id": text(header="Order No."), "quantity": integer()},
                key="order_id", delimiter=";")
'''
MART = '''"""One row per month."""
from jobs.definition import Mart

monthly = Mart(sql="SELECT 1", reads=("orders",), columns="month DATE", key=("month",))
'''
FILES = (
    ("a.csv", "ingested", "", 1),
    ("b.csv", "ingested", "", 2),
    ("c.csv", "refused", 'has no column "order_id"', 3),
    ("d.csv", "ingested", "", 4),
    ("d.csv", "held", "its bytes changed after it was ingested", 5),
    ("gone.csv", "ingested", "", 6),
)
BROKEN = {
    "#2": ("open", [("quantity is a whole number", "quantity", "many")],
           {"order_no": "007", "quantity": "many"}, None),
    "#3": ("waiting", [("customer is known", "customer", "C1")],
           {"order_no": "008", "quantity": "1"}, None),
    "#4": ("open", [("the line has the wrong number of fields", "", None)], None, "009;1;x\ny"),
    "#5": ("superseded", [("quantity is a whole number", "quantity", "few")],
           {"order_no": "010", "quantity": "few"}, None),
}  # fmt: skip


@pytest.fixture(scope="session")
def built_lake(spark, tmp_path_factory) -> Path:
    """The lake's folder, shared: a test that changes it takes ``lake_folder``."""
    root = tmp_path_factory.mktemp("lake")
    (root / "definition").mkdir()
    (root / "definition" / "orders.py").write_text(SOURCE)
    (root / "definition" / "monthly.py").write_text(MART)
    _land(root)

    def table(path: str, rows: list[tuple], ddl: str) -> None:
        frame = spark.createDataFrame(rows, ddl).coalesce(1)
        frame.write.format("delta").mode("append").save(str(root / path))

    table("bronze/orders", [("007", "many"), ("011", "2")], "order_no STRING, quantity STRING")
    table(
        "silver/orders", [("011", 2, NOON)], "order_id STRING, quantity BIGINT, sold_at TIMESTAMP"
    )
    sums = [("2024-03", Decimal("12345678901234567890.12")), ("2024-04", None)]
    table("gold/monthly", sums, "month STRING, net DECIMAL(28,2)")
    table("gold/monthly", [("2024-05", Decimal("0.10"))], "month STRING, net DECIMAL(28,2)")
    table("silver/quarantine", _broken(), QUARANTINE_DDL)
    table("bronze/_lake/files", _files(root), FILES_DDL)
    names = [part.split()[0] for part in FILES_DDL.split(", ")]
    state = {row[1]: dict(zip(names[:11], row[:11])) for row in _files(root)}
    (root / "bronze" / "_lake" / STATE).write_text(json.dumps({"files": list(state.values())}))
    table("bronze/_lake/runs", _runs(), RUNS_DDL)
    return root


def _land(root: Path) -> None:
    folder = root / "landing" / "orders"
    folder.mkdir(parents=True)
    for name in ("a.csv", "b.csv", "c.csv", "d.csv", "e.csv"):
        (folder / name).write_text(f"Order No.;quantity\n{name};1\n")
    (folder / "notes.txt").write_text("not a landing file")


def _files(root: Path) -> list[tuple]:
    rows = []
    for name, status, reason, seq in FILES:
        path = root / "landing" / "orders" / name
        size = path.stat().st_size if path.exists() else 9
        # b.csv was written again after it was ingested.
        modified = str(path.stat().st_mtime_ns) if path.exists() and name != "b.csv" else "0"
        header = ["Order No.", "quantity"]
        rows.append(("orders", name, "sum", size, modified, status, reason, 1, 1, "run-1", header,
                     NOON, seq))  # fmt: skip
    return rows


def _broken() -> list[tuple]:
    return [
        ("orders", f"a.csv{line}", "a.csv", int(line[1:]), state, broken, raw, record, "run-1",
         None, None)
        for line, (state, broken, raw, record) in BROKEN.items()
    ]  # fmt: skip


def _runs() -> list[tuple]:
    later = NOON.replace(minute=31)
    return [
        ("run-1", layer, table, "published", 4, rows, None, None, None, None, 1.5, 0, NOON, later)
        for layer, table, rows in (("bronze", "orders", 4), ("gold", "monthly", 2))
    ]


@pytest.fixture
def lake_folder(built_lake: Path, tmp_path: Path) -> Path:
    """A lake of the test's own."""
    # The times of the files are part of what the ledger knows.
    return Path(shutil.copytree(built_lake, tmp_path / "lake"))


@pytest.fixture
def lake(built_lake: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Types ``lake ...`` on the shared lake; ``root`` for another one."""
    for name in ("ROOT", "LANDING", "BRONZE", "SILVER", "GOLD", "DEFINITION"):
        monkeypatch.delenv(f"LAKE_{name}", raising=False)

    def type_in(*words: str, root: Path = built_lake) -> Result:
        where = ("--root", str(root), "--definition", str(built_lake / "definition"))
        return CliRunner().invoke(cli, [*words, *where], prog_name="lake")

    return type_in


@pytest.fixture
def lake_json(lake: Callable[..., Result]) -> Callable[..., object]:
    """Types ``lake ... --json`` and reads the answer."""

    def type_in(*words: str, **options: Path) -> object:
        result = lake(*words, "--json", **options)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return type_in
