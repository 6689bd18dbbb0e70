"""The page and its files: what it says of the small retail lake, and of lakes of other kinds."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lake.__main__ import cli
from lake.native import Native
from lake.options import Place, place
from lake.report.page import make
from tests.lakes import TinyLake, csv

VOID = {"meta", "link", "br", "img", "input", "hr"}
SALES = """
sales = Source(key="id", latest_by="seen", checks={"amount is positive": "amount > 0"},
               columns={"id": integer(), "at": date(), "shop": text(), "amount": integer(),
                        "seen": integer()})
"""
SUMS = """
sums = Mart(reads=("sales",), key=("month", "shop"),
            period=Period("month", "sales", "cast(date_trunc('month', at) as date)"),
            columns="month DATE, shop STRING, amount BIGINT",
            sql="SELECT cast(date_trunc('month', at) as date) AS month, shop, "
                "sum(amount) AS amount FROM sales GROUP BY 1, 2")
"""
PLAIN = """
plain = Mart(reads=("sales",), key=("id",), columns="id BIGINT, at DATE",
             sql="SELECT id, at FROM sales")
"""


class Outline(HTMLParser):
    """What a screen reader is told of a page: landmarks, headings, ids; and whether it is well
    formed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.ids += [given["id"] or ""] if "id" in given else []
        if tag == "a" and (given.get("href") or "").startswith("#"):
            self.links.append((given["href"] or "")[1:])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag


def typed(where: Place, *words: str) -> Result:
    """``lake report`` on a lake."""
    options = [
        "--root",
        where.root,
        *(["--definition", where.definition] if where.definition else []),
    ]
    return CliRunner().invoke(cli, ["report", *words, *options], prog_name="lake")


@pytest.fixture(scope="module")
def page(retail: Place, tmp_path_factory) -> str:
    return make(retail, tmp_path_factory.mktemp("page"), "").page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tiny(spark, tmp_path_factory) -> TinyLake:
    """A lake whose definition says nothing of charts, after one run."""
    lake = TinyLake(tmp_path_factory.mktemp("tiny"), spark, sales=SALES, sums=SUMS, plain=PLAIN)
    lake.land("sales/one.csv", csv("id,at,shop,amount,seen", "1,2024-01-31,North,5,1",
                                   "2,2024-02-29,South,7,1", "2,2024-02-29,South,9,2",
                                   "3,2024-02-03,<b>West</b>,-1,1"))  # fmt: skip
    lake.run()
    return lake


def where(lake: TinyLake) -> Place:
    return place({"root": str(lake.root / "lake"), "definition": str(lake.root / "definition")})


def test_the_command_says_where_the_page_is_and_writes_every_chart_twice(
    retail: Place, tmp_path: Path
) -> None:
    answer = typed(retail, "--out", str(tmp_path / "out"), "--title", "Sales & more")
    assert answer.exit_code == 0, answer.output
    assert re.search(r"out/index\.html: 15 charts, in \d+\.\d s", answer.stdout)
    files = sorted(f.name for f in (tmp_path / "out" / "charts").iterdir())
    assert len(files) == 30
    assert {f.rpartition(".")[2] for f in files} == {"png", "svg"}
    for file in (tmp_path / "out" / "charts").iterdir():
        assert file.read_bytes()[:5] in (b"\x89PNG\r", b"<?xml"), file
    assert "<title>Sales &amp; more</title>" in (tmp_path / "out" / "index.html").read_text()


def test_the_page_stands_in_the_lakes_folder_and_old_charts_go(tiny: TinyLake) -> None:
    folder = tiny.root / "lake" / "report"
    (folder / "charts").mkdir(parents=True)
    (folder / "charts" / "old.png").write_text("")
    (folder / "notes.txt").write_text("mine")
    assert typed(where(tiny)).exit_code == 0
    assert (folder / "index.html").exists()
    assert not (folder / "charts" / "old.png").exists()
    assert (folder / "notes.txt").read_text() == "mine"


def test_a_screen_reader_finds_landmarks_headings_in_order_and_unique_ids(page: str) -> None:
    outline = Outline(page)
    assert outline.open == []
    assert [outline.tags.count(tag) for tag in ("header", "main", "footer", "nav", "h1")] == [1] * 5
    levels = [int(tag[1]) for tag in outline.tags if re.fullmatch("h[1-6]", tag)]
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.links) <= set(outline.ids)
    assert '<html lang="en">' in page


def test_every_chart_has_a_table_behind_it(page: str) -> None:
    figures = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
    assert len(figures) == 15
    assert all("<caption>" in figure and 'scope="row"' in figure for figure in figures)


def test_the_page_names_nothing_outside_itself(page: str) -> None:
    links = re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]+)""", page)
    assert {link for link in links if not link.startswith(("#", "data:"))} == set()
    assert "<script" not in page


def test_the_sums_of_the_page_are_those_of_the_marts(retail: Place, page: str) -> None:
    (row,) = Native(retail).rows(
        "SELECT sum(net_amount) AS net FROM gold.monthly_sales_summary WHERE month = '2025-12-01'"
    )
    assert f"${row['net']:,.2f}" in page
    assert "January 2026 is not over: its data ends on 1 January." in page


def test_the_books_of_every_source_stand_on_the_page_and_balance(retail: Place, page: str) -> None:
    (row,) = Native(retail).rows("SELECT count(*) AS landed FROM bronze.sales_transactions")
    assert f'<td class="number">{row["landed"]:,}</td>' in page
    assert "DOES NOT HOLD" not in page
    assert page.count("✓ is right") == 5


def test_the_worst_rules_come_with_rows_and_those_can_be_left_out(
    retail: Place, page: str, tmp_path: Path
) -> None:
    assert re.search(r"sales/2023/sales_2023-\d\d\.csv line \d+", page)
    assert "transaction_id=T0" in page
    without = make(retail, tmp_path, "", with_values=False).page.read_text(encoding="utf-8")
    assert "transaction_id=T0" not in without
    assert re.search(r"sales/2023/sales_2023-\d\d\.csv line \d+", without)


def test_the_runs_stand_on_the_page_newest_first(retail: Place, page: str) -> None:
    assert "2 runs changed something" in page
    started = re.findall(r'<th scope="row">(\d{4}-\d\d-\d\d \d\d:\d\d)</th>', page)
    assert started == sorted(started, reverse=True)
    assert len(started) == 2


def test_a_definition_that_says_nothing_of_charts_gets_sensible_ones(
    tiny: TinyLake, tmp_path: Path
) -> None:
    text = make(where(tiny), tmp_path, "").page.read_text(encoding="utf-8")
    assert {f.name for f in (tmp_path / "charts").glob("*.svg")} == {
        "sums-1-amount.svg", "sums-2-amount-by-shop.svg", "trust-books.svg", "trust-rules.svg",
    }  # fmt: skip
    assert "The first 2 rows of plain" in text
    assert "failed: amount is positive" in text
    assert "<b>West</b>" not in text, "what stands in a file is text, never markup"
    assert "&lt;b&gt;West&lt;/b&gt;" in text
    Outline(text)


def test_what_bronze_took_and_silver_has_not_seen_is_told_and_is_no_mistake(
    tiny: TinyLake, tmp_path: Path
) -> None:
    tiny.land("sales/two.csv", csv("id,at,shop,amount,seen", "9,2024-03-31,North,5,1"))
    tiny.run("bronze")
    text = make(where(tiny), tmp_path, "").page.read_text(encoding="utf-8")
    assert "✓ is right; 1 more wait in bronze for the next run" in text


def test_what_is_on_hold_and_a_key_in_doubt_stand_on_the_page(
    tiny: TinyLake, tmp_path: Path
) -> None:
    head = "id,at,shop,amount,seen"
    tiny.land("sales/old.csv", csv(head, *(f"1{n},2024-03-30,North,5,1" for n in range(20))))
    tiny.land("sales/over.csv", csv(head, *(f"1{n},2024-04-30,North,5,2" for n in range(20))))
    tiny.land("sales/renamed.csv", csv("id,at,store,amount,seen", *["7,2024-03-31,North,5,1"] * 3))
    tiny.run("bronze", "silver")
    text = make(where(tiny), tmp_path, "").page.read_text(encoding="utf-8")
    assert "Beside these, 3 records are on hold." in text
    assert "on hold, beside it" in text and "wait in bronze" not in text
    assert "store is new: is it the new name?" in text
    assert "20 rows of sales replaced rows of another date: is the key (id) right?" in text


def test_books_that_do_not_hold_are_told_in_the_headline(
    tiny: TinyLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lake.report import trust

    monkeypatch.setattr(trust, "_count", lambda *_, **__: 0)
    text = make(where(tiny), tmp_path, "").page.read_text(encoding="utf-8")
    assert "NOT ALL" in text
    assert "✗ DOES NOT HOLD" in text


def test_a_lake_that_does_not_exist_yet_gives_a_page_that_says_so(tmp_path: Path) -> None:
    nowhere = place({"root": str(tmp_path / "none")})
    text = make(nowhere, tmp_path / "out", "").page.read_text(encoding="utf-8")
    assert "There is no mart to show yet" in text
    assert "No file has been taken yet" in text
    assert not (tmp_path / "none").exists()
    Outline(text)
