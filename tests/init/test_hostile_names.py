"""No text of a file's name, a header or a cell becomes code in what `lake init` writes."""

from __future__ import annotations

import ast
import os
import re
import sys
import unicodedata
from pathlib import Path

import pytest

from jobs.load import load
from lake.init.escaped import block, docstring, quoted_text, remark

ATTACK = '"""\nimport os\nos.system("touch PWNED")\nb = """'
HOSTILE = (
    ATTACK, "'''\nimport os\n'''", "\\", 'a"b', "it's", "a\\", '\\"""', "{0}{x}", "%s", "${x}",
    "a\rimport os", "\u2028import os", "\x85x", "\x1b]0;x\x07", "\u202egnp.exe",
    "`a`", "\x0c\nimport os",
    "# coding: utf-7", "-- x", "/* x", "$(touch PWNED)", "a\tb", "caf\xe9", "\ufeffx", "N\x01N",
)  # fmt: skip


def statements(text: str) -> list[ast.stmt]:
    """What a written definition does, which is nothing but to name what it is made of."""
    body = ast.parse(text).body
    doc, imported, made = body
    assert isinstance(doc, ast.Expr) and isinstance(doc.value, ast.Constant)
    assert isinstance(imported, ast.ImportFrom) and imported.module == "jobs.definition"
    assert isinstance(made, ast.Assign) and isinstance(made.value, ast.Call)
    words = {"Source", "Mart", "Period", "Reference"} | {alias.name for alias in imported.names}
    for node in ast.walk(made.value):
        assert isinstance(node, (
            ast.Call, ast.Name, ast.Load, ast.Constant, ast.Tuple, ast.Dict, ast.keyword
        )), ast.dump(node)  # fmt: skip
        if isinstance(node, ast.Name):
            assert node.id in words
    return body


def is_sound(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    statements(text)
    unseen = [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert set(unseen) <= {"\n"}


def test_every_text_stays_itself_in_a_string():
    every = "".join(map(chr, range(sys.maxunicode + 1))) + "".join(HOSTILE)
    assert ast.literal_eval(quoted_text(every)) == every
    for text in HOSTILE:
        assert ast.literal_eval(quoted_text(text)) == text
        assert ast.literal_eval(docstring(text)) == " ".join(text.split())
        assert ast.literal_eval(f'"""{block(text)}"""') == text
        assert not re.search("[\n\r\x00]", remark(text))


@pytest.fixture(scope="module")
def hostile_folder(exports_in):
    """Files whose names, headers and cells are hostile, beside one that is not."""
    exports = exports_in("hostile")
    for number, text in enumerate(HOSTILE):
        cell = text.replace('"', '""')
        rows = [f'{n},"{cell}",{n % 7}.5,2024-0{n % 9 + 1}-01,"{cell}{n % 3}"' for n in range(40)]
        exports.add(f"in headers {number}/facts.csv", f'id,"{cell}",price,day,"x {cell}"', *rows)
        name = text.replace("/", "-")
        exports.add(f"{name}.csv", f"id,name{number}", *(f"{n},{n}" for n in range(3)))
    exports.add("plain.csv", "id,name", "1,a", "2,b")
    (exports.folder / os.fsdecode(b"caf\xe9.csv")).write_text("id,x\n1,2\n")
    return exports


def test_what_is_written_holds_only_the_statements_that_belong_there(hostile_folder, monkeypatch):
    monkeypatch.chdir(hostile_folder.lake.parent)
    answer = hostile_folder.init()
    assert answer.exit_code == 0, answer.output
    written = sorted((hostile_folder.lake / "definition").rglob("*.py"))
    assert len(written) > len(HOSTILE)
    for file in written:
        is_sound(file)
    assert "PWNED" not in " ".join(p.name for p in hostile_folder.lake.parent.iterdir())
    test = ast.parse((hostile_folder.lake / "tests" / "test_lake.py").read_text())
    assert [type(node).__name__ for node in test.body] == [
        "Expr", "ImportFrom", "Import", "ImportFrom", "ImportFrom", "ImportFrom", "Assign",
        "Assign", "FunctionDef", "FunctionDef",
    ]  # fmt: skip


def test_every_file_is_a_sources_or_named(hostile_folder):
    if not hostile_folder.lake.exists():
        hostile_folder.init()
    sources = load(str(hostile_folder.lake / "definition")).sources
    landing = hostile_folder.lake / "landing"
    landed = [p for name in sources for p in (landing / name).rglob("*.csv")]
    # The one that is not UTF-8 is left out, by name.
    assert len(landed) == 2 * len(HOSTILE) + 1
    readme = (hostile_folder.lake / "README.md").read_text(encoding="utf-8")
    assert "- `caf\\xe9.csv` has a name that is not UTF-8: rename it\n" in readme
    assert not [c for c in readme if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"]


def test_no_source_is_lost_for_its_name(exports):
    names = (
        "test_scores", "test", "conftest", "class", "None", "os", "jobs", "text", "source", "date",
        "__init__", "definition", "quarantine", "files", "Files ", "PEOPLE", "people", "x" * 240,
        "x" * 239 + "y", "1", "東京", "売上", "test_quarantine", "select", "lake", "ledger",
    )  # fmt: skip
    for number, name in enumerate(names):
        exports.add(f"{name}.csv", f"id,col{number},more{number}", "1,a,b", "2,b,c")
    exports.add("_hidden.tsv", "id\tx", "1\t2")
    answer = exports.init()
    assert answer.exit_code == 0, answer.output
    assert "_hidden.tsv has a _ before its name" in answer.output
    assert "__init__.csv has a _ before its name" in answer.output
    sources = load(str(exports.lake / "definition")).sources
    assert len(sources) == len(names) - 1
    landed = [list((exports.lake / "landing" / name).iterdir()) for name in sources]
    assert all(len(files) == 1 for files in landed)


def test_two_files_never_land_as_one(exports):
    rows = tuple(f"{n}\t{n}\tx" for n in range(20))
    for name in ("a/Sales.tsv", "a/Sales.csv", "a/sales.csv", "a/sales_2.csv"):
        exports.add(name, "id\tquantity\tname", *rows)
    exports.definition()
    landed = [str(p.relative_to(exports.lake)).lower() for p in exports.lake.rglob("*.csv")]
    assert len(landed) == len(set(landed)) == 4


def test_headers_of_any_kind_make_a_definition_that_holds_together(exports):
    header = (
        'id,adi,adı,_quarantine_id,source_file,run_id,_batch,,"a`b","c.d","e\nf",select,2023x,true,'
        "straße,STRASSE_,µg,Σας,İl,ﬁn,m²,{},null,facts_key,count"
    ).format("w" * 3000)  # fmt: skip
    rows = (",".join([str(n), *(f"v{n % 3}" for _ in range(24))]) for n in range(40))
    exports.add("facts.csv", header, *rows)
    exports.add("mended.csv", "_quarantine_id", "a#1")
    source = exports.definition().sources["facts"]
    assert len(source.columns) == 24 and "_quarantine_id" not in source.columns
    for file in (exports.lake / "definition").rglob("*.py"):
        is_sound(file)
    readme = exports.text("README.md")
    assert "`mended.csv` has no column but _quarantine_id" in readme
    assert "_quarantine_id is no column: it names" in readme
