"""Every value in bronze is the value that stood in the file."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.values import DELIMITERS, File, differences, files


def _generated(count: int, number: int) -> list[File]:
    """``count`` random files, the same for the same number."""
    made: list[File] = []

    @seed(number)
    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(files())
    def make(file: File) -> None:
        made.append(file)

    make()
    return made


def _by_hand() -> list[File]:
    """Each odd text in the first, a middle and the last field, quoted and not."""
    texts = [
        "first line\nsecond line", "12\n34", "Max\r\nMoritz", 'say ""hi""\nthere', '"', "\n", "\r",
        'x\n""new"" edition', "a\rb", " \n ", "\ufeff", "\ue000\n", "😀\n\"", "e\u0301\n", "\f",
        "a;\u037e", "\u0338", "x\x85\u2028\u2029y", "\\", '\\"',
        "\x01\x02\x1f", "x" * 70_000, ";" * 25_000,
    ]  # fmt: skip
    rows = [
        [(("p", False), (text, quoted), ("q", True))[(at + n) % 3] for n in range(3)]
        for text in texts for quoted in (False, True) for at in range(3)
    ]  # fmt: skip
    wide = File(",", 5, "\n", [[("a", False)] * 30_000, [("b", False)] * 5])
    return [File(d, 3, end, rows) for d in DELIMITERS for end in ("\n", "\r\n")] + [wide]


def test_every_value_in_bronze_is_the_one_that_stood_in_the_file(spark, tmp_path):
    assert differences(spark, tmp_path, _by_hand() + _generated(400, 1)) == []


@pytest.mark.parametrize("number", range(3))
def test_the_expected_values_are_those_that_pythons_reader_gives(number):
    read = [(file, file.as_csv_reads_it()) for file in _generated(300, number)]
    assert sum(rows is not None for _, rows in read) > 100
    for file, rows in read:
        assert rows in (None, [[value for value, _ in row] for row in file.rows])


@pytest.mark.long
def test_every_value_of_many_more_files(spark, tmp_path):
    start = random.randrange(1 << 30)
    for number in range(start, start + 20):
        told = differences(spark, tmp_path / str(number), _generated(1_500, number))
        assert told == [], f"seed {number}"
