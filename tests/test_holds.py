"""Why a file is put on hold, in words."""

from __future__ import annotations

import pytest

from jobs.definition import Source, date, integer, money, text
from jobs.errors import DefinitionError
from jobs.holds import missing_columns, reason_bad, reason_missing, unknown_columns
from jobs.load import load
from jobs.superseded import Superseded, joined

SALES = Source(
    columns={
        "id": text(), "at": date(), "qty": integer("Units", optional=True),
        "unit_price": money(("Price (EUR)", "EUR")), "net": money(sql="qty * unit_price"),
    },
    key="id",
)  # fmt: skip


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        (("id", "at", "price eur"), ()),  # matched as ever; what is optional may be missing
        (("AT", "EUR", "ID", "more"), ()),
        (("id", "at", "Units"), ("unit_price",)),
        (("id",), ("at", "unit_price")),
    ],
)
def test_a_column_is_missing_where_no_name_of_it_is_in_the_header(header, missing):
    assert missing_columns(SALES, header) == missing


def test_a_new_column_is_named_as_the_likely_new_name_of_the_missing_one():
    def said(*header: str) -> str:
        return reason_missing(SALES, header, missing_columns(SALES, header))

    assert said("id", "at", "cost").startswith(
        "unit_price, which the contract reads, is missing; cost is new: is it the new name? "
        'Put header=("Price (EUR)", "EUR", "cost") in the contract, or optional=True, or '
    )
    two = said("id", "unit prize", "sold at", "remark", "_quarantine_id")
    assert "at and unit_price, which the contract reads, are missing;" in two
    assert "is unit prize the new name of unit_price?" in two
    assert "remark" in two and "_quarantine_id" not in two
    assert "optional=True" in said("id", "at") and "new" not in said("id", "at")
    assert unknown_columns(SALES, ("id", "net", "x")) == ["x"]  # net is computed, not read


def test_bad_rows_are_named_by_their_violations_the_most_frequent_first():
    many = [("a is missing", 2), ("failed: b", 266), ("c is missing", 1), ("d is missing", 1)]
    assert reason_bad(267, 1400, 0.1, many) == (
        "267 of its 1,400 rows are bad, and max_bad_share bears 10%: failed: b (266 rows), "
        "a is missing (2 rows), c is missing (1 row) and 1 more; "
        "`lake accept` takes the file as it is"
    )


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ('text(optional=True, sql="y")', "computed"),
        ("text(optional=True, required=True)", "required"),
        ("text(optional=True)", "in key="),
    ],
)
def test_optional_is_refused_where_it_has_no_effect(tmp_path, given, why):
    body = (
        f'"""One row."""\nfrom jobs.definition import *\ns = Source(key="x", columns={{"x": {given}'
    )
    (tmp_path / "s.py").write_text(body + ', "y": text()})\n')
    with pytest.raises(DefinitionError, match=f"x is {why}.*optional=True has no effect"):
        load(str(tmp_path))


@pytest.mark.parametrize(
    ("rows", "records", "doubted"), [(19, 19, 0), (20, 200, 1), (20, 201, 0), (21, 0, 1)]
)
def test_a_key_is_in_doubt_from_twenty_rows_and_a_tenth_of_a_file_on(rows, records, doubted):
    lost = Superseded(5, rows, {"a.csv": rows - 1}, {"a.csv": 1})
    found = lost.doubts({"a.csv": records})
    assert len(found) == doubted
    assert joined(found, found) == [{**d, "rows": 2 * rows, "dates": 2 * (rows - 1)} for d in found]
