"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest

from lake.report.words import change, compared, cut, exact, percent, short, tick

NOTHING = math.nan


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (1_249_381.2, "$", "$1.25M"), (999_999.0, "$", "$1.00M"), (12_345, "", "12.3k"),
        (950, "", "950"), (0.418, "", "0.42"), (-1_500, "$", "−$1.50k"), (7e9, "", "7.00bn"),
        (0, "$", "$0"), (NOTHING, "$", "–"),
    ],
)  # fmt: skip
def test_a_number_is_told_in_few_digits(value: float, unit: str, said: str) -> None:
    assert short(value, unit) == said


def test_a_number_in_full_has_every_digit() -> None:
    assert exact(1_249_381.2, "$") == "$1,249,381.20"
    assert exact(1234.0) == "1,234"
    assert exact(-0.5, "$") == "−$0.50"
    assert exact(NOTHING) == ""


def test_a_number_at_an_axis_has_no_idle_zeros() -> None:
    assert [tick(v, "$") for v in (1.2e6, 600e3, 1e6, 0, 250)] == [
        "$1.2M", "$600k", "$1M", "$0", "$250",
    ]  # fmt: skip


def test_a_change_says_its_sign_and_a_great_one_how_many_times() -> None:
    assert percent(0.081, sign=True) == "+8.1 %"
    assert percent(-0.25, sign=True) == "−25 %"
    assert percent(0.0001, sign=True) == "±0 %"
    assert percent(11.5, sign=True) == "×12"
    assert percent(0.43) == "43 %"


def test_nothing_is_compared_with_nothing() -> None:
    assert math.isnan(change(5, 0))
    assert math.isnan(change(5, NOTHING))
    assert compared(5, NOTHING, "last year") == ""
    assert compared(5, 4, "last year") == "25 % more than last year"
    assert compared(3, 4, "last year") == "25 % less than last year"
    assert compared(4, 4, "last year") == "as much as last year"


def test_a_long_name_is_cut_and_stands_on_one_line() -> None:
    assert cut("Orléans\nGround floor") == "Orléans Ground floor"
    assert cut("a" * 40, 10) == "a" * 9 + "…"
