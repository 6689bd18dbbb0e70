"""Which rows of a table a number is said to be made of, whatever the mart's SQL looks like."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from lake.lineage import Lineage, lineage
from lake.native import Native
from lake.options import place

SOURCES = '''"""Orders, who ordered, and where they live."""
from jobs.definition import Mart, Source, integer, text

orders = Source(key="nr", columns={"nr": integer(), "who": text(), "amount": integer()})
people = Source(key="id", columns={"id": text(), "town": text()})
towns = Source(key="name", columns={"name": text(), "region": text()})
'''
TABLES = {
    "orders": "(VALUES (1,'A',10), (2,'A',20), (3,'B',5), (4,'B',40), (5,'?',7)) "
    "t(nr, who, amount)",
    "people": "(VALUES ('A','Ulm'), ('B','Bonn'), ('C','Ulm')) t(id, town)",
    "towns": "(VALUES ('Ulm','South'), ('Bonn','West')) t(name, region)",
}
DOUBT = "a condition could not be followed: "


class Memory(Native):
    """A lake of DuckDB's own tables; the mart's rows are what its SQL gives there."""

    def __init__(self, folder: Path, sql: str) -> None:
        self.place = place({"root": str(folder / "lake"), "definition": str(folder)})
        self.connection = duckdb.connect()
        for layer in ("bronze", "silver", "gold"):
            self.connection.execute(f"CREATE SCHEMA {layer}")
            for name, rows in TABLES.items() if layer != "gold" else ():
                self.connection.execute(
                    f"CREATE TABLE {layer}.{name} AS SELECT *, '{name}.csv' AS source_file, "
                    f"row_number() OVER () + 1 AS source_line FROM {rows}"
                )
        self.connection.execute(f"SET search_path = 'silver'; CREATE TABLE gold.sums AS {sql}")

    def prepare(self, sql: str) -> None:
        pass  # every table is there already

    def view(self, layer: str, table: str) -> bool:
        return True

    def find(self, named: str) -> tuple[str, str]:
        return "gold", named


@pytest.fixture
def traced(tmp_path: Path) -> Callable[[str, str], Lineage]:
    """Follows the rows of a mart: its SQL, and which of its rows."""

    def trace(sql: str, where: str) -> Lineage:
        mart = f'sums = Mart(key=("k",), columns="k STRING, n BIGINT", sql="""{sql}""",\n'
        mart += '            reads=("orders", "people", "towns"))\n'
        (tmp_path / "lake_of.py").write_text(SOURCES + mart)
        return lineage(Memory(tmp_path, sql), "sums", where, 20)

    return trace


def orders(found: Lineage) -> list[int]:
    return [line.raw["nr"] for step in found.steps if step.table == "silver.orders"
            for line in step.lines]  # fmt: skip


JOINED = "FROM orders o {} JOIN people p ON o.who = p.id"


@pytest.mark.parametrize(
    ("sql", "where", "expected"),
    [
        ("WITH x AS (SELECT * FROM orders) SELECT who AS k, sum(amount) AS n FROM x "
         "WHERE amount > 10 GROUP BY 1", "k = 'A'", [2]),
        ("WITH x AS (SELECT who, amount * 2 AS twice FROM orders), y AS (SELECT * FROM x) "
         "SELECT who AS k, sum(twice) AS n FROM y WHERE (twice > 20 AND twice < 99) GROUP BY 1",
         "true", [2, 4]),
        (f"SELECT p.town AS k, sum(amount) AS n {JOINED.format('')} GROUP BY 1",
         "k = 'Ulm'", [1, 2]),
        (f"SELECT p.town AS k, sum(amount) AS n {JOINED.format('LEFT')} GROUP BY 1",
         "k IS NULL", [5]),
        (f"SELECT coalesce(p.town, 'none') AS k, sum(amount) AS n {JOINED.format('LEFT')} "
         "GROUP BY 1", "k IN ('none', 'Bonn'); -- both", [3, 4, 5]),
        (f"SELECT o.who AS k, sum(amount) AS n {JOINED.format('')} WHERE p.town = 'Bonn' "
         "GROUP BY 1", "true", [3, 4]),
        (f"SELECT o.who AS k, sum(amount) AS n {JOINED.format('')} GROUP BY 1", "true",
         [1, 2, 3, 4]),
        ("SELECT p.town AS k, sum(amount) AS n FROM orders o, people p WHERE o.who = p.id "
         "AND o.amount > length(p.town) * 2 GROUP BY 1", "true", [1, 2, 4]),
        ("SELECT town AS k, sum(amount) AS n FROM orders JOIN (SELECT id AS who, town FROM people) "
         "USING (who) GROUP BY 1", "k = 'Bonn'", [3, 4]),
        ("SELECT 'big' AS k, count(*) AS n FROM orders WHERE amount > 10 UNION ALL "
         "SELECT 'small' AS k, count(*) AS n FROM orders WHERE amount <= 10", "k = 'big'", [2, 4]),
        ("SELECT who AS k, sum(amount) AS n FROM orders GROUP BY 1 HAVING count(*) > 1",
         "k = 'B'", [3, 4]),
    ],
)  # fmt: skip
def test_exactly_the_rows_of_the_number_are_told(traced, sql, where, expected):
    found = traced(sql, where)
    assert orders(found) == expected
    assert next(step.unfollowed for step in found.steps if step.table == "silver.orders") == ()


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT who AS k, sum(amount) AS n FROM orders WHERE who IN (SELECT id FROM people) "
         "GROUP BY 1", DOUBT + "orders.who IN (SELECT people.id AS id FROM people AS people)"),
        ("WITH x AS (SELECT who, nr, sum(amount) AS s FROM orders GROUP BY 1, 2 "
         "HAVING sum(amount) > 9) SELECT who AS k, sum(s) AS n FROM x GROUP BY 1",
         DOUBT + "HAVING SUM(orders.amount) > 9"),
        ("WITH x AS (SELECT who, nr, sum(amount) AS s FROM orders GROUP BY 1, 2) "
         "SELECT who AS k, sum(s) AS n FROM x WHERE s > 9 GROUP BY 1", DOUBT + "x.s > 9"),
        ("SELECT who AS k, amount AS n FROM orders "
         "QUALIFY row_number() OVER (PARTITION BY who ORDER BY nr) = 1", DOUBT + "QUALIFY ROW_NU"),
        ("WITH x AS (SELECT * FROM orders ORDER BY nr LIMIT 3) "
         "SELECT who AS k, sum(amount) AS n FROM x GROUP BY 1", DOUBT + "LIMIT 3"),
        ("SELECT t.region AS k, sum(amount) AS n FROM orders o JOIN people p ON o.who = p.id "
         "JOIN towns t ON p.town = t.name GROUP BY 1", "the key k could not be followed"),
        ("SELECT o.who AS k, sum(amount) AS n FROM orders o JOIN people p ON o.who = p.id "
         "JOIN towns t ON p.town = t.name GROUP BY 1", DOUBT + "ON p.town = t.name"),
        ("SELECT o.who AS k, o.amount AS n FROM orders o LEFT ANTI JOIN people p ON o.who = p.id",
         DOUBT + "LEFT ANTI JOIN people AS p ON o.who = p.id"),
    ],
)  # fmt: skip
def test_what_could_not_be_followed_is_told_and_no_row_of_the_number_is_missing(
    traced, monkeypatch, sql, said
):
    # DuckDB says ANTI where Spark says LEFT ANTI.
    monkeypatch.setattr(Memory, "__init__", _in_duckdb(Memory.__init__))
    found = traced(sql, "true")
    (doubts,) = [step.unfollowed for step in found.steps if step.table == "silver.orders"]
    assert any(doubt.startswith(said) for doubt in doubts), doubts
    assert orders(found)


def _in_duckdb(made: Callable) -> Callable:
    return lambda self, folder, sql: made(self, folder, sql.replace("LEFT ANTI", "ANTI"))


def test_a_table_function_is_no_table_and_rows_read_twice_are_told_apart(traced):
    found = traced(
        "WITH x AS (SELECT * FROM orders) SELECT a.who AS k, count(*) AS n FROM x a JOIN x b "
        "ON a.who = b.who AND a.nr < b.nr CROSS JOIN range(2) GROUP BY 1", "k = 'A'",
    )  # fmt: skip
    assert [[line.raw["nr"] for line in step.lines] for step in found.steps] == [[1], [2]]
