"""What a column is taken for, from all of its values."""

from __future__ import annotations

import pytest

from jobs.definition import boolean, date, integer, money, number, real, text, timestamp

MANY = 1000


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "22", "-3"], integer()),
        (["1,234", "5", "2,000,000"], integer(thousands=",")),
        (["12.50", "3", "0.99"], money()),
        (["1.234,50", "3,99", "12"], money(thousands=".", decimal=",")),
        (["3,99", "12,5"], money(decimal=",")),
        (["1 234,50", "3,99"], money(thousands=" ", decimal=",")),
        (["$1,234.50", "$3.99"], money(symbols="$", thousands=",")),
        (["12.00 €", "(3.50) €"], money(symbols="€")),
        (["1.2345", "0.5"], number(scale=4)),
        (["0.12345678", "1.5"], real()),
        (["1.2E-05", "3.1"], real()),
        (["007", "42", "11"], text()),
        (["12345678901234567890", "1"], text()),
        (["yes", "No", "no"], boolean()),
        (["ja", "nein", "nein"], boolean(true=("ja",), false=("nein",))),
        (["2024-01-31", "2023-12-01"], date()),
        (["31.01.2024", "1.2.2024"], date("d.M.yyyy")),
        (["31.01.2024", "01.02.2024"], date("dd.MM.yyyy")),
        (["01/31/2024", "02/01/2024"], date("MM/dd/yyyy")),
        (["31/01/24", "01/02/24"], date("dd/MM/yy")),
        (["20240131", "20231201"], date("yyyyMMdd")),
        (["2024-1-5", "2023-12-01"], date("yyyy-M-d")),
        (["05-Jan-2024", "31-Dec-2023"], date("d-MMM-yyyy")),
        (["2024-01-31 10:00:00"], timestamp()),
        (["2024-01-31T10:00:00Z", "2024-01-31T10:00:00Z"], timestamp("yyyy-MM-dd'T'HH:mm:ssXXX")),
        (["2024-01-31 10:00:00 -0500"], timestamp("yyyy-MM-dd HH:mm:ss XX")),
        (["31.01.2024 9:05", "01.02.2024 9:15"], timestamp("dd.MM.yyyy H:mm")),
        (["12", "N/A", "-"], integer(nulls=("-", "N/A"))),
        (["NULL", "blue", "red"], text(nulls=("NULL",))),
        (["apple", "12"], text()),
    ],
)
def test_a_column_is_what_all_its_values_say(column, values, expected):
    assert column(*values) == expected


def test_what_stands_in_the_last_line_alone_counts(column):
    assert column(*["7"] * MANY, *["0042"] * 40) == text()


def test_several_formats_in_one_column_are_all_read(column):
    found = column(*["2024-01-31"] * 50, *["31.01.2024"] * 30)
    assert set(found.formats) == {"yyyy-MM-dd", "dd.MM.yyyy"}


def test_dirt_in_one_row_of_two_hundred_costs_no_type_and_is_told(column, exports):
    assert column(*["2024-01-31"] * (MANY - 5), *["soon"] * 5) == date()
    told = "5 of 1,000 values do not fit, such as 'soon'"
    assert told in exports.text("definition/sources/things.py")
    assert told in exports.text("README.md")


def test_more_dirt_than_two_in_a_hundred_makes_it_text(column):
    assert column(*["2024-01-31"] * 97, *["soon"] * 3) == text()


def test_a_fraction_among_hundreds_of_whole_numbers_is_dirt(column, exports):
    assert column(*["7"] * 999, "1.5") == integer()
    assert "1 of 1,000 values do not fit, such as '1.5'" in exports.text("README.md")


def test_the_usual_words_for_yes_and_no_may_be_mixed(column):
    assert column(*["true"] * 90, "Yes", "Y", "1", "false", "no") == boolean()


def test_words_that_differ_in_case_alone_are_asked_about(column, exports):
    assert column("mall", "MALL", "outlet") == text()
    assert "are MALL and mall the same?" in exports.text("README.md")


def test_a_day_of_0_is_asked_about(column, exports):
    assert column(*["20240131"] * 99, "0") == date("yyyyMMdd")
    assert 'if 0 means that there is no date, write nulls=("0",)' in exports.text("README.md")


def test_whole_numbers_called_an_amount_are_money(column):
    assert column("3578", "25", name="unit_price") == money()


def test_ones_and_noughts_are_a_flag_where_the_name_says_so(exports):
    exports.add("things.csv", "thing,is_new,stock", *(f"t{n},{n % 2},{n % 2}" for n in range(9)))
    columns = exports.definition().sources["things"].columns
    assert (columns["is_new"], columns["stock"]) == (boolean(), integer())


def test_a_sure_column_settles_what_another_leaves_open(exports):
    rows = (f'02/{day}/2024,01/02/2024,"1,234","3,50"' for day in range(13, 29))
    exports.add("things.csv", "sold,sent,weight,price", *rows)
    columns = exports.definition().sources["things"].columns
    assert columns["sent"] == date("MM/dd/yyyy")
    assert columns["weight"] == number(decimal=",", scale=3)


def test_semicolons_between_fields_mean_a_decimal_comma_where_no_column_says_otherwise(exports):
    rows = [f"{n};1,{n};1.{n}" for n in range(100, 130)]
    exports.add("things.csv", "thing;weight;people", *rows)
    exports.add("others.csv", "thing;price;weight", *(f"{n};0.{n};1.{n}" for n in range(10, 30)),
                *(f"{n};0.{n};1.{n}" for n in range(100, 130)))  # fmt: skip
    sources = exports.definition().sources
    things, others = sources["things"].columns, sources["others"].columns
    assert things["weight"] == number(decimal=",", scale=3)
    assert things["people"] == integer(thousands=".")
    assert others["weight"] == number(scale=3)
    assert "',' taken as the decimal mark" in exports.text("definition/sources/things.py")
    assert "weight: is '1,100' less than a thousand?" in exports.text("README.md")


def test_numbers_below_a_thousand_beside_marked_ones_mean_thousands_whatever_separates_fields(
    exports,
):
    days = [f"2024-01-{n};Ulm;{n * 97}" for n in range(10, 11)]
    days += [f"2024-01-{n};Ulm;1,{n}7" for n in range(11, 30)]
    exports.add("days.csv", "day;city;visitors", *days)
    column = exports.definition().sources["days"].columns["visitors"]
    assert column == integer(thousands=",")
    assert "is '1,117' more than a thousand?" in exports.text("README.md")


def test_day_and_month_that_nothing_settles_are_asked_about(column, exports):
    assert column("01/02/2024", "03/04/2024") == date("dd/MM/yyyy")
    assert "no day is above 12, so MM/dd/yyyy would fit as well" in exports.text("README.md")


@pytest.mark.parametrize(
    ("sure", "doubtful", "expected"),
    [
        ("31/01/2024", "02/01/2024 10:00", {"dd/MM/yyyy", "dd/MM/yyyy HH:mm"}),
        ("01/31/2024", "02-01-2024", {"MM/dd/yyyy", "MM-dd-yyyy"}),
        ("12.31.2024", "2/1/2024", {"MM.dd.yyyy", "M/d/yyyy"}),
    ],
)
def test_values_with_a_day_above_12_decide_for_those_without(
    column, exports, sure, doubtful, expected
):
    assert set(column(*[doubtful] * 60, *[sure] * 30).formats) == expected
    assert "would fit as well" not in exports.text("README.md")


def test_values_that_settle_nothing_are_read_in_one_order_and_asked_about(column, exports):
    found = column(*["02.01.2024"] * 60, *["2/1/2024"] * 30)
    assert set(found.formats) == {"dd.MM.yyyy", "d/M/yyyy"}
    assert "no day is above 12" in exports.text("README.md")


def test_values_that_prove_both_orders_are_read_so_and_told(column, exports):
    found = column(*["31.01.2024"] * 60, *["01/31/2024"] * 30)
    assert set(found.formats) == {"dd.MM.yyyy", "MM/dd/yyyy"}
    told = "days above 12 stand first in dd.MM.yyyy (60 rows) and second in MM/dd/yyyy (30 rows)"
    assert told in exports.text("definition/sources/things.py")
    assert told in exports.text("README.md")


def test_years_of_two_digits_are_shown_as_the_lake_will_read_them(column, exports):
    assert column("05/03/85", "25/12/99", "31/01/24", name="birth_date") == date("dd/MM/yy")
    assert "2024-01-31 to 2099-12-25" in exports.text("definition/sources/things.py")
    assert "birth_date: dd/MM/yy reads 99 as 2099" in exports.text("README.md")
