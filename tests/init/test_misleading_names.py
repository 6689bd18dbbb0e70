"""Names that hold a word of something else: no amount, no key and no reference comes of it."""

from __future__ import annotations

import pytest

from jobs.definition import integer, money, text
from lake.init.marts import NO_SUM
from lake.init.names import is_identifier, is_measure, is_money

NUMBERS = range(1001, 1101)


@pytest.mark.parametrize(
    "name", ["sales_order_id", "sales_id", "tax_id", "discount_code", "total_no", "net_key"]
)
def test_an_identifier_is_no_amount_and_no_measure(name):
    assert is_identifier(name) and not is_money(name) and not is_measure(name)


@pytest.mark.parametrize("name", ["cost_center", "tax_class", "sales_year", "payment_terms"])
def test_the_last_word_says_what_a_thing_is(name):
    assert not is_money(name) and not is_measure(name)


@pytest.mark.parametrize("name", ["amount_paid", "paid", "cost", "sales", "cost_per_day"])
def test_an_amount_stays_one(name):
    assert is_money(name) and not is_identifier(name)


@pytest.mark.parametrize(
    "name",
    ["InvoiceNo", "invoiceno", "productkey", "ordernumber", "zipcode", "CustomerID", "cid",
     "Kundennr", "PONumber", "discountcode", "TaxID", "itemno", "totalno_ref"],
)  # fmt: skip
def test_words_written_together_are_told_apart_in_an_identifier(name):
    assert is_identifier(name) and not is_money(name) and not is_measure(name)


@pytest.mark.parametrize("name", ["totalamount", "AmountPaid", "unitprice", "Gesamtbetrag"])
def test_words_written_together_are_told_apart_in_an_amount(name):
    assert is_money(name) and not is_identifier(name)


@pytest.mark.parametrize(
    "name", ["paid", "isValid", "void", "grid", "datagrid", "casino", "bid", "monkey", "account",
             "number_of_orders", "num_orders", "no_of_items", "ocean_proximity", "radius_mean",
             "is_clean", "European", "opioid_deaths", "kohlendioxid"],
)  # fmt: skip
def test_a_word_that_ends_as_identifiers_do_is_none(name):
    assert not is_identifier(name)


@pytest.mark.parametrize("name", ["Absatz", "absatzmenge", "einsatz", "umsatz"])
def test_what_ends_like_a_rate_by_chance_is_added_up(name):
    assert not NO_SUM.search(name)


@pytest.mark.parametrize("name", ["satz", "steuersatz", "mwst_satz", "zinssatz"])
def test_a_rate_is_not_added_up(name):
    assert NO_SUM.search(name)


def test_capitals_and_words_written_together_make_keys_references_and_sums(exports):
    invoices = (f"{n},1/{1 + n % 28}/2024,{n % 40 + 501},{n}" for n in NUMBERS)
    exports.add("Invoices.csv", "InvoiceNo,InvoiceDate,PartnerNo,TotalAmount", *invoices)
    lines = (f"{n},{line},{n % 9 + 7001},{n}" for n in NUMBERS for line in (1, 2))
    exports.add("lines.csv", "invoiceno,lineno,productkey,unitprice", *lines)
    products = (f"P {n},{n + 7001}" for n in range(9))
    exports.add("products.csv", "productname,productkey", *products)
    definition = exports.definition()
    sources = definition.sources
    assert (sources["invoices"].key, sources["lines"].key) == (
        ("invoiceno",), ("invoiceno", "lineno"),
    )  # fmt: skip
    assert {ref.to for ref in sources["lines"].references.values()} == {"invoices", "products"}
    assert sources["invoices"].columns["totalamount"] == money()
    sql = definition.marts["monthly_invoices"].sql
    assert "sum(totalamount)" in sql and "sum(partnerno)" not in sql


def test_an_identifier_called_after_sales_is_a_key_and_is_referred_to(exports):
    orders = (f"{n},2024-01-{1 + n % 28:02d},{n % 40},{n}.50" for n in NUMBERS)
    exports.add("orders.csv", "sales_order_id,ordered_on,customer_id,amount", *orders)
    details = (f"{n},{line},{n}.25" for n in NUMBERS for line in (1, 2))
    exports.add("order_details.csv", "sales_order_id,line,price", *details)
    sources = exports.definition().sources
    assert sources["orders"].key == ("sales_order_id",)
    assert sources["orders"].columns["sales_order_id"] == integer()
    assert sources["order_details"].references["sales_order_id"].to == "orders"


def test_identifiers_are_never_summed(exports):
    rows = (f"O{n},2024-01-{1 + n % 28:02d},{n % 7},{n % 5},{n}.50" for n in NUMBERS)
    exports.add("orders.csv", "order_no,day,tax_id,cost_center,amount", *rows)
    sql = exports.definition().marts["monthly_orders"].sql
    assert "sum_amount" in sql and "tax_id" not in sql and "cost_center" not in sql


def test_a_number_that_shares_a_word_with_a_source_is_no_reference_to_it(exports):
    exports.add("payments.csv", "payment_id,method", *(f"{n},m{n % 3}" for n in range(1, 200)))
    exports.add("customers.csv", "customer_id,name", *(f"{n},n{n}" for n in range(1, 200)))
    rows = (f"I{n},{(14, 30, 60, 90)[n % 4]},{1 + n % 5},{1 + n % 199}" for n in range(400))
    exports.add("invoices.csv", "invoice_no,payment_terms,customer_rating,customer", *rows)
    references = exports.definition().sources["invoices"].references
    assert {name: ref.to for name, ref in references.items()} == {"customer": "customers"}


def test_a_line_number_is_no_reference_to_what_shares_its_first_word(exports):
    exports.add("DimTerritory.csv", "SalesTerritoryKey,Region", *(f"{n},r{n}" for n in range(1, 7)))
    rows = (f"SO{n},{line},{n % 6 + 1},{n}.50" for n in NUMBERS for line in (1, 2))
    exports.add("Facts.csv", "SalesOrderNumber,SalesLineNumber,SalesTerritoryKey,Paid", *rows)
    references = exports.definition().sources["facts"].references
    assert {ref.by or name for name, ref in references.items()} == {"salesterritorykey"}


@pytest.mark.parametrize("header", ["", "Unnamed: 0"])
def test_the_row_numbers_that_pandas_writes_are_no_key_and_no_measure(exports, header):
    rows = (f"{n},2024-01-{1 + n % 28:02d},{n % 7},{n % 9}.50" for n in range(200))
    exports.add("sales.csv", f"{header},day,shop,amount", *rows)
    definition = exports.definition()
    assert definition.sources["sales"].key == ()
    assert "sum_amount" in definition.marts["monthly_sales"].sql
    assert all(
        "column_1" not in m.sql and "unnamed" not in m.sql for m in definition.marts.values()
    )


def test_a_row_a_day_has_the_day_for_its_key(exports):
    rows = (f"2024-01-{n:02d},{n % 3},{n % 2}.125" for n in range(1, 29))
    exports.add("days.csv", "day,count,mean", *rows)
    assert exports.definition().sources["days"].key == ("day",)


def test_telephone_numbers_are_text(column):
    assert column("+49 170 101 201", "+49 171 222 333", name="contact") == text()


def test_what_a_name_says_is_dialled_is_text(column):
    assert column("491701012", "491712223", name="mobile_no") == text()


def test_numbers_with_both_signs_are_numbers(column):
    assert column("+5", "-3", "+12") == integer()
