"""Which landing files are trusted, which are refused and why, and what feeds their columns."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os

import pytest

from jobs.definition import Source, text
from jobs.errors import DefinitionError
from jobs.files import LocalStore, open_store
from jobs.headers import header_for, required_columns, sanitise
from jobs.landing import LandingFile, list_landing, stage
from tests.staging import HEADER, SOURCE, land, one, read_back

REFUSED = [
    (b"", "is empty"),
    (b"\n\r\n", "is empty"),
    (b"a,b,A \n1,2,3\n", 'names a column twice: "a", "A"'),
    (b"b,c\n1,2\n", 'has no column "a", only "b", "c"'),
    (b"a;b;c\n1;2;3\n", "contract's delimiter ',' right?"),
    (b"a,b\xe9,c\n1,2,3\n", "is not utf-8 in its header, 'a,b\\\\xe9,c': set encoding="),
    (b"PK\x03\x04,a,b,c\n\xff,2,3,4\n", "is not utf-8 (byte 11, line 2): it looks like a zip"),
    (b"a,b,c\n1,2,3\n4,\x00,6\n", "holds NUL bytes (line 3)"),
    ("a,b,c\n1,2,3\n".encode("utf-16"), 'set encoding="utf-16"'),
    ("a,b,c\n1,2,3\n".encode("utf-16-le"), 'set encoding="utf-16"'),
    (b"a,b,c\r1,2,3\r4,5,6\r", "carriage returns alone"),
    (b'a,b,"c\n1,2,3\n', "a quote in its header that is not closed"),
    (gzip.compress(HEADER, mtime=0), "name it .csv.gz"),
    (b"PK\x03\x04\x00\x00", "Excel"),
]


@pytest.mark.parametrize(("data", "problem"), REFUSED)
@pytest.mark.parametrize("chunk", [5, 1 << 20])
def test_a_file_that_cannot_be_trusted_is_refused_with_its_reason(tmp_path, data, problem, chunk):
    source = Source(columns={"a": text(required=True), "b": text(), "c": text()})
    staged, lines = one(tmp_path, data, source, chunk=chunk)
    assert problem in staged.problem
    assert (lines, staged.records) == ([], 0)
    assert staged.checksum == hashlib.sha256(data).hexdigest()


UNDECODABLE = [
    (b"1,2,3\n4,\xff,6\n7,8,9\n", "utf-8", [(3, "4,\\xff,6")]),
    (b"1,2,\xed\xa0\x80\n4,\xc3\xa9,6\n", "utf-8", [(2, "1,2,\\xed\\xa0\\x80")]),
    (b"1,2,3\n4,5,\xc3", "utf-8", [(3, "4,5,\\xc3")]),
    (b'1,"2\n\xe2\x82",3\n4,5,6\n', "utf-8-sig", [(2, '1,"2\n\\xe2\\x82",3')]),
    (b"1,\x80,3\n4,\x81,6\n", "cp1252", [(3, "4,\\x81,6")]),
    (b"1,2,3\n4,\xe9,6\n", "ascii", [(3, "4,\\xe9,6")]),
]


@pytest.mark.parametrize(("body", "encoding", "expected"), UNDECODABLE)
@pytest.mark.parametrize("chunk", [1, 5, 1 << 20])
def test_bytes_that_are_no_text_cost_their_own_record(tmp_path, body, encoding, expected, chunk):
    source = Source(columns=SOURCE.columns, encoding=encoding)
    staging = land(tmp_path, {"x.csv": HEADER + body}, source, chunk=chunk)
    assert [f.problem for f in staging.files] == [""]
    (part,) = staging.parts.values()
    odd = [json.loads(line) for line in part.odd.read_text().splitlines()]
    assert [(o["line"], o["record"]) for o in odd] == expected
    assert {o["malformed"] for o in odd} == {f"the line holds bytes that are not {encoding}"}
    assert {o["fields"] for o in odd} == {None}
    plain = part.plain.read_text("utf-8") if part.plain else ""
    assert staging.files[0].records == len(expected) + plain.count("\n")


@pytest.mark.parametrize("encoding", ["shift_jis", "gbk", "utf-7"])
def test_a_stray_byte_that_may_take_the_next_line_with_it_refuses_the_file(tmp_path, encoding):
    source = Source(columns=SOURCE.columns, encoding=encoding)
    staged, _ = one(tmp_path, HEADER + b"1,2,3\n4,\xff,6\n", source)
    assert f"is not {encoding} (byte 14, line 3)" in staged.problem


def test_undecodable_bytes_of_another_encoding_are_placed(tmp_path):
    source = Source(columns=SOURCE.columns, encoding="utf-16")
    data = "a,b,c\n1,2,3\n4,".encode("utf-16-be") + b"\xd8\x00\x00\x41"
    for chunk in (1, 3, 1 << 20):
        staged, _ = one(tmp_path, b"\xfe\xff" + data, source, chunk=chunk)
        assert "is not utf-16 (byte 30, line 3)" in staged.problem


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(HEADER + b"1,2,3\n" * 999)[:-9],
        gzip.compress(HEADER + b"1,2,3\n" * 999)[:40],
        gzip.compress(HEADER, mtime=0)[:-8] + bytes(8),
        HEADER,
        gzip.compress(HEADER, mtime=0) + b"more",
    ],
    ids=["cut at the end", "cut within", "wrong sum", "not gzip", "more after it"],
)
def test_a_broken_gzip_is_refused(tmp_path, packed):
    staged, lines = one(tmp_path, packed, name="x.csv.gz")
    assert "gzip" in staged.problem
    assert lines == []


def test_a_line_beyond_any_record_is_refused(tmp_path):
    staged, _ = one(tmp_path, HEADER + b"x" * (17 << 20))
    assert "more than 16 million characters (line 2)" in staged.problem
    staged, _ = one(tmp_path, b"a,b,c\r" * (3 << 20))
    assert "carriage returns alone" in staged.problem


def test_a_refused_file_leaves_the_others_of_its_layout_whole(tmp_path):
    bad = HEADER + b"bad,2,3\n" * 2_000 + b"\0\n"
    staging = land(
        tmp_path,
        {"1.csv": HEADER + b"1,2,3\n", "2.csv": bad, "3.csv": HEADER + b"3,2,3\n"},
        chunk=1_000,
    )
    assert [file.records for file in staging.files] == [1, 0, 1]
    assert [(line.file_no, line.record) for line in read_back(staging)] == [
        (1, "1,2,3"),
        (3, "3,2,3"),
    ]


def test_what_a_killed_run_left_in_the_staging_folder_does_not_count(tmp_path):
    (tmp_path / "staged").mkdir()
    (tmp_path / "staged" / "part-00000.txt").write_bytes(b"left over\n")
    staged, lines = one(tmp_path, HEADER + b"1,2,3\n")
    assert (staged.records, len(lines)) == (1, 1)


def test_files_go_by_layout_and_in_the_bytewise_order_of_their_paths(tmp_path):
    data = dict.fromkeys(("b.csv", "a/x.csv", "B.csv", "é.csv", "a.csv"), HEADER + b"1,2,3\n")
    seen = []
    staging = land(tmp_path, {**data, "z.csv": b"c,b,a\n3,2,1\n"}, on_file=seen.append)
    paths = [file.path for file in staging.files]
    assert paths == ["B.csv", "a.csv", "a/x.csv", "b.csv", "z.csv", "é.csv"]
    assert [file.file_no for file in staging.files] == [1, 2, 3, 4, 5, 6]
    assert set(staging.parts) == {("a", "b", "c"), ("c", "b", "a")}
    assert tuple(seen) == staging.files


def test_a_file_still_being_written_is_refused_whatever_else_is_wrong(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xff" + HEADER)
    now = LocalStore(tmp_path).stat("x.csv")
    for file in (
        LandingFile("x.csv", now.size - 1, now.modified),
        LandingFile("x.csv", now.size, "1"),
    ):
        staging = stage(SOURCE, [file], LocalStore(tmp_path), tmp_path / "staged")
        assert "still being written" in staging.files[0].problem


def test_a_file_that_gives_fewer_bytes_than_listed_is_refused(tmp_path):
    class Short(LocalStore):
        def open_read(self, path):
            return io.BytesIO(HEADER)

    (tmp_path / "x.csv").write_bytes(HEADER + b"1,2,3\n")
    store = Short(tmp_path)
    staging = stage(SOURCE, list_landing(store)[0], store, tmp_path / "staged")
    assert "still being written" in staging.files[0].problem


def test_half_a_surrogate_pair_is_not_text_in_any_encoding(tmp_path):
    source = Source(columns=SOURCE.columns, encoding="unicode_escape")
    staged, lines = one(tmp_path, HEADER + b"1,\\ud800,3\n", source)
    assert "is not unicode_escape" in staged.problem
    assert lines == []


def test_a_file_that_is_gone_is_named(tmp_path):
    gone = LandingFile("x.csv", 1, "1")
    staging = stage(SOURCE, [gone], LocalStore(tmp_path), tmp_path / "staged")
    assert "was gone" in staging.files[0].problem
    assert staging.files[0].checksum == ""


def test_a_file_that_cannot_be_opened_or_read_is_refused(tmp_path):
    (tmp_path / "x.csv").mkdir()
    file = LandingFile("x.csv", 1, "1")
    staging = stage(SOURCE, [file], LocalStore(tmp_path), tmp_path / "staged")
    assert "cannot be opened: Is a directory" in staging.files[0].problem


@pytest.mark.parametrize(
    "wrong",
    [
        {"encoding": "utf8000"},
        {"encoding": "base64"},
        {"delimiter": ""},
        {"delimiter": "||"},
        {"delimiter": '"'},
        {"quote": "\n"},
    ],
)
def test_a_contract_that_cannot_be_read_by_is_a_definition_error(tmp_path, wrong):
    with pytest.raises(DefinitionError):
        one(tmp_path, HEADER, Source(columns=SOURCE.columns, **wrong))


def test_what_is_not_a_landing_file_is_named_or_hidden(tmp_path):
    names = ["a.csv", "s/b.CSV.gz", "notes.txt", "c.csv.part", "_d.csv", ".e.csv", ".x/f.csv"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    with open(os.fsencode(tmp_path) + b"/\xff.csv", "wb"):
        pass
    files, others = list_landing(open_store(str(tmp_path)))
    assert [file.path for file in files] == ["a.csv", "s/b.CSV.gz"]
    assert others == ["_d.csv", "c.csv.part", "notes.txt", "\\udcff.csv"]


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        (("Order ID", " sold-at ", "Größe (cm)"), ("order_id", "sold_at", "größe_cm")),
        (("", "?", "a"), ("column_1", "column_2", "a")),
        (("a b", "a_b", "A-B"), ("a_b_3", "a_b", "a_b_2")),
        (("A-B", "a b", "a_b"), ("a_b_2", "a_b_3", "a_b")),
        (("run_id", "Source File"), ("run_id_2", "source_file_2")),
        (("_quarantine_id", "Quarantine ID"), ("_quarantine_id", "quarantine_id")),
        (("cafe\u0301", "日付"), ("café", "日付")),
        (("a_2", "a", "A!"), ("a_2", "a", "a_3")),
    ],
)
def test_headers_become_unique_column_names(cells, names):
    assert sanitise(cells) == names


def test_any_one_of_a_columns_headers_feeds_it():
    column = text(("Order No", "order"))
    assert header_for("order_id", column, sanitise(("ORDER", "x"))) == "order"
    assert header_for("order_id", column, sanitise(("order", "order_no"))) == "order_no"
    assert header_for("order_id", column, sanitise(("order_id",))) is None
    assert header_for("Run ID", text(), sanitise(("run id",))) == "run_id_2"


def test_required_are_the_required_the_key_and_the_order_columns():
    source = Source(
        columns={
            "id": text(), "at": text(), "must": text(required=True), "may": text(),
            "made": text(required=True, sql="id"),
        },
        key=("id", "made"), latest_by="at",
    )  # fmt: skip
    assert required_columns(source) == ("id", "at", "must")
