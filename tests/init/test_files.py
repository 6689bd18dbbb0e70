"""Which files become one source, and how they are read."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from lake.__main__ import cli

ROWS = tuple(f"A{n},{n},2024-01-{n:02d}" for n in range(1, 29))
HEADER = "code,quantity,day"
DAYS = range(10, 30)


def test_files_of_one_name_but_for_its_dates_are_one_source(exports):
    for name in ("sales_2024-01", "sales_2024-02", "Sales 20240301", "sales-part4"):
        exports.add(f"{name}.csv", HEADER, *ROWS)
    exports.add("more/sales_jan.csv.gz", HEADER, *ROWS)
    exports.add("returns.csv", HEADER, *ROWS)
    definition = exports.definition()
    assert set(definition.sources) == {"sales", "returns"}
    landed = {p.name for p in (exports.lake / "landing" / "sales").rglob("*.csv*")}
    assert len(landed) == 5


@pytest.mark.parametrize(
    ("names", "source"),
    [
        (("sales2023", "sales2024", "sales2025q1"), "sales"),
        (("sales202401", "sales202402"), "sales"),
        (("2023sales", "2024sales"), "sales"),
        (("orders1", "orders2", "orders"), "orders"),
        (("order1", "order2"), "order_data"),
    ],
)
def test_a_number_written_together_with_the_name_makes_no_other_source(exports, names, source):
    for name in names:
        exports.add(
            f"{name}.csv", "code,day,till", *(row[:3] + row[-11:] + ",1" for row in ROWS[9:])
        )
    exports.add("salesmen1.csv", HEADER, *ROWS)
    sources = exports.definition().sources
    assert set(sources) == {source, "salesmen1"}
    landed = {p.stem for p in (exports.lake / "landing" / source).iterdir()}
    assert landed == set(names) and sources[source].landing == source


@pytest.mark.parametrize(
    ("names", "header"),
    [
        (("pm10", "pm25"), "measured_on,station,value"),
        (("no", "no2"), "measured_on,station,value"),
        (("ftse100", "ftse250"), "measured_on,station,value"),
        (("level1", "level2"), "id,name"),
    ],
)
def test_a_number_that_counts_no_parts_or_a_header_that_says_little_keeps_sources_apart(
    exports, names, header
):
    for name in names:
        exports.add(f"{name}.csv", header, *(header.replace(",", f"{n},") for n in DAYS))
    assert set(exports.definition().sources) == set(names)


def test_parts_that_a_number_makes_one_source_are_asked_about(exports):
    exports.add("sensor1.csv", "measured_on,station,value", *(f"2024-01-{n},a,{n}" for n in DAYS))
    exports.add("sensor2.csv", "measured_on,station,value", *(f"2024-01-{n},b,{n}" for n in DAYS))
    assert list(exports.definition().sources) == ["sensor"]
    assert "sensor1 and sensor2 are taken as parts of one source" in exports.text("README.md")


def test_a_number_in_the_name_makes_no_one_source_of_other_headers(exports):
    exports.add("sheet1.csv", HEADER, *ROWS)
    exports.add("sheet2.csv", f"{HEADER},channel", *(f"{row},web" for row in ROWS))
    assert set(exports.definition().sources) == {"sheet1", "sheet2"}


def test_a_column_that_came_in_a_later_year_makes_no_other_source(exports):
    exports.add("sales2023.csv", HEADER, *ROWS)
    exports.add("sales2024.csv", f"{HEADER},channel", *(f"{row},web" for row in ROWS))
    assert list(exports.definition().sources) == ["sales"]


def test_files_of_one_header_in_one_folder_are_one_source_called_as_it_is(exports):
    exports.add("products/products_1.csv", HEADER, *ROWS)
    exports.add("products/prices_2024.csv", HEADER, *ROWS)
    exports.add("products/notes.csv", "note,by", "a,b")
    assert set(exports.definition().sources) == {"products", "notes"}


def test_words_that_begin_as_a_month_does_are_no_month(exports):
    exports.add("contacts.csv", HEADER, *ROWS)
    exports.add("marketing_contacts.csv", HEADER, *ROWS)
    exports.add("contacts_junior.csv", "name,by", "a,b")
    sources = set(exports.definition().sources)
    assert sources == {"contacts", "marketing_contacts", "contacts_junior"}


def test_months_are_known_in_full_and_cut_short(exports):
    for month in ("january", "Feb", "sept2024", "Oktober", "décembre"):
        exports.add(f"sales_{month}.csv", HEADER, *ROWS)
    assert set(exports.definition().sources) == {"sales"}


def test_a_column_that_came_later_makes_no_other_source(exports):
    exports.add("sales_2023.csv", HEADER, *ROWS)
    exports.add("sales_2024.csv", f"{HEADER},channel", *(f"{row},web" for row in ROWS))
    definition = exports.definition()
    assert list(definition.sources["sales"].columns) == ["code", "quantity", "day", "channel"]


def test_a_byte_order_mark_is_no_part_of_the_first_name(exports):
    exports.add("sales.csv", HEADER, *ROWS, encoding="utf-8-sig", end="\r\n")
    source = exports.definition().sources["sales"]
    assert list(source.columns) == ["code", "quantity", "day"]
    assert source.encoding == "utf-8"


def test_cp1252_and_utf_16_are_told_from_utf_8_by_every_byte(exports):
    exports.add("a.csv", "name,city", *["x,y"] * 40_000, "Zoë,Köln", encoding="cp1252")
    exports.add("b.csv", "name,city", "Zoë,Köln", encoding="utf-16")
    exports.add("c.csv", "name,city", "Zoë,Köln")
    sources = exports.definition().sources
    assert [sources[name].encoding for name in "abc"] == ["cp1252", "utf-16", "utf-8"]


def test_delimiter_and_quote_are_those_that_split_most_lines_alike(exports):
    exports.add("semi.csv", "name;price", *(f"a{n};3,{n}" for n in range(10, 40)))
    exports.add("pipe.csv", "name|note", *(f"a{n}|x, y, z" for n in range(10, 40)))
    exports.add("single.csv", "name,note", *(f"'a, {n}','x'" for n in range(10, 40)))
    exports.add("tab.tsv", "name\tnote", *(f"a{n}\tx,y" for n in range(10, 40)))
    sources = exports.definition().sources
    written = {name: (s.delimiter, s.quote) for name, s in sources.items()}
    assert written == {
        "semi": (";", '"'), "pipe": ("|", '"'), "single": (",", "'"), "tab": ("\t", '"'),
    }  # fmt: skip
    assert (exports.lake / "landing/tab/tab.tsv.csv").exists()


def test_a_file_without_a_header_has_its_columns_numbered(exports):
    exports.add("readings.csv", *(f"S{n % 3},{n}.5" for n in range(30)))
    source = exports.definition().sources["readings"]
    assert source.header is False
    assert list(source.columns) == ["column_1", "column_2"]
    assert "name the columns" in exports.text("README.md")


def test_years_as_names_of_columns_are_a_header(exports):
    exports.add("budget.csv", "item,2023,2024", "rent,100,110", "food,50,55")
    assert exports.definition().sources["budget"].header is True


def test_a_quoted_line_end_a_stray_quote_and_a_short_line_lose_no_row(exports):
    exports.add("notes.csv", "id,note", '1,"two\nlines"', '2,5" pipe', "3", "4,ok")
    assert "One row per id of notes.csv: 4 records." in exports.made("definition/sources/notes.py")
    assert "1 lines have the wrong number of fields" in exports.text("README.md")


def test_files_that_cannot_be_read_are_left_out_by_name_and_reason(exports):
    exports.add("sales.csv", HEADER, *ROWS)
    exports.add("twice.csv", "a,a", "1,2")
    exports.add("empty.csv")
    exports.add("notes.txt", "hello")
    (exports.folder / "cut.csv.gz").write_bytes(b"\x1f\x8b\x08\x00")
    (exports.folder / "book.csv").write_bytes(b"PK\x03\x04\x00\x00")
    said = exports.init().output
    for words in ("twice.csv names a column twice", "empty.csv is empty", "notes.txt is not a",
                  "cut.csv.gz is not a sound gzip", "book.csv is not text"):  # fmt: skip
        assert words in said
    assert [p.name for p in (exports.lake / "landing").iterdir()] == ["sales"]


def test_a_file_that_begins_with_the_separator_of_excel_is_left_out_and_told_why(exports):
    exports.add("sales.csv", HEADER, *ROWS)
    exports.add("excel.csv", "sep=;", "name;price", "a;1", encoding="utf-8-sig", end="\r\n")
    said = exports.init().output
    assert "excel.csv begins with the line sep= that Excel adds: take it away" in said
    assert [p.name for p in (exports.lake / "landing").iterdir()] == ["sales"]


def test_links_are_landed_instead_of_copies_when_asked(exports):
    exports.add("sales.csv", HEADER, *ROWS)
    exports.definition("--link")
    landed = exports.lake / "landing/sales/sales.csv"
    assert landed.is_symlink() and landed.read_text() == (exports.folder / "sales.csv").read_text()


def test_a_folder_that_is_there_is_never_written_into(exports):
    exports.add("sales.csv", HEADER, *ROWS)
    exports.lake.mkdir()
    (exports.lake / "mine.txt").write_text("mine")
    answer = exports.init()
    assert answer.exit_code == 2 and "is there already" in answer.output
    assert [p.name for p in exports.lake.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_filled_and_stays_the_same_one(exports):
    exports.add("sales.csv", HEADER, *ROWS)
    exports.lake.mkdir()
    before = exports.lake.stat().st_ino
    exports.definition()
    assert exports.lake.stat().st_ino == before
    assert {p.name for p in exports.lake.iterdir()} == {
        ".gitignore", "README.md", "definition", "landing", "tests",
    }  # fmt: skip


def test_a_failure_on_the_way_leaves_nothing(exports, monkeypatch):
    def full(*_: object) -> None:
        raise OSError("no space left")

    exports.add("sales.csv", HEADER, *ROWS)
    monkeypatch.setattr("lake.init.write._land", full)
    assert exports.init().exit_code != 0
    assert [p.name for p in exports.lake.parent.iterdir()] == ["exports"]


def test_a_folder_without_csv_files_says_so(exports):
    answer = exports.init()
    assert answer.exit_code == 2 and "there is no CSV file in it" in answer.output


def test_files_that_the_lake_would_all_refuse_make_no_lake(exports):
    exports.add("twice.csv", "a,a", "1,2")
    answer = exports.init()
    assert answer.exit_code == 2 and 'twice.csv names a column twice: "a", "a"' in answer.output
    assert not exports.lake.exists()


def test_names_that_python_and_sql_keep_for_themselves_are_no_hindrance(exports):
    exports.add("Files.csv", "select,Größe,source file,class_key", "a,1,x,b", "c,2,y,d")
    exports.add("2024.csv", "1st,order", "a,b", "c,d")
    exports.add("class.csv", "month,lines,region", *(f"2024-01-0{n},{n},N" for n in range(1, 9)))
    exports.add(
        "order.csv", "date,lines,amount", *(f"2024-01-0{n},x{n % 2},1" for n in range(1, 9))
    )
    definition = exports.definition()
    assert set(definition.sources) == {"files_data", "t_2024", "class_data", "order_data"}
    answer = CliRunner().invoke(cli, ["check", "--root", str(exports.lake)], prog_name="lake")
    assert answer.exit_code == 0, answer.output


def test_a_column_that_some_files_lack_is_optional_and_no_other(exports):
    exports.add("sales_2023.csv", "sale_id,sold_on,qty", "S1,2023-01-02,1", "S2,2023-01-03,2")
    exports.add("sales_2024.csv", "sale_id,sold_on,qty,channel,net", "S3,2024-01-02,3,web,1001.0",
                "S4,2024-01-03,4,shop,2.5")  # fmt: skip
    columns = exports.definition().sources["sales"].columns
    optional = {name for name, column in columns.items() if column.optional}
    assert optional == {"channel", "net"}
    assert "1 of 2 files lack it" in exports.text("definition/sources/sales.py")
