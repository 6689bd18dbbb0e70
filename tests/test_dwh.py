"""The dwh definition over its real, dirty data, held to the data's own check values."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from jobs.report import Report
from jobs.run import run
from jobs.settings import RunSettings, Zones

DEFINITION = Path(__file__).parent / "dwh"
FILES = {
    "sales": "sales_details.csv", "customers": "cust_info.csv", "products": "prd_info.csv",
    "locations": "LOC_A101.csv", "people": "CUST_AZ12.csv", "categories": "PX_CAT_G1V2.csv",
}  # fmt: skip


def data() -> Path | None:
    """The folder of the data: below a ``shared`` folder beside the project, or further up."""
    folders = (above / "shared" / "data" / "dwh" for above in Path(__file__).resolve().parents)
    return next((folder for folder in folders if folder.is_dir()), None)


pytestmark = pytest.mark.skipif(
    data() is None, reason="the dwh data is not here: no shared/data/dwh beside the project"
)


def settings(root: Path) -> RunSettings:
    return RunSettings(Zones.under(str(root)), definition=str(DEFINITION))


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dwh")
    found = data()
    assert found
    for source, file in FILES.items():
        (folder / "landing" / source).mkdir(parents=True)
        shutil.copy(found / file, folder / "landing" / source)
    return folder


@pytest.fixture(scope="module")
def report(spark, root) -> Report:
    return run(settings(root))


@pytest.fixture(scope="module")
def read(spark, root, report):
    return lambda table: spark.read.format("delta").load(str(root / table))


def repairs(frame) -> dict[str, int]:
    """{repair: rows that say it was made}"""
    rows = frame.selectExpr("explode(_repairs) AS repair").groupBy("repair").count().collect()
    return {row["repair"]: row["count"] for row in rows}


def test_every_record_of_every_file_is_accounted_for(report):
    books = {b.source: (b.landed, b.published, b.quarantined, b.superseded) for b in report.books}
    assert books == {
        "sales": (60398, 60398, 0, 0),
        "customers": (18494, 18484, 4, 6),
        "products": (397, 397, 0, 0),
        "locations": (18484, 18484, 0, 0),
        "people": (18484, 18484, 0, 0),
        "categories": (37, 37, 0, 0),
    }
    assert report.exit_status == 0 and report.notes == ()


def test_the_four_customers_without_an_id_wait_in_quarantine_with_what_stood_in_the_file(read):
    rows = read("silver/quarantine").collect()
    assert {row["raw"]["cst_key"] for row in rows} == {"SF566", "PO25", "13451235", "A01Ass"}
    assert {broken["rule"] for row in rows for broken in row["broken"]} == {
        "customer_id is missing"
    }


def test_the_latest_row_of_a_repeated_customer_wins(read):
    rows = read("silver/customers").where(
        "customer_id IN (29433, 29449, 29466, 29473, 29483)"
    ).orderBy("customer_id")  # fmt: skip
    assert [(r["first_name"], r["last_name"]) for r in rows.collect()] == [
        ("Thomas", "King"), ("Laura", "Chen"), ("Lance", "Jimenez"), ("Carmen", "Subram"),
        ("Marc", "Navarro"),
    ]  # fmt: skip


def test_sales_as_landed_and_as_repaired_give_the_check_values(read):
    raw = read("bronze/sales_details").selectExpr("sum(cast(sls_sales AS BIGINT)) AS total")
    assert raw.first()["total"] == 29_355_502
    repaired = read("silver/sales").selectExpr("sum(amount) AS total").first()["total"]
    assert repaired == Decimal("29356250.00")
    assert read("silver/sales").where("NOT amount <=> quantity * price").count() == 0


def test_every_repair_is_counted_by_its_name(read):
    assert repairs(read("silver/sales")) == {
        "order date was 0": 17,
        "order date was not a date": 2,
        "price was missing, taken as amount / quantity": 7,
        "price was negative": 5,
        "amount was not quantity x price": 23,
    }
    assert repairs(read("silver/products")) == {
        "cost was empty, taken as 0": 2,
        "product line was empty": 17,
        "end was before start, taken as open": 200,
    }


def test_a_repaired_order_date_is_null_and_no_other_is(read):
    sales = read("silver/sales")
    assert sales.where("order_date IS NULL").count() == 19
    assert sales.where("order_date IS NULL AND size(_repairs) > 0").count() == 19


def test_every_sale_finds_its_customer_and_its_product(read):
    known = "customer_id_status = 'known' AND product_number_status = 'known'"
    assert read("silver/sales").where(known).count() == 60398


def test_a_sale_stands_with_the_current_version_of_its_product(read):
    latest = read("silver/products").selectExpr(
        "product_number", "products_key", "starts_on",
        "max(starts_on) OVER (PARTITION BY product_number) AS latest",
    )  # fmt: skip
    old = latest.where("starts_on < latest").select("products_key")
    assert old.count() == 102
    assert read("silver/sales").join(old, "products_key", "left_semi").count() == 0


def test_a_sale_carries_the_country_that_its_customer_has_from_the_back_office(read):
    countries = read("silver/customers").select("country").distinct().collect()
    assert {row["country"] for row in countries} == {
        "Australia", "Canada", "France", "Germany", "United Kingdom", "United States", "n/a",
    }  # fmt: skip
    pairs = read("silver/sales").select("customer_id", "country").distinct()
    customers = read("silver/customers").selectExpr("customer_id AS id", "country AS theirs")
    both = pairs.join(customers, pairs["customer_id"] == customers["id"], "left")
    assert both.where("NOT country <=> theirs").count() == 0
    assert both.count() == pairs.select("customer_id").distinct().count()


def test_the_seven_products_whose_category_is_not_in_the_list_say_so(read):
    unknown = read("silver/products").where("category_id_status = 'not known'")
    assert {row["category_id"] for row in unknown.collect()} == {"CO_PE"}
    assert unknown.where("category = '(not known)'").count() == 7


def test_the_marts_hold_what_silver_holds(read):
    by_month = read("gold/monthly_category_sales")
    total = by_month.selectExpr("sum(amount) AS amount", "sum(units) AS units").first()
    units = read("silver/sales").selectExpr("sum(quantity) AS units").first()["units"]
    assert (total["amount"], total["units"]) == (Decimal("29356250.00"), units)
    assert by_month.where("month IS NULL").count() > 0
    by_country = read("gold/country_customers").selectExpr(
        "sum(amount) AS amount", "sum(customers) AS customers"
    )
    assert tuple(by_country.first()) == (Decimal("29356250.00"), 18484)


def test_what_comes_later_reaches_the_sales_through_two_tables_and_the_month_without_a_date(
    read, root, report
):
    """Runs last: it lands a category that was missing and two more orders."""
    (root / "landing/categories/late.csv").write_text(
        "ID,CAT,SUBCAT,MAINTENANCE\nCO_PE,Components,Pedals,No\n"
    )
    (root / "landing/sales/late.csv").write_text(
        "sls_ord_num,sls_prd_key,sls_cust_id,sls_order_dt,sls_ship_dt,sls_due_dt,sls_sales,"
        "sls_quantity,sls_price\n"
        "SO99001,PD-M282,11000,0,20140105,20140110,40,1,40\n"
        "SO99002,PD-M282,11000,20140101,20140105,20140110,40,1,40\n"
    )
    before = read("gold/monthly_category_sales").count()
    after = run(settings(root))
    assert [b.published for b in after.books if b.source == "sales"] == [60400]
    added = read("gold/monthly_category_sales").where("category = 'Components'").collect()
    assert {str(row["month"]) for row in added} == {"None", "2014-01-01"}
    assert read("gold/monthly_category_sales").count() == before + 2
    total = read("gold/monthly_category_sales").selectExpr("sum(amount) AS amount").first()
    assert total["amount"] == Decimal("29356330.00")
    assert run(settings(root)).status == "unchanged"
