"""The generated landing zone: the same bytes for the same arguments, and dirt as it is told."""

from __future__ import annotations

import csv
import gzip
import io
import random
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from jobs.errors import DefinitionError
from lake.generate import generate, generate_day
from lake.generator import flaws
from lake.generator.files import crc

SMALL = {"sales": 2_000, "customers": 400, "products": 60, "locations": 12}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "lake" / "landing"


def checksums(root: Path) -> dict[str, int]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): crc(path) for path in files}


def text(path: Path) -> str:
    raw = path.read_bytes()
    return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")


def sales_of(root: Path) -> list[dict]:
    """Every record of the sales files by column name; fields too many stand under None."""
    files = sorted(root.rglob("sales_*.csv*"))
    return [row for path in files for row in csv.DictReader(io.StringIO(text(path)))]


def test_the_same_arguments_give_the_same_bytes(root, tmp_path):
    generate(root, **SMALL)
    generate(tmp_path / "other" / "landing", **SMALL)
    assert checksums(root) == checksums(tmp_path / "other" / "landing")
    generate(tmp_path / "third" / "landing", **SMALL, seed=8)
    assert checksums(root) != checksums(tmp_path / "third" / "landing")


def test_a_second_call_changes_nothing_and_says_so(root):
    first = generate(root, **SMALL)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    second = generate(root, **SMALL)
    assert (first.unchanged, second.unchanged) == (False, True)
    assert (second.rows, second.dirt, second.files) == (first.rows, first.dirt, first.files)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_a_file_that_was_lost_comes_back_as_it_was(root):
    generate(root, **SMALL)
    before = checksums(root)
    (root / "sales/2024/sales_2024-03.csv").unlink()
    assert not generate(root, **SMALL).unchanged
    assert checksums(root) == before


def test_a_call_that_broke_off_is_finished_by_the_next(root):
    def stop(written: int, expected: int) -> None:
        if written > expected / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(root, **SMALL, on_progress=stop)
    assert not generate(root, **SMALL).unchanged
    half = checksums(root)
    generate(root.parent.parent / "whole" / "landing", **SMALL)
    assert half == checksums(root.parent.parent / "whole" / "landing")


def test_a_file_that_was_changed_is_never_overwritten(root):
    generate(root, **SMALL)
    changed = root / "sales/2024/sales_2024-03.csv"
    changed.write_text("mine", "utf-8")
    with pytest.raises(
        DefinitionError, match=r"sales_2024-03[.]csv is not as the generator wrote it"
    ):
        generate(root, **SMALL)
    assert changed.read_text("utf-8") == "mine"


def test_files_of_another_origin_are_left_alone(root):
    (root / "sales").mkdir(parents=True)
    (root / "sales/mine.csv").write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(DefinitionError, match="files that were not generated"):
        generate(root, **SMALL)
    assert list(checksums(root)) == ["sales/mine.csv"]


def test_other_arguments_are_refused_and_named(root):
    generate(root, **SMALL)
    before = checksums(root)
    with pytest.raises(DefinitionError, match="sales=2000"):
        generate(root, **{**SMALL, "sales": 3_000})
    assert checksums(root) == before


@pytest.mark.parametrize("wrong", [{"sales": -1}, {"customers": 0}, {"years": 0}])
def test_a_size_that_makes_no_sense_is_refused(root, wrong):
    with pytest.raises(DefinitionError, match="must be at least"):
        generate(root, **{**SMALL, **wrong})


def test_there_are_as_many_sales_as_asked_for_with_repeats_and_corrections_on_top(root):
    report = generate(root, **SMALL)
    again = report.dirt["sales"][flaws.REPEAT] + report.dirt["sales"][flaws.CORRECTION]
    assert report.rows["sales"] == SMALL["sales"] + again
    lines = sum(len(text(path).splitlines()) - 1 for path in root.rglob("sales_*.csv*"))
    assert lines == report.rows["sales"]
    assert (report.days, report.files) == ((date(2023, 1, 1), date(2025, 12, 31)), 59)


def test_the_reported_dirt_is_the_dirt_in_the_files(root):
    dirt = generate(root, **SMALL).dirt["sales"]
    sales = sales_of(root)

    def found(column: str, start: str) -> int:
        return sum((row[column] or "").startswith(start) for row in sales)

    short = [row for row in sales if None in row.values()]
    assert len(short) == dirt["line is too short"]
    assert sum(None in row for row in sales) == dirt["line is too long"]
    assert sum(row["customer_id"] == "" for row in sales) == dirt["customer is missing"]
    assert sum(row["product_id"] == "" for row in sales) == dirt["product is missing"]
    assert sum(row["sold_at"][2:3] == "/" for row in sales) == dirt["sold_at as dd/MM/yyyy HH:mm"]
    assert found("unit_price", "-") == dirt["price is negative"]
    assert found("unit_price", "$") == dirt["price with $ and thousands separator"]
    assert found("customer_id", "c") == dirt["customer id in lower case"]
    assert found("customer_id", "C99") == dirt["customer is in no customers file"]
    assert found("transaction_id", "X-") == dirt["transaction id has another shape"]


def test_about_one_sale_in_eighty_breaks_a_rule_and_every_kind_occurs(root):
    report = generate(root, **{**SMALL, "sales": 4_000})
    names = {flaw.name for flaw in flaws.SALES}
    assert set(report.dirt["sales"]) == names
    bad = sum(report.dirt["sales"][flaw.name] for flaw in flaws.SALES if not flaw.valid)
    assert 0.009 < bad / 4_000 < 0.015


def test_every_kind_of_dirt_has_its_share_wherever_the_rows_are_cut():
    counts: Counter[str] = Counter()
    first = 0
    for count in [1, 7, 500, 13, 2_479, 7_000]:
        counts.update(f.name for _, f in flaws.picks(flaws.SALES, first, count, random.Random(1)))
        first += count
    whole = Counter(f.name for _, f in flaws.picks(flaws.SALES, 0, first, random.Random(1)))
    assert counts == whole
    assert counts["customer is missing"] == 80


def test_files_come_in_the_shapes_that_exports_have(root):
    generate(root, **SMALL)
    sales = {path.name: text(path) for path in root.rglob("sales_*.csv*")}
    assert sales["sales_2023-05.csv"].startswith("quantity,unit_price,")
    assert ",cashier," in sales["sales_2023-12.csv"].splitlines()[0]
    assert sales["sales_2023-10.csv"].count("\r\n") == sales["sales_2023-10.csv"].count("\n") > 1
    assert "sales_2024-08.csv.gz" in sales
    customers = text(root / "customers/customers_2.csv")
    assert customers.count('"') == 1
    assert not customers.splitlines()[-1].startswith("C000000")
    everyone = "".join(text(path) for path in root.rglob("customers_*.csv"))
    assert all(letter in everyone for letter in "éßŁ伟")


def test_two_names_never_hold_the_same_bytes(root):
    generate(root, **SMALL)
    generate_day(root, rows=100)
    assert max(Counter(checksums(root).values()).values()) == 1


def test_a_correction_repeats_a_sale_with_a_later_update(root):
    dirt = generate(root, **SMALL).dirt
    versions: dict[str, set[str]] = {}
    for row in sales_of(root):
        versions.setdefault(row["transaction_id"], set()).add(row["updated_at"])
    corrected = [stamps for stamps in versions.values() if len(stamps) > 1]
    assert len(corrected) == dirt["sales"][flaws.CORRECTION]
    assert all(max(stamps).endswith(" 02:00:00") for stamps in corrected)


def test_day_follows_day_with_new_numbers_and_corrections_of_earlier_sales(root):
    generate(root, **SMALL)
    old = {row["transaction_id"] for row in sales_of(root)}
    reports = [generate_day(root, rows=300) for _ in range(3)]
    days = [date(2026, 1, day) for day in (1, 2, 3)]
    assert [report.days for report in reports] == [(day, day) for day in days]
    for day, report in zip(days, reports, strict=True):
        lines = text(root / f"sales/2026/days/sales_{day}.csv").splitlines()[1:]
        assert len(lines) == report.rows["sales"]
        fields = [line.split(",") for line in lines]
        new = {row[0] for row in fields if row[11:] and row[11].startswith(f"{day} ")}
        assert len(new - old) >= 280
        again = [row for row in fields if row[-1] == f"{day} 02:00:00"]
        assert len(again) == report.dirt["sales"][flaws.CORRECTION]
        assert {row[0] for row in again} <= old
        old |= {row[0] for row in fields}
    assert sum(report.dirt["sales"][flaws.CORRECTION] for report in reports) > 0
    assert (root / "customers/days/customers_2026-01-03.csv").exists()


def test_a_day_that_is_there_already_is_left_as_it_is(root):
    generate(root, **SMALL)
    generate_day(root, rows=100)
    before = checksums(root)
    assert generate_day(root, date(2026, 1, 1), rows=100).unchanged
    assert generate(root, **SMALL).unchanged
    assert checksums(root) == before
    with pytest.raises(DefinitionError, match="with 100 sales"):
        generate_day(root, date(2026, 1, 1), rows=200)


def test_a_day_that_was_lost_comes_back_as_it_was(root):
    generate(root, **SMALL)
    generate_day(root, rows=100)
    generate_day(root, rows=100)
    before = checksums(root)
    (root / "sales/2026/days/sales_2026-01-01.csv").unlink()
    assert not generate_day(root, date(2026, 1, 1), rows=100).unchanged
    assert checksums(root) == before


def test_a_new_customer_buys_a_day_before_the_customers_file_names_them(root):
    generate(root, **SMALL)
    generate_day(root, rows=300)
    generate_day(root, rows=300)
    bought = text(root / "sales/2026/days/sales_2026-01-01.csv")
    assert "C000401" in bought
    assert "C000401" not in text(root / "customers/days/customers_2026-01-01.csv")
    assert "C000401" in text(root / "customers/days/customers_2026-01-02.csv")


def test_a_day_needs_a_generated_landing_folder_its_own_seed_and_a_later_date(root):
    with pytest.raises(DefinitionError, match="run `lake generate` first"):
        generate_day(root)
    generate(root, **SMALL)
    with pytest.raises(DefinitionError, match="seed 7"):
        generate_day(root, seed=9)
    with pytest.raises(DefinitionError, match="within the generated years"):
        generate_day(root, date(2024, 5, 5))


def test_progress_ends_at_what_was_written(root):
    seen: list[tuple[int, int]] = []
    report = generate(root, **SMALL, on_progress=lambda *pair: seen.append(pair))
    written = sum(report.rows.values())
    assert seen[-1] == (written, written)
    assert all(done <= expected for done, expected in seen)
