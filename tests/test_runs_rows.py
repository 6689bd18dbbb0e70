"""What becomes of each row in whole runs: which wins, waits, heals, is repaired or mended."""

from __future__ import annotations

import pytest

from jobs import keys
from jobs.errors import KeyCollision
from tests.lakes import TinyLake, csv
from tests.small_retail import WAYS

SALES = """
sales = Source(
    key=("shop", "number"), latest_by="at", max_bad_share=1.0,
    columns={
        "shop": text(sql="substring(code, 1, 2)"), "number": text(sql="replace(code_no, '-', '')"),
        "code": text(required=True), "code_no": text(), "who": text(), "what": text(),
        "amount": integer(), "at": date("yyyy-MM-dd", nulls=("0",)),
        "twice": integer(sql="amount * 2"),
    },
    references={
        "who": Reference("people", bring={"town": "city"}),
        "what": Reference("goods", column="label", required=True, bring=("price",)),
    },
    repairs={
        "amount was empty, taken as 1": Repair("amount", when="raw.amount is null", to="1"),
        "amount was a word, left out": Repair("amount", when="raw.amount = 'none'", to="null"),
        "amount doubled was capped": Repair("twice", when="twice > 1000", to="1000"),
    },
    checks={"amount is positive": "amount > 0"},
)
"""
PEOPLE = """
people = Source(key="id", latest_by="at",
                columns={"id": text(), "city": text(), "at": date()})
"""
GOODS = """
goods = Source(key="id", latest_by="at", max_bad_share=1.0,
               columns={"id": text(), "label": text(), "price": money(), "at": date(required=True)})
"""
HEAD = "code,code_no,who,what,amount,at"


@pytest.fixture
def lake(tmp_path, spark) -> TinyLake:
    return TinyLake(tmp_path, spark, sales=SALES, people=PEOPLE, goods=GOODS)


def sold(lake: TinyLake, *columns: str) -> dict[str, tuple]:
    """{number: the columns} of the published sales."""
    rows = lake.rows("silver.sales", "shop || '/' || number", *columns)
    return {row[0]: row[1:] if len(columns) > 1 else row[1] for row in rows}


def test_keys_are_computed_before_they_are_checked_and_the_latest_valid_row_wins(lake):
    lake.land("goods/a.csv", csv("id,label,price,at", "G,mug,1.50,2024-01-01"))
    lake.land(
        "sales/b.csv",
        csv(
            HEAD,
            "S1x,1-0,,mug,5,2024-01-02",
            "S1x,10,,mug,6,2024-01-02",
            "S1x,10,,mug,-7,2024-01-09",
            "S1x,10,,mug,8,2024-13-01",
            "S2x,10,,mug,9,2024-01-01",
            "S2x,,,mug,9,2024-01-01",
            "S3x,1,,mug,9,0",
            "S3x,1,,mug,4,",
        ),
    )
    lake.land("sales/a.csv", csv(HEAD, "S1x,10,,mug,1,2024-01-02", "S1x,10,,mug,2,2024-01-01"))
    lake.run("bronze", "silver")
    assert sold(lake, "amount") == {"S1/10": 6, "S2/10": 9, "S3/1": 4}
    assert lake.quarantine() == [
        ("b.csv", 4, "open", "failed: amount is positive"),
        ("b.csv", 5, "open", "at is not a date"),
        ("b.csv", 7, "open", "number is missing"),
    ]
    assert lake.books("sales") == (10, 3, 3, 4)
    stable = lake.rows("silver.sales", "shop", "number", "sales_key")

    lake.land(
        "sales/late.csv",
        csv(
            HEAD, "S1x,10,,mug,3,2024-01-01", "S2x,10,,mug,7,2024-01-01", "S3x,1,,mug,5,2020-01-01"
        ),
    )
    lake.run("bronze", "silver")
    assert sold(lake, "amount") == {"S1/10": 6, "S2/10": 7, "S3/1": 5}
    assert lake.books("sales") == (13, 3, 3, 7)
    assert lake.rows("silver.sales", "shop", "number", "sales_key") == stable


def test_a_repaired_row_says_so_and_may_end_in_null(lake):
    lake.land("goods/a.csv", csv("id,label,price,at", "G,mug,1.50,2024-01-01"))
    lake.land(
        "sales/a.csv",
        csv(
            HEAD,
            "S1,1,,mug,,2024-01-01",
            "S1,2,,mug,none,2024-01-01",
            "S1,3,,mug,600,2024-01-01",
            "S1,4,,mug,x,2024-01-01",
        ),
    )
    lake.run("bronze", "silver")
    assert sold(lake, "amount", "twice", "_repairs") == {
        "S1/1": (1, 2, ["amount was empty, taken as 1"]),
        "S1/2": (None, None, ["amount was a word, left out"]),
        "S1/3": (600, 1000, ["amount doubled was capped"]),
    }
    assert lake.quarantine() == [("a.csv", 5, "open", "amount is not a whole number")]


def test_references_are_told_wait_heal_and_are_restated(lake):
    lake.land(
        "sales/a.csv",
        csv(
            HEAD,
            "S1,1,P1,mug,1,2024-01-01",
            "S1,2,P2,mug,1,2024-01-01",
            "S1,3,,mug,1,2024-01-01",
            "S1,4,P1,lamp,1,2024-01-01",
        ),
    )
    lake.land("people/a.csv", csv("id,city,at", "P1,Rome,2024-01-01"))
    lake.run("bronze", "silver")
    wait = "what is not known yet"
    assert lake.quarantine() == [("a.csv", line, "waiting", wait) for line in (2, 3, 4, 5)]
    assert lake.books("sales") == (4, 0, 4, 0)

    lake.land("goods/a.csv", csv("id,label,price,at", "G1,mug,1.50,2024-01-01"))
    lake.run("bronze", "silver")
    told = ("who_status", "town", "what_status", "price", "people_key is null")
    euro = lake.rows("silver.goods", "price")[0][0]
    assert sold(lake, *told) == {
        "S1/1": ("known", "Rome", "known", euro, False),
        "S1/2": ("not known", "(not known)", "known", euro, False),
        "S1/3": ("none given", "(none given)", "known", euro, True),
    }
    assert lake.books("sales") == (4, 3, 1, 0)
    keys_before = lake.rows("silver.sales", "number", "people_key")

    lake.land("people/b.csv", csv("id,city,at", "P2,Oslo,2024-01-01", "P1,Milan,2024-01-02"))
    lake.land("goods/b.csv", csv("id,label,price,at", "G1,mug,2.00,2024-01-02"))
    lake.run("bronze", "silver")
    assert sold(lake, "who_status", "town", "cast(price as string)") == {
        "S1/1": ("known", "Milan", "2.00"), "S1/2": ("known", "Oslo", "2.00"),
        "S1/3": ("none given", "(none given)", "2.00"),
    }  # fmt: skip
    assert lake.rows("silver.sales", "number", "people_key") == keys_before

    # The mug is relabelled: what requires it has to wait again.
    lake.land("goods/c.csv", csv("id,label,price,at", "G1,cup,2.00,2024-01-03"))
    lake.run("bronze", "silver")
    assert (sold(lake, "amount"), lake.books("sales")) == ({}, (4, 0, 4, 0))
    lake.land("goods/d.csv", csv("id,label,price,at", "G2,mug,3.00,2024-01-01", "G3,lamp,9,x"))
    lake.run("bronze", "silver")
    assert (set(sold(lake, "amount")), lake.books("sales")) == (
        {"S1/1", "S1/2", "S1/3"},
        (4, 3, 1, 0),
    )
    incremental = lake.rows("silver.sales"), lake.quarantine()
    lake.run("bronze", "silver", rebuild=True)
    assert (lake.rows("silver.sales"), lake.quarantine()) == incremental


MENDED = f"{HEAD},_quarantine_id"


def test_a_row_that_was_landed_again_supersedes_the_one_it_mends_once(lake):
    lake.land("goods/a.csv", csv("id,label,price,at", "G,mug,1.50,2024-01-01"))
    lake.land("sales/a.csv", csv(HEAD, "S1,1,,mug,-1,2024-01-01", "S1,2,,mug,-1,2024-01-01"))
    lake.land("sales/mend_c.csv", csv(MENDED, "S1,3,,mug,3,2024-01-01,c.csv#2"))
    lake.run("bronze", "silver")
    assert lake.books("sales") == (3, 1, 2, 0)
    lake.land(
        "sales/mend_a.csv",
        csv(MENDED, "S1,1,,mug,1,2024-01-01,a.csv#2", "S1,2,,mug,-1,2024-01-01,a.csv#3"),
    )
    lake.run("bronze", "silver")
    assert sold(lake, "amount") == {"S1/1": 1, "S1/3": 3}
    still = [
        ("a.csv", 3, "open", "failed: amount is positive"),
        ("mend_a.csv", 3, "open", "failed: amount is positive"),
    ]
    assert (lake.quarantine(), lake.books("sales")) == (still, (5, 2, 2, 1))

    lake.land("sales/mend_b.csv", csv(MENDED, "S1,1,,mug,1,2024-01-01,a.csv#2"))  # mended twice
    lake.land("sales/c.csv", csv(HEAD, "S1,3,,mug,-3,2024-01-01"))  # mended before it came
    lake.run("bronze", "silver")
    assert sold(lake, "amount") == {"S1/1": 1, "S1/3": 3}
    assert (lake.quarantine(), lake.books("sales")) == (still, (7, 2, 2, 3))

    lake.run("bronze", "silver", rebuild=True)
    assert (lake.quarantine(), lake.books("sales")) == (still, (7, 2, 2, 3))


def test_a_waiting_row_may_be_mended_in_the_run_that_would_release_it(lake):
    lake.land("sales/a.csv", csv(HEAD, "S1,1,,mug,1,2024-01-09"))
    lake.land("sales/b.csv", csv(MENDED, "S1,2,,lamp,1,2024-01-01,a.csv#9"))
    lake.run("bronze", "silver")
    lake.land("goods/a.csv", csv("id,label,price,at", "G,mug,1,2024-01-01", "H,lamp,1,2024-01-01"))
    lake.land("sales/c.csv", csv(MENDED, "S1,1,,mug,5,2024-01-01,a.csv#2"))
    lake.run("bronze", "silver")
    now = sold(lake, "amount"), lake.quarantine(), lake.books("sales")
    assert now == ({"S1/1": 5, "S1/2": 1}, [], (3, 2, 0, 1))
    lake.run("bronze", "silver", rebuild=True)
    assert (sold(lake, "amount"), lake.quarantine(), lake.books("sales")) == now


@pytest.mark.parametrize("limits", WAYS)
def test_two_keys_that_share_a_surrogate_key_stop_the_publish_and_are_both_named(
    tmp_path, spark, monkeypatch, limits
):
    lake = TinyLake(tmp_path, spark, people=PEOPLE)
    monkeypatch.setattr(keys, "surrogate", lambda columns: f"length({keys.encoded(columns)}) + 0L")
    lake.land("people/a.csv", csv("id,city,at", "AB,Rome,2024-01-01"))
    lake.run("bronze", "silver")
    lake.land("people/b.csv", csv("id,city,at", "CD,Rome,2024-01-01"))
    with pytest.raises(KeyCollision, match=r"2:CD and 2:AB|2:AB and 2:CD"):
        lake.run("bronze", "silver", limits=limits)
    assert lake.rows("silver.people", "id") == [("AB",)]
    with pytest.raises(KeyCollision, match="2:AB and 2:CD"):
        lake.run("bronze", "silver", rebuild=True)
    assert lake.rows("silver.people", "id") == [("AB",)]
