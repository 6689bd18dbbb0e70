"""Keys, references and first marts: found because the values bear them out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobs.load import load
from lake.__main__ import cli

CUSTOMERS = tuple(f"{n},Name {n},{('North', 'South')[n % 2]}" for n in range(1001, 1101))
SALES = tuple(f"T{n},{1001 + n % 100},2024-{1 + n % 12:02d}-15,{n}.50,{n % 3}" for n in range(400))


@pytest.fixture
def shop(exports):
    exports.add("customers.csv", "id,name,region", *CUSTOMERS)
    exports.add("sales.csv", "sale_no,customer_id,sold_on,amount,quantity", *SALES)
    return exports


def test_the_key_is_what_is_unique_with_its_evidence(shop):
    sources = shop.definition().sources
    assert (sources["customers"].key, sources["sales"].key) == (("id",), ("sale_no",))
    assert "unique in 400 of 400 rows" in shop.text("definition/sources/sales.py")


def test_a_reference_is_what_occurs_there_with_the_share_and_brings_its_groups(shop):
    shop.add("sales.csv", "sale_no,customer_id,sold_on,amount,quantity", *SALES[:-4],
             *(f"X{n},9999,2024-01-01,1.00,1" for n in range(4)))  # fmt: skip
    reference = shop.definition().sources["sales"].references["customer_id"]
    assert (reference.to, reference.column) == ("customers", "id")
    assert set(reference.brought) == {"name", "region"}
    assert "99.00% of 400 values occur in customers.id" in shop.text("definition/sources/sales.py")


def test_small_numbers_that_occur_elsewhere_by_chance_are_no_reference(exports):
    exports.add("rooms.csv", "id,floor", *(f"{n},{n % 3}" for n in range(1, 40)))
    exports.add("visits.csv", "visit_no,stars", *(f"V{n},{1 + n % 5}" for n in range(100)))
    assert exports.definition().sources["visits"].references == {}


def test_two_columns_that_are_unique_together_are_a_key(exports):
    exports.add("lines.csv", "order_no,line,item", *(f"O{n // 3},{n % 3},i" for n in range(90)))
    assert exports.definition().sources["lines"].key == ("order_no", "line")
    assert "unique together in 90 of 90 rows" in exports.text("definition/sources/lines.py")


def test_a_key_that_repeats_with_its_changes_takes_the_latest(exports):
    rows = [f"C{n},n{n},2024-01-{d:02d} 10:00:00" for n in range(50) for d in (1, 2)]
    exports.add("customers.csv", "customer_id,name,updated_at", *rows)
    source = exports.definition().sources["customers"]
    assert (source.key, source.latest_by) == (("customer_id",), ("updated_at",))
    assert "customer_id repeats in 50 rows" in exports.text("README.md")


ORDERS = ("10", *(str(n) for n in range(11, 1000)), *(str(n) for n in range(500, 510)), "998")


def test_the_lines_of_orders_that_mostly_have_one_are_all_kept(exports):
    seen: dict[str, int] = {}
    rows = []
    for order in ORDERS:
        seen[order] = seen.get(order, 0) + 1
        rows.append(f"{order},{seen[order]},2024-01-{1 + len(rows) % 28:02d},4.50")
    exports.add("order_lines.csv", "order_id,line_no,ordered_on,price", *rows)
    assert exports.definition().sources["order_lines"].key == ("order_id", "line_no")


def test_copies_of_lines_are_said_to_be_copies(exports):
    rows = [f"C{n},n{n % 7}" for n in range(500)]
    exports.add("customers.csv", "customer_id,name", *rows, *rows[:5])
    assert exports.definition().sources["customers"].key == ("customer_id",)
    assert "the others are copies of a line" in exports.text("definition/sources/customers.py")


def test_lines_that_nothing_tells_apart_have_no_key_and_that_is_asked_about(exports):
    exports.add("log.csv", "level,message", *["info,started", "info,stopped"] * 20)
    assert exports.definition().sources["log"].key == ()
    assert "38 lines are copies: is each one a fact of its own?" in exports.text("README.md")


def test_two_sources_that_name_each_other_make_no_circle(exports):
    exports.add("wives.csv", "wife_id,husband_id", *(f"W{n:03d},H{n:03d}" for n in range(50)))
    exports.add("husbands.csv", "husband_id,wife_id", *(f"H{n:03d},W{n:03d}" for n in range(50)))
    sources = exports.definition().sources
    assert sorted(bool(source.references) for source in sources.values()) == [False, True]


def test_names_that_would_meet_in_silver_are_kept_apart(exports):
    exports.add("customers.csv", "id,customers_key,region,customer_id_status",
                *(f"{n},k{n},{('N', 'S')[n % 2]},x{n % 2}" for n in range(1001, 1101)))  # fmt: skip
    sales = (f"T{n},{1001 + n % 100},s,t{n % 2},r{n % 2},2024-01-01" for n in range(200))
    header = "sale_no,customer_id,customers_sk,customer_id_status,region,day"
    exports.add("sales.csv", header, *sales)
    (reference,) = exports.definition().sources["sales"].references.values()
    assert (reference.by, reference.to) == ("customer_id", "customers")


def test_the_first_marts_sum_the_amounts_of_the_biggest_source_by_month_and_group(shop):
    marts = shop.definition().marts
    assert set(marts) == {"monthly_sales", "sales_by_region"}
    assert marts["monthly_sales"].period.expression == (
        "cast(date_trunc('month', sold_on) as date)"
    )
    assert "sum(quantity) AS sum_quantity" in marts["sales_by_region"].sql
    assert "cast(sum(amount) AS DECIMAL(28,2)) AS sum_amount" in marts["sales_by_region"].sql


def test_a_mart_takes_no_name_that_a_source_has(shop):
    shop.add("monthly_sales.csv", "month,total", *(f"2024-{n:02d}-01,{n}.50" for n in range(1, 9)))
    definition = shop.definition()
    assert "monthly_sales" in definition.sources and "monthly_sales_mart" in definition.marts


def test_prices_are_never_added_up(exports):
    exports.add("quotes.csv", "quote_no,day,unit_price",
                *(f"Q{n},2024-01-{1 + n % 28:02d},{n}.50" for n in range(60)))  # fmt: skip
    (mart,) = exports.definition().marts.values()
    assert "sum(" not in mart.sql and "avg(unit_price)" in mart.sql


def test_what_is_written_passes_lake_check(shop):
    shop.definition()
    answer = CliRunner().invoke(cli, ["check", "--root", str(shop.lake)], prog_name="lake")
    assert answer.exit_code == 0, answer.output
    assert "2 sources and 2 marts hold together" in answer.output


DWH = next(
    (d for up in Path(__file__).resolve().parents if (d := up / "shared/data/dwh").is_dir()), None
)


@pytest.mark.skipif(DWH is None, reason="the dwh data is not here: no shared/data/dwh")
def test_references_hidden_by_prefixes_and_separators_are_found_in_the_dwh_data(exports):
    assert DWH
    for file in DWH.glob("*.csv"):
        shutil.copy(file, exports.folder)
    assert exports.init().exit_code == 0
    sources = load(str(exports.lake / "definition")).sources
    found = {
        (name, ref.by, ref.to, sources[ref.to].columns[ref.column].sql)
        for name, source in sources.items()
        for ref in source.references.values()
    }
    plain = "regexp_replace({}, '[^A-Za-z0-9]', '')".format
    assert found == {
        ("sales_details", "sls_cust_id", "cust_info", ""),
        ("sales_details", "sls_prd_key", "prd_info", "substring(prd_key, 7)"),
        ("cust_info", "cst_key", "cust_az12", "right(cid, 10)"),
        ("cust_info", "cst_key", "loc_a101", plain("cid")),
        ("prd_info", "prd_key_first_5", "px_cat_g1v2", plain("id")),
    }
    assert sources["sales_details"].key == ("sls_ord_num", "sls_prd_key")
