"""Rows in quarantine: counted, shown, and exported to be mended."""

from __future__ import annotations

import csv
from pathlib import Path

from lake.native import Native
from lake.options import place
from lake.quarantined import Wanted, export


def test_rows_are_counted_by_source_rule_and_state_without_the_mended_ones(lake_json) -> None:
    counted = {(r["rule"], r["state"]): r["rows"] for r in lake_json("quarantine")}
    assert counted == {
        ("quantity is a whole number", "open"): 1,
        ("customer is known", "waiting"): 1,
        ("the line has the wrong number of fields", "open"): 1,
    }


def test_a_rule_is_found_by_words_in_it(lake_json) -> None:
    (row,) = lake_json("quarantine", "--show", "--rule", "WHOLE number")
    assert (row["source_file"], row["source_line"]) == ("a.csv", 2)
    assert row["raw"] == {"order_no": "007", "quantity": "many"}
    assert row["broken"] == [
        {"rule": "quantity is a whole number", "column": "quantity", "value": "many"}
    ]


def test_a_row_is_shown_with_its_place_its_rules_and_its_raw_values(lake) -> None:
    page = lake("quarantine", "--show").stdout
    assert "orders/a.csv line 2 (open)" in page
    assert "quantity is a whole number: 'many'" in page
    assert "order_no=007, quantity=many" in page
    assert "009;1;x⏎y" in page, "a malformed line is shown as it stood, on one line"
    assert "010" not in page


def test_the_number_of_rows_shown_is_limited_and_says_so(lake) -> None:
    page = lake("quarantine", "--show", "--limit", "1").stdout
    assert page.count(" line ") == 1
    assert "--limit shows more" in page


def test_an_export_has_the_landing_files_own_columns_and_the_rows_id(lake, tmp_path: Path) -> None:
    file = tmp_path / "mended.csv"
    answer = lake("quarantine", "--source", "orders", "--rule", "whole", "--export", str(file))
    assert answer.exit_code == 0, answer.output
    with file.open(newline="") as text:
        assert list(csv.reader(text, delimiter=";")) == [
            ["Order No.", "quantity", "_quarantine_id"],
            ["007", "many", "a.csv#2"],
        ]


def test_an_export_has_the_columns_that_its_files_lacked(lake_folder: Path, tmp_path: Path) -> None:
    contract = lake_folder / "definition" / "orders.py"
    more = '"quantity": integer(), "tip": integer(header=("Tip (EUR)", "tip"), optional=True)'
    contract.write_text(contract.read_text().replace('"quantity": integer()', more))
    given = {"root": str(lake_folder), "definition": str(lake_folder / "definition")}
    export(Native(place(given)), Wanted("orders", "whole"), tmp_path / "mended.csv")
    header, *_ = (tmp_path / "mended.csv").read_text().splitlines()
    assert header == "Order No.;quantity;Tip (EUR);_quarantine_id"


def test_a_malformed_line_is_exported_with_its_text_and_a_word_on_it(lake, tmp_path: Path) -> None:
    file = tmp_path / "mended.csv"
    answer = lake("quarantine", "--source", "orders", "--export", str(file))
    with file.open(newline="") as text:
        rows = list(csv.reader(text, delimiter=";"))
    assert rows[0] == ["Order No.", "quantity", "_quarantine_id", "_record"]
    assert rows[3] == ["", "", "a.csv#4", "009;1;x\ny"]
    assert "1 of them could not be split into columns" in answer.stdout


def test_without_a_quote_what_cannot_be_told_apart_is_exported_as_it_was() -> None:
    from jobs.definition import Source, text
    from lake.quarantined import _as_csv

    source = Source(columns={"a": text()}, delimiter=";", quote="")
    lines = [
        ["a", "_quarantine_id", "_record"],
        ['5" pipe', "x.csv#1", None],
        [None, "x.csv#2", "1;2"],
    ]
    assert _as_csv(source, lines) == 'a;_quarantine_id;_record\n5" pipe;x.csv#1;\n;x.csv#2;1;2\n'


def test_an_export_never_writes_over_a_file(lake, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("mine")
    answer = lake("quarantine", "--source", "orders", "--export", str(file))
    assert answer.exit_code == 2
    assert file.read_text() == "mine"


def test_an_export_needs_a_source_that_there_is(lake, tmp_path: Path) -> None:
    file = str(tmp_path / "x.csv")
    assert "--source" in lake("quarantine", "--export", file).stderr
    answer = lake("quarantine", "--source", "sales", "--export", file)
    assert answer.exit_code == 2
    assert "there are orders" in answer.stderr


def test_a_lake_without_a_quarantine_says_so(lake, tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    answer = lake("quarantine", root=tmp_path)
    assert (answer.exit_code, answer.stdout) == (0, "Nothing is in quarantine.\n")
