"""What each type makes of the text that stood in a file, and what it refuses."""

from __future__ import annotations

from datetime import date as day
from datetime import datetime
from decimal import Decimal

import pytest

from jobs.conform import conform
from jobs.definition import (
    Repair,
    Source,
    boolean,
    date,
    integer,
    money,
    number,
    real,
    text,
    timestamp,
)

BAD = "does not parse"
EURO = money(symbols="$€", thousands=",")
GERMAN = money(decimal=",", thousands=".", symbols="€")
DAY = date("yyyy-MM-dd", "dd/MM/yyyy", "yyyyMMdd")


def at(moment: str) -> datetime:
    """A moment in UTC, as ``collect`` gives it: in this machine's own time zone."""
    return datetime.fromisoformat(moment + "+00:00").astimezone().replace(tzinfo=None)


CASES = {
    "integer": (integer(), {
        "7": 7, " 7 ": 7, "-7": -7, "+7": 7, "007": 7, "": None,
        "9223372036854775807": 9223372036854775807, "9223372036854775808": BAD,
        "1.5": BAD, "1.0": BAD, "1e3": BAD, "٣": BAD, "1,000": BAD, "x": BAD, "0x1F": BAD,
        "1 2": BAD,
    }),
    "integer with thousands": (integer(thousands=","), {
        "1,000": 1000, "12,345,678": 12345678, "1000": 1000, "1,00": BAD, "10,0000": BAD,
        ",100": BAD,
    }),
    "integer with points": (integer(thousands="."), {
        "1.000": 1000, "12.345.678": 12345678, "1000": 1000, "1.00": BAD, "10.0000": BAD,
    }),
    "money": (money(), {
        "12": Decimal("12.00"), "12.5": Decimal("12.50"), "12.50": Decimal("12.50"),
        "12.5000": Decimal("12.50"), ".5": Decimal("0.50"), "12.": Decimal("12.00"),
        "-0.01": Decimal("-0.01"), "12.345": BAD, "NaN": BAD, "Infinity": BAD, "-inf": BAD,
        "1e3": BAD, "$12": BAD, "1,299.00": BAD, "12,50": BAD, ".": BAD, "-": BAD, "12 50": BAD,
        "(12.00)": Decimal("-12.00"), "12.00-": Decimal("-12.00"), "(12.00": BAD,
        "9999999999999999.99": Decimal("9999999999999999.99"), "10000000000000000.00": BAD,
        "٣.٥": BAD,
    }),
    "money with symbols": (EURO, {
        "$1,299.00": Decimal("1299.00"), "€ 12": Decimal("12.00"), "12.00 €": Decimal("12.00"),
        "12.00\u00a0€": Decimal("12.00"), "(12.00)": Decimal("-12.00"),
        "($12.00)": Decimal("-12.00"),
        "12.00-": Decimal("-12.00"), "-$12.00": Decimal("-12.00"), "$-12.00": Decimal("-12.00"),
        "1,29.00": BAD, "1299,000.00": BAD, "12,345": Decimal("12345.00"), "1,2999": BAD,
        "1€50": BAD, "12 50": BAD, "$ (12.00)": Decimal("-12.00"),
        "(-12.00)": BAD, "-12.00-": BAD, "(12.00": BAD, "$": BAD, "£12": BAD, "1.299,00": BAD,
    }),
    "money with a decimal comma": (GERMAN, {
        "1.299,50 €": Decimal("1299.50"), "12,5": Decimal("12.50"), "1299,5": Decimal("1299.50"),
        "12.5": BAD, "1,299.50": BAD, "12,345": BAD, "1.299": Decimal("1299.00"),
        ",5": Decimal("0.50"),
    }),
    "number": (number(precision=6, scale=3), {
        "1.234": Decimal("1.234"), "999.999": Decimal("999.999"), "1000": BAD, "1.2345": BAD,
    }),
    "real": (real(), {
        "1.5": 1.5, "1e3": 1000.0, "-2": -2.0, "NaN": BAD, "Infinity": BAD, "1e999": BAD, "x": BAD,
    }),
    "date": (DAY, {
        "2024-02-29": day(2024, 2, 29), "2023-02-29": BAD, "2023-02-30": BAD,
        "29/02/2024": day(2024, 2, 29),
        "20240229": day(2024, 2, 29), "20230230": BAD, "0": BAD, "5489": BAD, "32154": BAD,
        "2024-2-9": BAD, "2024-02-29 10:00:00": BAD, "02/29/2024": BAD, "today": BAD,
        "0000-00-00": BAD,
    }),
    "timestamp": (timestamp("yyyy-MM-dd HH:mm:ss", "dd/MM/yyyy HH:mm"), {
        "2024-02-29 23:59:59": at("2024-02-29 23:59:59"),
        "29/02/2024 10:30": at("2024-02-29 10:30"),
        "2023-02-30 10:00:00": BAD, "2024-02-29 24:00:00": BAD, "2024-02-29 10:60:00": BAD,
        "2024-02-29": BAD, "2024-02-29T10:00:00": BAD, "now": BAD,
    }),
    "timestamp elsewhere": (timestamp(timezone="Europe/Berlin"), {
        "2024-01-01 00:30:00": at("2023-12-31 23:30:00"),
        "2024-07-01 00:30:00": at("2024-06-30 22:30:00"),
    }),
    "boolean": (boolean(), {
        "true": True, "TRUE": True, "Yes": True, "1": True, "no": False, "F": False,
        "0": False, "": None,
        "2": BAD, "maybe": BAD,
    }),
    "boolean in other words": (boolean(true=("Ja",), false=("Nein",)), {
        "ja": True, "NEIN": False, "yes": BAD,
    }),
    "text": (text(), {
        "a": "a", "  a b ": "a b", "\u00a0a\u200b": "a", "\ufeffa\u2003": "a", "": None,
        " \u00a0 ": None,
        "007": "007", "1e3": "1e3", "NULL": "NULL", "ß": "ß",
    }),
    "text in upper case": (text(case="upper"), {"abc": "ABC", "é": "É"}),
    "text with nulls and a mapping": (
        text(nulls=("N/A", "-"), mapping={"USA": "US", "united states": "US"}),
        {"N/A": None, "-": None, "n/a": "n/a", "usa": "US", "United States": "US", "DE": "DE"},
    ),
    "a single null word and single words for yes and no": (
        boolean(nulls="N/A", true="yes", false="no"),
        {"N/A": None, "yes": True, "no": False, "N": BAD, "y": BAD},
    ),
    "a number with nulls": (integer(nulls=("?",)), {"?": None, "5": 5, "??": BAD}),
}  # fmt: skip


@pytest.fixture(scope="module")
def parsed(spark) -> dict[tuple[str, str], object]:
    """{(kind, text): what it became}, of all cases in one frame."""
    names = {kind: f"c{n}" for n, kind in enumerate(CASES)}
    source = Source(
        columns={names[kind]: column for kind, (column, _) in CASES.items()},
        key=(), silver="s", surrogate_key="k", name="s",
    )  # fmt: skip
    told = [(kind, value) for kind, (_, cases) in CASES.items() for value in cases]
    lines = [
        ("f", n, None, None, *(value if kind == own else None for own in CASES))
        for n, (kind, value) in enumerate(told)
    ]
    ddl = "source_file STRING, source_line BIGINT, _malformed STRING, _record STRING, " + ", ".join(
        f"{name} STRING" for name in names.values()
    )
    spark.conf.set("spark.sql.ansi.enabled", "false")
    spark.conf.set("spark.sql.legacy.timeParserPolicy", "CORRECTED")
    rows = conform(spark.createDataFrame(lines, ddl), source).collect()
    by_line = {row["source_line"]: row for row in rows}
    found: dict[tuple[str, str], object] = {}
    for n, (kind, value) in enumerate(told):
        broken = by_line[n]["_broken"]
        if broken:
            assert [b["column"] for b in broken] == [names[kind]]
            assert by_line[n][names[kind]] is None
        found[kind, value] = BAD if broken else by_line[n][names[kind]]
    return found


@pytest.mark.parametrize("kind", CASES)
def test_a_text_becomes_the_value_it_says_or_breaks_a_rule(parsed, kind):
    wanted = CASES[kind][1]
    assert {value: parsed[kind, value] for value in wanted} == wanted
    assert [type(parsed[kind, v]) for v in wanted] == [type(w) for w in wanted.values()]


def conformed(spark, value: str, **given):
    """The one row that a file's ``note`` becomes; given: the rest of its source."""
    ddl = "source_file STRING, source_line BIGINT, _malformed STRING, _record STRING, note STRING"
    given["columns"] = {"note": text(), **given.get("columns", {})}
    source = Source(**given, silver="s", surrogate_key="k", name="s")
    return conform(spark.createDataFrame([("f", 1, None, None, value)], ddl), source).first()


def test_raw_means_the_text_in_the_file_and_within_quotes_is_left_alone(spark):
    row = conformed(
        spark, "7 ",
        columns={
            "said": text(sql="concat('see raw.data', \"; raw.note\", RAW.note) -- raw.note"),
            "named": text(sql="named_struct('raw.note', note).`raw.note` /* ) */"),
            "bare": text(sql="raw . `NOTE`"),
            "own": integer(header="note"),
        },
        repairs={"doubled": Repair("own", when="raw.own = '7' -- seven", to="14 -- twice")},
        checks={"it has no data": "note <> 'see raw.data' -- data"},
    )  # fmt: skip
    assert (row["said"], row["named"], row["bare"]) == ("see raw.data; raw.note7", "7", "7")
    assert (row["own"], row["_broken"], row["_repairs"]) == (14, None, ["doubled"])


def test_a_column_may_be_called_raw(spark):
    row = conformed(spark, "a", columns={"Raw": text(header="note"), "b": text(sql="raw || '!'")})
    assert (row["Raw"], row["b"], row["_broken"]) == ("a", "a!", None)


def test_what_is_computed_and_does_not_fit_breaks_a_rule(spark):
    ddl = "source_file STRING, source_line BIGINT, _malformed STRING, _record STRING, n STRING"
    lines = [("f", n, None, None, value) for n, value in enumerate(("5", None, "9" * 18))]
    spark.conf.set("spark.sql.ansi.enabled", "false")
    source = Source(
        columns={
            "n": integer(),
            "m": money(sql="cast(n AS DECIMAL(38,0)) * 100"),
            "i": integer(sql="cast(n AS DECIMAL(38,0)) * 100"),
        },
        key=(), silver="s", surrogate_key="k", name="s",
    )  # fmt: skip
    rows = conform(spark.createDataFrame(lines, ddl), source).orderBy("source_line").collect()
    broken = [[b["rule"] for b in row["_broken"] or ()] for row in rows]
    assert broken == [[], [], ["m cannot be computed", "i cannot be computed"]]
