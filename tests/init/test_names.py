"""Names that Spark takes for one, and names that mean something in its SQL."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from jobs.headers import same, sanitise
from jobs.run import run
from jobs.settings import RunSettings, Zones
from jobs.sqltext import literal
from lake.lineage import lineage
from lake.native import Native
from lake.options import place

EVERY = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (("id", "adi", "adı"), ("id", "adi", "adi_2")),
        (("adı",), ("adi",)),
        (("İL", "il"), ("il_2", "il")),
        (("\u212a", "k", "ſ", "s"), ("k_2", "k", "s_2", "s")),
        (("µg", "\u03bcg"), ("µg", "µg_2")),
        (("ΠΕΛΑΤΗΣ", "τιμή"), ("πελατης", "τιμή")),
        (("Straße", "STRASSE", "STRAẞE"), ("straße_2", "strasse", "straße")),
        (("ﬁn", "fin"), ("ﬁn", "fin")),
        (("run_id", "source_file", "_batch", "_key", ""),
         ("run_id_2", "source_file_2", "batch", "key", "column_5")),
    ],
)  # fmt: skip
def test_names_that_are_one_to_spark_are_told_apart(header, names):
    assert sanitise(header) == names
    assert sanitise(reversed(header)) == tuple(reversed(names)) or "" in header


def test_a_name_stays_itself_when_it_is_read_again():
    names = sanitise(letter for letter in EVERY if letter.isalnum() and letter.upper() != letter)
    assert len(set(map(same, names))) == len(names)
    assert all(sanitise((name,)) == (name,) for name in names)


@pytest.fixture(scope="module")
def javas(spark) -> dict[str, str]:
    """What Java's equalsIgnoreCase compares of each letter, where that is not the letter."""

    def called(method: str, given: str) -> str:
        return f"cast(reflect('java.lang.Character', '{method}', {given}) AS INT)"

    upper = called("toUpperCase", "cast(id AS INT)")
    letters = spark.range(sys.maxunicode + 1).selectExpr("id", f"{upper} AS upper")
    both = letters.selectExpr("id", f"{called('toLowerCase', 'upper')} AS one").where("id <> one")
    return {chr(row["id"]): chr(row["one"]) for row in both.collect()}


def test_no_two_names_of_a_file_are_one_to_spark(javas):
    """Over all of Unicode: letters that are one to Java are one here, so that names that differ
    here differ there."""
    told = {letter: same(letter) for letter in EVERY}
    for letter, one in javas.items():
        assert told[letter] == told[one]
    names = sanitise(letter for letter in EVERY if letter.isalnum())
    there = {"".join(javas.get(letter, letter) for letter in name) for name in names}
    assert len(there) == len(names)


def test_a_text_in_a_query_is_that_text(spark):
    texts = (
        "${spark.app.name}", "${env:HOME}", "a'b\\", "\\${x}", '"', "$", "`", "\n\r\t", "%_\\_"
    )  # fmt: skip
    row = spark.range(1).selectExpr(*(f"{literal(t)} AS c{n}" for n, t in enumerate(texts))).first()
    assert tuple(row) == texts


HEADERS = (
    "id", "adi", "adı", "_quarantine_id", "source_file", "run_id", "_batch", "_malformed", "_key",
    "record", "csv", "", "a`b", "c.d", "e\nf", "select", "2023x", "true", "µg", "Σας", "İl", "ﬁn",
    "m²", "w" * 3000, "null", "facts_key", "count", "東京", "pending", "first_run", "ürün kodu",
)  # fmt: skip


BY_TRUE = '''"""One row per true."""

from jobs.definition import Mart

by_true = Mart(
    reads=("facts",),
    key=("true",),
    columns="`true` STRING, `2023x` BIGINT",
    sql="SELECT `true`, count(`2023x`) AS `2023x` FROM facts GROUP BY 1",
)
'''


@pytest.fixture(scope="module")
def lake(spark, exports_in) -> Path:
    exports = exports_in("names")
    header = ",".join(f'"{cell}"' for cell in HEADERS)
    rows = [f"{n}," + ",".join(f"v{n % 3}" for _ in HEADERS[1:]) for n in range(40)]
    exports.add("facts/facts.csv", header, *rows[:20])
    exports.add("facts/facts ${env:HOME}'\\1.csv", header, *rows[20:])
    exports.add("kisi.csv", "id,adi,adı", "1,x,y")
    exports.add("test_scores.csv", "id,score", "1,10", "2,20")
    exports.add('a"""\nimport os\nb = """.csv', "id,name", "1,a")
    exports.definition()
    (exports.lake / "definition" / "marts" / "by_true.py").write_text(BY_TRUE)
    return exports.lake


def test_a_lake_of_strange_names_runs_and_keeps_every_value(lake):
    report = run(RunSettings(Zones.under(str(lake)), str(lake / "definition")))
    assert report.exit_status == 0
    books = {b.source: (b.landed, b.published) for b in report.books}
    assert books == {
        "facts": (40, 40), "kisi": (1, 1), "t_test_scores": (2, 2), "a_import_os_b": (1, 1),
    }  # fmt: skip
    native = Native(place({"root": str(lake)}))
    assert native.rows("SELECT adi, adi_2 FROM silver.kisi") == [{"adi": "x", "adi_2": "y"}]
    (row,) = native.rows("SELECT * FROM bronze.facts WHERE id = '7'")
    own = ("ingestion_timestamp", "source_file", "source_line", "run_id")
    values = [v for c, v in row.items() if c not in own and (c[0] != "_" or c == "_quarantine_id")]
    assert values == ["7", *["v1"] * (len(HEADERS) - 1)]
    (row,) = native.rows("SELECT source_file FROM bronze.a_import_os_b")
    assert row == {"source_file": 'a"""\nimport os\nb = """.csv'}
    files = native.rows("SELECT DISTINCT source_file AS f FROM bronze.facts ORDER BY f")
    assert [row["f"] for row in files] == ["facts/facts ${env:HOME}'\\1.csv", "facts/facts.csv"]
    (step,) = lineage(native, "by_true", "", 1).steps
    assert step.rows == 40 and step.lines[0].raw["pending"] == "v2"
