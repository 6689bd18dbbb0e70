"""What a run says of files on hold, and of rows that replace others."""

from __future__ import annotations

import pytest

from lake.options import Place
from lake.state import State, read
from tests.lakes import HEAD, ITEMS, TinyLake, csv, notes

SALES = """
sales = Source(
    key="sale_id",
    columns={"sale_id": text(), "sold_on": date(), "qty": integer(), "unit_price": money()},
)
"""
SALES_HEAD = "sale_id,sold_on,qty,unit_price"
# A key that was unique in the first file by chance.
PAYMENTS = """
payments = Source(key="card",
                  columns={"paid_on": date(), "card": text(), "shop": text(), "amount": money()})
"""
NEW, OLD = "sale_id,sold_on,qty,price", "sales/b.csv"


@pytest.fixture
def lake(tmp_path, spark) -> TinyLake:
    return TinyLake(tmp_path, spark, sales=SALES)


def state(lake: TinyLake) -> State:
    """What `lake status` says."""
    return read(Place("", lake.zones, lake.settings.definition))


def waiting(lake: TinyLake) -> dict[str, tuple[str, int]]:
    """{file: status, records on hold} of the files that are not simply ingested."""
    return {file.path: (file.status, file.on_hold) for file in state(lake).files}


def test_a_file_without_a_column_is_on_hold_until_the_contract_or_a_person_lets_it_in(
    lake, tmp_path, spark
):
    lake.land(OLD, csv(NEW, "S2,2024-02-01,1,2.50", "S3,2024-02-02,2,3.50"))
    report = lake.run("bronze", "silver")  # the first file of all, and yet it is on hold
    (reason,) = [note.reason for note in report.notes if note.status == "held"]
    assert "unit_price, which the contract reads, is missing; price is new" in reason
    assert 'header=("unit_price", "price")' in reason and "`lake accept`" in reason
    assert (notes(report), report.exit_status) == ({"b.csv": "held"}, 3)
    lake.land("sales/a.csv", csv(SALES_HEAD, "S1,2024-01-01,1,1.50"))
    report = lake.run("bronze", "silver")
    (books,) = report.books
    assert (lake.books("sales"), books.on_hold, books.files_on_hold) == ((1, 1, 0, 0), 2, 1)
    before = lake.rows("silver.sales")
    lake.run("bronze", "silver", rebuild=True)
    assert lake.rows("silver.sales") == before
    assert lake.known("sales")["b.csv"] == ("held", reason)

    for milder in ("money(optional=True)", 'money(header=("unit_price", "price"))'):
        lake.define(sales=SALES.replace("money()", milder))
        report = lake.run("bronze", "silver")
        assert (report.exit_status, report.books[0].on_hold) == (0, 0)
        assert lake.books("sales") == (3, 3, 0, 0)
    assert lake.rows("silver.sales", "sale_id", "cast(unit_price as string)") == [
        ("S1", "1.50"), ("S2", "2.50"), ("S3", "3.50"),
    ]  # fmt: skip
    lake.define(sales=SALES)  # a stricter contract puts it on hold again, as a rebuild would
    assert lake.run("bronze", "silver").exit_status == 3
    assert lake.books("sales") == (1, 1, 0, 0)

    assert waiting(lake) == {"b.csv": ("held", 2)}
    assert lake.accept(OLD) == ["b.csv"]
    assert waiting(lake) == {"b.csv": ("accepted", 0)}
    assert lake.run("bronze", "silver").exit_status == 0
    assert waiting(lake) == {}
    assert lake.books("sales") == (3, 3, 0, 0)
    lake.run("bronze", "silver", rebuild=True)  # what was accepted stays so
    assert lake.rows("silver.sales", "sale_id", "unit_price", where="sale_id > 'S1'") == [
        ("S2", None), ("S3", None),
    ]  # fmt: skip


def test_a_file_without_a_header_is_judged_by_its_fields(tmp_path, spark):
    lake = TinyLake(tmp_path, spark, sales=SALES.replace("columns=", "header=False, columns="))
    lake.land("sales/a.csv", csv("S1,2024-01-01,1,1.50", "S2,2024-01-01,1"))
    assert lake.run("bronze", "silver").exit_status == 0
    assert lake.books("sales") == (2, 1, 1, 0)


def test_a_file_on_hold_names_its_violations_and_is_counted(tmp_path, spark):
    lake = TinyLake(tmp_path, spark, items=ITEMS)
    lake.land("items/bad.csv", csv(HEAD, "A,1,2024-01-01", "B,-2,2024-01-01", "C,-3,x", "D,0,x"))
    report = lake.run("bronze", "silver")
    (note,) = report.notes
    assert "3 of its 4 rows are bad" in note.reason and "50%" in note.reason
    assert "failed: amount is positive (3 rows), seen is not a date (2 rows)" in note.reason
    assert (report.books[0].on_hold, report.books[0].by_rule) == (4, {})


@pytest.mark.parametrize("batches", [1, 2])
def test_rows_that_replace_rows_of_another_date_put_the_key_in_doubt(tmp_path, spark, batches):
    lake = TinyLake(tmp_path, spark, payments=PAYMENTS)
    head = "paid_on,card,shop,amount"
    first = [f"2024-01-02,K{n},S7,{n}.00" for n in range(120)]
    copies = [f"2024-01-02,K{n},S7,{n}.00" for n in range(100, 104)]
    later = [f"2024-05-02,K{n},S7,100.00" for n in range(20)]
    lake.land("payments/2024_01.csv", csv(head, *first))
    reports = [lake.run("bronze", "silver")] if batches == 2 else []
    lake.land("payments/2024_05.csv", csv(head, *later, *copies))
    report = lake.run("bronze", "silver")
    assert not any(r.replaced for r in reports)
    (replaced,) = report.replaced
    assert (replaced.identical, replaced.changed) == (4, 20)
    (doubt,) = replaced.doubts
    assert (doubt.file, doubt.rows, doubt.dates, doubt.of) == ("2024_05.csv", 20, 20, 24)
    assert "20 rows of payments replaced rows of another date: is the key (card) right?" in (
        replaced.warning
    )
    assert lake.books("payments") == (144, 120, 0, 24)
    if batches == 1:
        return
    # Older rows that come late lose to the published ones: by the same file, as often.
    lake.land("payments/2023_12.csv", csv(head, *(f"2023-12-02,K{n},S7,1.00" for n in range(20))))
    (replaced,) = lake.run("bronze", "silver").replaced
    assert [(d.file, d.rows) for d in replaced.doubts] == [("2024_05.csv", 20)]
    assert state(lake).warnings[0].startswith("40 rows of payments replaced rows of another date")
    lake.land("payments/new.csv", csv(head, "2024-06-01,K500,S7,1.00"))
    assert lake.run("bronze", "silver").replaced == ()
    assert len(state(lake).warnings) == 1  # said until the key is another one
    lake.define(payments=PAYMENTS.replace('"card",', '("card", "paid_on"),'))
    (replaced,) = lake.run("bronze", "silver").replaced
    assert (replaced.identical, replaced.changed, replaced.warning) == (4, 0, "")
    assert state(lake).warnings == ()
