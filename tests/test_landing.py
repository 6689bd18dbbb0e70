"""Which landing files are trusted, what their records are, and the staged copy of them."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.definition import Source, integer, text
from jobs.errors import DefinitionError
from jobs.files import LocalStore, open_store
from jobs.headers import header_for, required_columns, sanitise
from jobs.landing import LandingFile, Staged, Staging, list_landing, stage

SOURCE = Source(columns={"a": text(), "b": text(), "c": text()})
HEADER = b"a,b,c\n"


@dataclass(frozen=True)
class Line:
    """A staged line, read back."""

    file_no: int
    line: int
    flag: str
    record: str
    composed: str = ""


def read_back(staging: Staging) -> list[Line]:
    lines = []
    for parts in staging.parts.values():
        for part in parts:
            staged = part.read_bytes().decode()
            assert staged.endswith("\n")
            lines += [_line(line) for line in staged[:-1].split("\n")]
    return lines


def _line(staged: str) -> Line:
    file_no, line, flag = int(staged[:6]), int(staged[6:16]), staged[16]
    flag = flag if flag in "QN" else " "
    payload = staged[17:].replace("\0", "\n")
    if flag == "N":
        size = int(payload[:10])
        return Line(file_no, line, flag, payload[10 + size :], payload[10 : 10 + size])
    return Line(file_no, line, flag, payload)


def land(folder: Path, files: dict[str, bytes], source: Source = SOURCE, **options) -> Staging:
    landing = folder / "landing"
    for name, data in files.items():
        path = landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    store = LocalStore(landing)
    return stage(source, list_landing(store)[0], store, folder / "staged", **options)


def one(folder: Path, data: bytes, source: Source = SOURCE, **options) -> tuple[Staged, list[Line]]:
    staging = land(folder, {options.pop("name", "x.csv"): data}, source, **options)
    return staging.files[0], read_back(staging)


def records(folder: Path, body: bytes, source: Source = SOURCE) -> list[tuple[int, str, str]]:
    staged, lines = one(folder, HEADER + body, source)
    assert staged.problem == ""
    assert staged.records == len(lines)
    return [(line.line, line.flag, line.record) for line in lines]


def test_each_line_is_a_record_with_its_number(tmp_path):
    staged, lines = one(tmp_path, HEADER + b"1,2,3\n4,5,6\n")
    assert lines == [Line(1, 2, " ", "1,2,3"), Line(1, 3, " ", "4,5,6")]
    assert (staged.records, staged.problem, staged.multiline) == (2, "", False)
    assert staged.header == staged.layout == ("a", "b", "c")


@pytest.mark.parametrize(
    "data",
    [
        HEADER + b"1,2,3\n4,5,6",
        HEADER + b"1,2,3\n4,5,6\n\n",
        b"\xef\xbb\xbf" + HEADER + b"1,2,3\n4,5,6\n",
        b"a,b,c\r\n1,2,3\r\n4,5,6\r\n",
        b"a,b,c\r\n1,2,3\r\n4,5,6\r\n\r\n",
    ],
    ids=["no last line end", "blank last line", "BOM", "CRLF", "CRLF, blank last line"],
)
def test_line_ends_and_byte_order_marks_are_no_part_of_a_record(tmp_path, data):
    staged, lines = one(tmp_path, data)
    assert staged.header == ("a", "b", "c")
    assert [(line.line, line.record) for line in lines] == [(2, "1,2,3"), (3, "4,5,6")]


def test_a_blank_line_is_no_record_but_keeps_its_number(tmp_path):
    found = records(tmp_path, b"1,2,3\n\n \n4,5,6\n")
    assert found == [(2, " ", "1,2,3"), (4, " ", " "), (5, " ", "4,5,6")]


def test_the_header_may_come_after_blank_lines(tmp_path):
    staged, lines = one(tmp_path, b"\n\r\na,b,c\n1,2,3\n")
    assert staged.header == ("a", "b", "c")
    assert lines == [Line(1, 4, " ", "1,2,3")]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('"1\nx",2,3\n4,5,6\n', [(2, " ", '"1\nx",2,3'), (4, " ", "4,5,6")]),
        ('1,2,"3\nx"\n4,5,6\n', [(2, " ", '1,2,"3\nx"'), (4, " ", "4,5,6")]),
        ('1,2,3\n4,"5\n\n\nx",6', [(2, " ", "1,2,3"), (3, " ", '4,"5\n\n\nx",6')]),
        ('1,"a\nb","c\nd"\n4,5,6\n', [(2, " ", '1,"a\nb","c\nd"'), (5, " ", "4,5,6")]),
        ('1,"a\r\nb",3\r\n4,5,6\r\n', [(2, " ", '1,"a\r\nb",3'), (4, " ", "4,5,6")]),
        ('1,"say ""a\nb""",3\n', [(2, " ", '1,"say ""a\nb""",3')]),
    ],
    ids=["first field", "last field", "last record", "two fields", "CRLF", "doubled quotes"],
)
def test_a_line_end_inside_quotes_belongs_to_the_record(tmp_path, body, expected):
    assert records(tmp_path, body.encode()) == expected


def test_a_file_with_a_record_over_lines_says_so(tmp_path):
    assert one(tmp_path, HEADER + b'1,"2\n",3\n')[0].multiline


@pytest.mark.parametrize(
    "body",
    ['1,5" pipe,3\n2,x,3\n', '1,5" pipe,3\n2,6" pipe,3\n', '1,a "b" c,3\n', '1,"",""\n', '1,2"\n'],
)
def test_a_quote_within_an_unquoted_field_is_ordinary_text(tmp_path, body):
    lines = body.splitlines()
    assert records(tmp_path, body.encode()) == [(n, " ", x) for n, x in enumerate(lines, 2)]


@pytest.mark.parametrize(
    ("body", "flags"),
    [
        ('1,"open,3\n4,5,6\n7,8,9\n', "Q  "),
        ('1,2,3\n4,"open,6', " Q"),
        ('1,"open,3\n4,"x",6\n7,"y\nz",9\n', "Q  "),
        ('1,"open,3\n4,"open,6\n7,8,9\n', "QQ "),
        ('1,"a"b,3\n4,5,6\n', "Q "),
        ('1,5" x,"open\n4,5,6\n', "Q "),
        ('1,"open,3\n4,5,"6\n7"\n', "Q "),
        ('"1\n2",2,3,4\n5,6,7\n', "Q  "),
    ],
)
def test_a_quote_that_is_not_closed_costs_one_record(tmp_path, body, flags):
    found = records(tmp_path, body.encode())
    assert "".join(flag for _, flag, _ in found) == flags
    assert all("\n" not in record for _, flag, record in found if flag == "Q")


def test_a_closed_quote_with_stray_ones_after_it_is_still_joined(tmp_path):
    assert records(tmp_path, b'1,"a\nb",5" x\n4,5,6\n') == [
        (2, " ", '1,"a\nb",5" x'),
        (4, " ", "4,5,6"),
    ]


def test_reading_ahead_has_a_limit_and_goes_on_after_it(tmp_path):
    body = b'1,"open,3\n' + b"4,5,6\n" * 10_050 + b'7,8,"9"\n'
    found = records(tmp_path, body)
    assert [found[0][1], found[-1]] == ["Q", (10_053, " ", '7,8,"9"')]
    assert len(found) == 10_052


def test_a_record_may_span_as_many_lines_as_the_limit(tmp_path):
    inside = b"\n" * 10_000
    assert len(records(tmp_path, b'1,"' + inside + b'",3\n')) == 1
    assert records(tmp_path, b'1,"' + inside + b'\n",3\n')[0][1] == "Q"


def test_a_file_of_stray_quotes_reads_each_line_ahead_only_once(tmp_path, monkeypatch):
    from jobs.records import Grammar

    calls = []
    read = Grammar.read
    monkeypatch.setattr(
        Grammar, "read", lambda *arguments, **named: calls.append(1) or read(*arguments, **named)
    )
    found = records(tmp_path, b'x",5" y,"z\n' * 3_000)
    assert {flag for _, flag, _ in found} == {"Q"}
    assert len(calls) < 3 * 3_000


def test_without_a_quote_every_line_is_a_record(tmp_path):
    plain = Source(columns=SOURCE.columns, quote="")
    assert records(tmp_path, b'1,"2,3\n4,5",6\n', plain) == [(2, " ", '1,"2,3'), (3, " ", '4,5",6')]


@pytest.mark.parametrize("delimiter", [";", "\t", "|", "^", "\\", "]", "§"])
def test_any_delimiter_and_quote_tell_fields_apart(tmp_path, delimiter):
    source = Source(columns=SOURCE.columns, delimiter=delimiter, quote="'")
    d = delimiter
    body = f"a{d}b{d}c\n1{d}'2{d}\n''x'{d}3\n4{d}\"5{d}6\n"
    staged, lines = one(tmp_path, body.encode(), source)
    assert staged.header == ("a", "b", "c")
    assert [line.record for line in lines] == [f"1{d}'2{d}\n''x'{d}3", f'4{d}"5{d}6']


def test_a_file_without_a_header_has_the_contracts_own(tmp_path):
    source = Source(
        columns={"id": integer(required=True), "n": text("The Name"), "twice": text(sql="n || n")},
        header=False,
    )
    staged, lines = one(tmp_path, b'1,"x\ny"\n2,z\n', source)
    assert (staged.header, staged.layout) == (("id", "The Name"), ("id", "the_name"))
    assert [(line.line, line.record) for line in lines] == [(1, '1,"x\ny"'), (3, "2,z")]


def test_a_header_may_hold_quotes_delimiters_and_line_ends(tmp_path):
    staged, lines = one(tmp_path, b'a, "b" ,"c,\n ""d"""\n1,2,3\n')
    assert staged.header == ("a", '"b"', 'c,\n "d"')
    assert staged.layout == ("a", "b", "c_d")
    assert lines == [Line(1, 3, " ", "1,2,3")]


def test_text_that_is_not_composed_carries_both_forms(tmp_path):
    original = '1,"cafe\u0301\nx",3'
    _, lines = one(tmp_path, HEADER + f"1,caf\u00e9,3\n{original}\n4,😀\u00a0,6\n".encode())
    assert lines == [
        Line(1, 2, " ", "1,caf\u00e9,3"),
        Line(1, 3, "N", original, unicodedata.normalize("NFC", original)),
        Line(1, 5, " ", "4,😀\u00a0,6"),
    ]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
def test_other_encodings_are_staged_as_utf_8(tmp_path, encoding, chunk):
    source = Source(columns=SOURCE.columns, encoding=encoding)
    staged, lines = one(tmp_path, "a,b,c\n1,naïve,\u00a33\n".encode(encoding), source, chunk=chunk)
    assert (staged.problem, staged.header) == ("", ("a", "b", "c"))
    assert lines == [Line(1, 2, " ", "1,naïve,\u00a33")]


def test_line_separators_of_unicode_do_not_end_a_record(tmp_path):
    record = "1,\u2028\u2029\x85\x0b\x0c\x1c,3"
    assert records(tmp_path, record.encode() + b"\n") == [(2, " ", record)]


def test_two_headers_that_could_both_feed_a_column_refuse_the_file(tmp_path):
    source = Source(columns={"a": text(), "rate": text("B?")})
    staged, _ = one(tmp_path / "1", b"a,b!,b?\n1,2,3\n", source)
    assert 'has "b!", "b?", and rate could be read from either' in staged.problem
    staged, _ = one(tmp_path / "2", b"a,b !,B?\n1,2,3\n", source)
    assert staged.problem == "" and header_for("rate", source.columns["rate"], staged.layout) == "b"
    staged, _ = one(tmp_path / "3", b"a,b,b %\n1,2,3\n", source)
    assert staged.layout == ("a", "b", "b_percent")


def test_gzip_is_read_and_the_checksum_is_of_the_bytes_in_landing(tmp_path):
    packed = gzip.compress(HEADER + b"1,2,3\n") + gzip.compress(b"4,5,6\n")
    staged, lines = one(tmp_path, packed, name="x.CSV.GZ")
    assert [line.record for line in lines] == ["1,2,3", "4,5,6"]
    assert staged.checksum == hashlib.sha256(packed).hexdigest()


def test_a_header_alone_is_a_file_with_no_records(tmp_path):
    staging = land(tmp_path, {"x.csv": b"a,b,c"})
    assert (staging.files[0].problem, staging.files[0].records) == ("", 0)
    assert staging.parts == {}


def test_a_very_long_line_is_one_record(tmp_path):
    long = "x" * 3_000_000
    assert records(tmp_path, f'1,"{long}\n{long}",3\n'.encode())[0][2] == f'1,"{long}\n{long}",3'


def test_a_one_column_file_is_read(tmp_path):
    source = Source(columns={"a": text(required=True)})
    _, lines = one(tmp_path, b'a\n1\n"x\ny"\n""\n', source)
    assert [line.record for line in lines] == ["1", '"x\ny"', '""']


REFUSED = [
    (b"", "is empty"),
    (b"\n\r\n", "is empty"),
    (b"a,b,A \n1,2,3\n", 'names a column twice: "a", "A"'),
    (b"b,c\n1,2\n", 'has no column "a", only "b", "c"'),
    (b"a;b;c\n1;2;3\n", "contract's delimiter ',' right?"),
    (b"a,b,c\n1,2,3\n4,\xff,6\n", "is not utf-8 (byte 14, line 3)"),
    (b"a,b,c\n1,2,\xed\xa0\x80\n", "is not utf-8 (byte 10, line 2)"),
    (b"a,b,c\n1,2,\xc3", "is not utf-8 (byte 10, line 2)"),
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
    bad = HEADER + b"bad,2,3\n" * 2_000 + b"\xff\n"
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


FIELD = st.text(st.sampled_from('ab ,"\n\r;é\u0301😀'), max_size=6) | st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=6
)
ROWS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(FIELD, min_size=width, max_size=width), min_size=1, max_size=8)
)
EVERY_CHUNK = st.integers(1, 40) | st.just(1 << 20)


@settings(deadline=None, max_examples=300)
@given(rows=ROWS, chunk=EVERY_CHUNK, end=st.sampled_from(["\n", "\r\n"]), every=st.booleans())
def test_well_formed_csv_reads_back_as_it_was_written(tmp_path_factory, rows, chunk, end, every):
    header = [f"c{n}" for n in range(len(rows[0]))]
    out = io.StringIO(newline="")
    bare_return = end == "\n" and any("\r" in field for row in rows for field in row)
    # csv.writer leaves a carriage return unquoted where it is not part of the line's end
    quoting = csv.QUOTE_ALL if every or bare_return else csv.QUOTE_MINIMAL
    csv.writer(out, lineterminator=end, quoting=quoting).writerows([header, *rows])
    source = Source(columns={name: text() for name in header})
    folder = tmp_path_factory.mktemp("rows")
    staged, lines = one(folder, out.getvalue().encode(), source, chunk=chunk)
    assert staged.problem == ""
    assert staged.records == len(rows)
    assert [next(csv.reader([line.record])) for line in lines] == rows
    for line in lines:
        whole = unicodedata.normalize("NFC", line.record)
        assert (line.composed or line.record) == whole


@settings(deadline=None, max_examples=300)
@given(
    data=st.binary(max_size=60)
    | st.lists(st.sampled_from([b'"', b"a", b",", b"\n", b"\r\n", b"\xc3\xa9"]), max_size=60).map(
        b"".join
    ),
    encoding=st.sampled_from(["utf-8", "cp1252", "utf-16", "utf-7", "shift_jis"]),
    chunk=EVERY_CHUNK,
    name=st.sampled_from(["x.csv", "x.csv.gz"]),
    header=st.booleans(),
)
def test_any_bytes_are_records_or_a_problem_and_chunks_do_not_matter(
    tmp_path_factory, data, encoding, chunk, name, header
):
    source = Source(columns=SOURCE.columns, encoding=encoding, header=header)
    found = []
    for size in (chunk, 1 << 20):
        staged, lines = one(tmp_path_factory.mktemp("bytes"), data, source, name=name, chunk=size)
        assert staged.records == len(lines)
        assert not (staged.problem and lines)
        found.append(lines)
    assert found[0] == found[1]
