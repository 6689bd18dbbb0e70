"""Landing files in whole runs: what is taken, refused, held, accepted and reported."""

from __future__ import annotations

import gzip
import os

import pytest

from tests.lakes import EVENTS, HEAD, ITEMS, TinyLake, csv, notes

ONCE = 'once = Source(columns={"what": text(), "n": integer()}, distinct=True)'


@pytest.fixture
def lake(tmp_path, spark) -> TinyLake:
    return TinyLake(tmp_path, spark, items=ITEMS)


def test_columns_are_matched_by_name_and_new_ones_are_kept_and_reported(lake):
    lake.define(items=ITEMS.replace('"Amount (EUR)"', '"Amount (EUR)", optional=True'))
    lake.land("items/a.csv", csv("id,Amount (EUR),seen", "A,1,2024-01-01"))
    lake.land("items/b.csv", csv("Seen,Colour of it,ID,amount eur", "2024-01-02,red,B,2"))
    lake.land("items/c.csv", csv("id,seen", "C,2024-01-03"))
    report = lake.run("bronze", "silver")
    assert lake.rows("silver.items", "id", "amount", "cast(seen as string)") == [
        ("A", 1, "2024-01-01"), ("B", 2, "2024-01-02"), ("C", None, "2024-01-03"),
    ]  # fmt: skip
    assert lake.rows("bronze.items", "id", "colour_of_it") == [
        ("A", None),
        ("B", "red"),
        ("C", None),
    ]
    assert notes(report) == {"b.csv": "reported"}
    assert "Colour of it" in report.notes[0].reason
    assert report.exit_status == 0


def test_every_record_is_accounted_for_whatever_is_wrong_with_its_line(lake):
    lake.define(items=ITEMS.replace("0.5", "1.0"))
    text = 'id,amount_eur,seen\nA,1,2024-01-01\nB,2\nC,3,2024-01-03,x,y\f\n\n"D\nD",4,2024-01-04\n'
    text += 'E,"5,2024-01-05\n"F""",6,2024-01-06\nG,"x"y,2024-01-07\nH,x,2023-02-30\n'
    lake.land("items/a.csv", text)
    report = lake.run("bronze", "silver")
    assert lake.rows("silver.items", "id", "source_line") == [("A", 2), ("D\nD", 6), ('F"', 9)]
    assert lake.quarantine() == [
        ("a.csv", 3, "open", "the line has the wrong number of fields"),
        ("a.csv", 4, "open", "the line has the wrong number of fields"),
        ("a.csv", 8, "open", "a quote never closes"),
        ("a.csv", 10, "open", "a quote never closes"),
        ("a.csv", 11, "open", "amount is not a whole number; seen is not a date"),
    ]
    assert dict(lake.rows("quarantine", "source_line", "record", where="record is not null")) == {
        3: "B,2", 4: "C,3,2024-01-03,x,y\f", 8: 'E,"5,2024-01-05', 10: 'G,"x"y,2024-01-07',
    }  # fmt: skip
    raw = ("raw['amount_eur']", "raw['seen']", "broken.value")
    assert lake.rows("quarantine", *raw, where="source_line = 11") == [
        ("x", "2023-02-30", ["x", "2023-02-30"])
    ]
    assert lake.books("items") == (8, 3, 5, 0)
    assert report.books[0].by_rule["seen is not a date"] == 1
    assert report.exit_status == 0


def test_untrustworthy_files_are_refused_by_name_and_the_rest_goes_on(lake):
    bad = {
        "missing.csv": (csv("id,amount_eur", "A,1"), '"seen"'),
        "twice.csv": (csv("id,ID,seen", "A,B,2024-01-01"), "twice"),
        "latin.csv": (f"{HEAD},é\nKoln,1,2024-01-01,\n".encode("latin-1"), "is not utf-8"),
        "cut.csv.gz": (gzip.compress(csv(HEAD, *["A,1,2024-01-01"] * 99).encode())[:-9], "gzip"),
        "empty.csv": (b"", "empty"),
        "binary.csv": (b"PK\x03\x04\0\0\0\n", "zip"),
        "open.csv": (b'id,"amount_eur,seen\n', "quote"),
    }
    for name, (content, _) in bad.items():
        lake.land(f"items/{name}", content)
    lake.land("items/good.csv.gz", gzip.compress(csv(HEAD, "A,1,2024-01-01").encode()))
    lake.land("items/only_header.csv", HEAD + "\n")
    lake.land("items/readme.txt", "hello")
    report = lake.run("bronze", "silver")
    assert lake.rows("silver.items", "id") == [("A",)]
    refused = {note.path: note.reason for note in report.notes if note.status == "refused"}
    assert refused.keys() == bad.keys()
    for name, (_, word) in bad.items():
        assert word in refused[name], refused[name]
    assert notes(report)["readme.txt"] == "ignored"
    assert (report.exit_status, report.status) == (3, "attention")

    again = lake.run("bronze", "silver")
    assert notes(again) == notes(report)  # still told, and nothing done
    assert {table.status for table in again.tables} == {"unchanged"}

    mended = csv(HEAD, "B,2,2024-01-02")
    for name in bad:
        lake.land(
            f"items/{name}", gzip.compress(mended.encode()) if name.endswith("gz") else mended
        )
    report = lake.run("bronze", "silver")
    assert lake.books("items") == (8, 2, 0, 6)
    assert report.exit_status == 0


def test_a_lake_of_files_that_hold_a_header_alone_is_an_empty_lake(lake):
    lake.land("items/a.csv", HEAD + "\n")
    report = lake.run("bronze", "silver")
    assert report.exit_status == 0
    lake.land("items/b.csv", csv(HEAD, "A,1,2024-01-01"))
    lake.run("bronze", "silver")
    assert lake.rows("silver.items", "id") == [("A",)]


def test_a_file_with_too_many_bad_rows_is_held_whole_until_it_is_accepted(lake):
    lake.land("items/bad.csv", csv(HEAD, "A,1,2024-01-01", "B,-2,2024-01-01", "C,-3,2024-01-01"))
    lake.land("items/half.csv", csv(HEAD, "D,1,2024-01-01", "E,-2,2024-01-01"))
    report = lake.run("bronze", "silver")
    assert notes(report) == {"bad.csv": "held"}
    assert report.exit_status == 3
    assert (lake.rows("silver.items", "id"), lake.books("items")) == ([("D",)], (2, 1, 1, 0))

    lake.run("bronze", "silver", rebuild=True)  # a rebuild holds it as well
    assert (lake.rows("silver.items", "id"), lake.books("items")) == ([("D",)], (2, 1, 1, 0))

    assert lake.accept("items/b*") == ["bad.csv"]
    report = lake.run("bronze", "silver")
    assert lake.books("items") == (5, 2, 3, 0)
    assert report.exit_status == 0
    lake.run("bronze", "silver", rebuild=True)  # what was accepted stays so
    assert lake.books("items") == (5, 2, 3, 0)


def test_a_file_that_a_milder_contract_lets_in_is_held_no_more(lake):
    lake.land("items/bad.csv", csv(HEAD, "A,1,2024-01-01", "B,-2,2024-01-01", "C,-3,2024-01-01"))
    assert lake.run().exit_status == 3
    lake.define(items=ITEMS.replace("max_bad_share=0.5", "max_bad_share=0.9"))
    assert lake.run().exit_status == 0
    assert lake.books("items") == (3, 1, 2, 0)
    report = lake.run()
    assert (notes(report), report.exit_status) == ({}, 0)


def test_a_file_whose_name_begins_with_an_underscore_is_left_alone_and_says_why(lake):
    lake.land("items/_export.csv", csv(HEAD, "A,1,2024-01-01"))
    (note,) = lake.run().notes
    assert (note.path, note.reason) == ("_export.csv", "a name that begins with _ is left alone")


def test_a_held_file_is_accepted_by_its_very_name(lake):
    lake.land("items/bad[1].csv", csv(HEAD, "B,-2,2024-01-01"))
    lake.run("bronze", "silver")
    assert lake.accept("items/bad[1].csv") == ["bad[1].csv"]


def test_a_changed_file_is_held_and_replaces_its_old_rows_when_accepted(lake):
    lake.land("items/a.csv", csv(HEAD, "A,1,2024-01-01", "B,2,2024-01-01"))
    lake.land("items/b.csv", csv(HEAD, "Z,9,2024-01-01"))
    lake.run("bronze", "silver")
    changed = lake.land("items/a.csv", csv(HEAD, "B,3,2024-01-01", "C,4,2024-01-01"))
    report = lake.run("bronze", "silver")
    assert (notes(report), report.exit_status) == ({"a.csv": "held"}, 3)
    assert [row[0] for row in lake.rows("silver.items", "id")] == ["A", "B", "Z"]

    lake.accept("items/a.csv")
    assert lake.run("bronze", "silver").exit_status == 0
    assert lake.rows("silver.items", "id", "amount") == [("B", 3), ("C", 4), ("Z", 9)]
    assert lake.books("items") == (3, 3, 0, 0)

    os.utime(changed)  # another time, the same bytes: nothing changed
    assert lake.run("bronze", "silver").status == "unchanged"

    lake.land("items/a.csv", csv("id", "X"))  # the new bytes cannot be trusted: the old stay
    lake.run("bronze")
    lake.accept("items/a.csv")
    assert notes(lake.run("bronze", "silver")) == {"a.csv": "refused"}
    lake.land("items/c.csv", csv(HEAD, "Y,1,2024-01-01"))
    lake.run("bronze", "silver")
    assert [row[0] for row in lake.rows("silver.items", "id")] == ["B", "C", "Y", "Z"]
    lake.land("items/a.csv", csv(HEAD, "B,7,2024-01-01"))
    lake.run("bronze", "silver")
    assert lake.rows("silver.items", "id", "amount") == [("B", 7), ("Y", 1), ("Z", 9)]


def test_a_deleted_landing_file_is_reported_and_a_rebuild_is_without_it(lake):
    lake.land("items/a.csv", csv(HEAD, "A,1,2024-01-01"))
    lake.land("items/b.csv", csv(HEAD, "B,1,2024-01-01"))
    gone = lake.land("items/c.csv", csv(HEAD, "C,1,2024-01-01"))
    lake.run("bronze", "silver")
    gone.unlink()
    lake.land("items/b.csv", csv(HEAD, "B,2,2024-01-01"))
    report = lake.run("bronze", "silver")
    assert notes(report) == {"b.csv": "held", "c.csv": "reported"}
    assert lake.books("items") == (3, 3, 0, 0)
    lake.run("bronze", "silver", rebuild=True)
    assert (lake.rows("silver.items", "id"), lake.books("items")) == ([("A",)], (1, 1, 0, 0))
    lake.land("items/c.csv", csv(HEAD, "C,1,2024-01-01"))
    lake.accept("items/b.csv")
    assert lake.run("bronze", "silver").exit_status == 0
    assert lake.rows("silver.items", "id", "amount") == [("A", 1), ("B", 2), ("C", 1)]


def test_without_a_key_identical_lines_are_facts_but_identical_files_are_held(tmp_path, spark):
    lake = TinyLake(tmp_path, spark, items=ITEMS, events=EVENTS, once=ONCE)
    twin = csv("what,n", "a,1", "a,1", "b,2")
    for path in ("events/1.csv", "events/2.csv", "once/1.csv", "once/2.csv"):
        lake.land(path, twin)
    lake.land("items/1.csv", csv(HEAD, "A,1,2024-01-01"))
    lake.land("items/2.csv", csv(HEAD, "A,1,2024-01-01"))
    report = lake.run("bronze", "silver")
    assert lake.books("events") == (3, 3, 0, 0)
    assert lake.rows("silver.events", "what", "n", "source_file") == [
        ("a", 1, "1.csv"), ("a", 1, "1.csv"), ("b", 2, "1.csv"),
    ]  # fmt: skip
    assert lake.books("once") == (6, 2, 0, 4)
    assert lake.rows("silver.once", "what", "source_file", "source_line") == [
        ("a", "2.csv", 3), ("b", "2.csv", 4),
    ]  # fmt: skip
    assert lake.books("items") == (2, 1, 0, 1)
    told = {(note.source, note.path): note.status for note in report.notes}
    assert told == {("events", "2.csv"): "held", ("once", "2.csv"): "reported",
                    ("items", "2.csv"): "reported"}  # fmt: skip

    lake.land("events/3.csv", csv("what,n", "c,3"))
    lake.land("events/4.csv", twin)
    lake.accept("events/2.csv")
    lake.run("bronze", "silver")
    assert lake.books("events") == (7, 7, 0, 0)
    assert lake.known("events")["4.csv"][0] == "held"
