"""Whole numbers as pandas writes them when some are missing: 1001.0."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from jobs.definition import integer, money, text
from lake.__main__ import cli

CUSTOMERS = tuple(f"{n},Name {n}" for n in range(1001, 1101))


def orders(mark: str = ".0") -> list[str]:
    """A line an order; every tenth has no customer."""
    ids = (f"{1001 + n % 100}{mark}" if n % 10 else "" for n in range(400))
    return [f"O{n},2024-01-{1 + n % 28:02d},{who},{n}.50" for n, who in enumerate(ids)]


def test_they_are_whole_numbers_computed_from_the_text_in_the_file(exports):
    exports.add("orders.csv", "order_no,day,customer_id,amount", *orders())
    columns = exports.definition().sources["orders"].columns
    sql = "replace(regexp_replace(customer_id_text, '[.]0+$', ''), '.', '?')"
    assert columns["customer_id"] == integer(sql=sql)
    assert columns["customer_id_text"] == text(header="customer_id")
    assert "whole numbers written as 1002.0" in exports.text("definition/sources/orders.py")
    answer = CliRunner().invoke(cli, ["check", "--root", str(exports.lake)], prog_name="lake")
    assert answer.exit_code == 0, answer.output


def test_they_name_the_rows_that_have_the_same_number_without_the_zeros(exports):
    exports.add("customers.csv", "customer_id,name", *CUSTOMERS)
    exports.add("orders.csv", "order_no,day,customer_id,amount", *orders())
    definition = exports.definition()
    assert definition.sources["orders"].references["customer_id"].to == "customers"
    assert "sum(customer_id)" not in definition.marts["monthly_orders"].sql


def test_they_are_a_key_where_none_repeats(exports):
    exports.add("customers.csv", "customer_id,name", *(f"{n}.0,N{n % 7}" for n in range(50)))
    assert exports.definition().sources["customers"].key == ("customer_id",)


def test_files_with_and_without_the_zeros_are_one_column(exports):
    exports.add("orders_jan.csv", "order_no,day,customer_id,amount", *orders()[:200])
    exports.add("orders_feb.csv", "order_no,day,customer_id,amount", *orders("")[200:])
    columns = exports.definition().sources["orders"].columns
    assert columns["customer_id"].kind == "integer" and columns["customer_id"].sql


def test_words_for_no_value_are_said_of_the_text(exports):
    rows = (f"t{n},{'N/A' if n % 5 == 0 else f'{n}.0'}" for n in range(100))
    exports.add("things.csv", "thing,pieces", *rows)
    columns = exports.definition().sources["things"].columns
    assert columns["pieces_text"] == text(header="pieces", nulls=("N/A",))
    assert columns["pieces"].kind == "integer"


@pytest.mark.parametrize(("name", "cents"), [("price", ".0"), ("value", ".00")])
def test_amounts_without_cents_stay_amounts(column, name, cents):
    assert column(f"10{cents}", f"20{cents}", name=name) == money()


def test_one_real_fraction_makes_them_no_whole_numbers(column):
    assert column("10.0", "20.5", "7.0") == money()
