"""What the records of a landing file are, and the staged copy of them."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.definition import Source, integer, text
from jobs.headers import header_for
from tests.staging import HEADER, SOURCE, Line, land, one, records


def test_each_line_is_a_record_with_its_number(tmp_path):
    staged, lines = one(tmp_path, HEADER + b"1,2,3\n4,5,6\n")
    assert lines == [Line(1, 2, " ", "1,2,3"), Line(1, 3, " ", "4,5,6")]
    assert (staged.records, staged.problem) == (2, "")
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


def test_only_records_that_spark_reads_exactly_by_line_are_staged_as_plain_lines(tmp_path):
    body = 'p,1,1\no,"2\n",2\np,"3",3\no,\u0065\u0301,4\no,5,5\f\no,"6,6\np,"7,""7""",7'
    staging = land(tmp_path, {"x.csv": HEADER + body.encode()})
    (part,) = staging.parts.values()
    plain = [line[17] for line in part.plain.read_text().splitlines()]
    odd = [json.loads(line)["record"][0] for line in part.odd.read_text().splitlines()]
    assert (plain, odd) == (["p"] * 3, ["o"] * 4)


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
        Line(1, 3, "N", original, ("1", "caf\u00e9\nx", "3")),
        Line(1, 5, " ", "4,😀\u00a0,6"),
    ]


def test_fields_are_told_apart_before_they_are_composed(tmp_path):
    # A Greek question mark composes to a semicolon, and a bar over "=" to another character.
    greek = Source(columns=SOURCE.columns, delimiter=";")
    _, lines = one(tmp_path / "1", "a;b;c\n1;what\u037e;3\n".encode(), greek)
    assert lines == [Line(1, 2, "N", "1;what\u037e;3", ("1", "what;", "3"))]
    equals = Source(columns=SOURCE.columns, delimiter="=")
    _, lines = one(tmp_path / "2", "a=b=c\n1=\u0338x=3\n".encode(), equals)
    assert lines == [Line(1, 2, " ", "1=\u0338x=3")]


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
    for line, row in zip(lines, rows):
        composed = tuple(unicodedata.normalize("NFC", field) for field in row)
        assert line.composed == (() if composed == tuple(row) else composed)


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
