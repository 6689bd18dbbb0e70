"""What `lake check` says that Spark refuses, held against what Spark itself says."""

from __future__ import annotations

import pytest
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from jobs.date_patterns import misread, refused
from jobs.regexes import regex_fault
from jobs.sqltext import literal
from jobs.zones import zone_fault

JAVA_REFUSES = (Py4JJavaError, PySparkException)
TAKEN = (
    "yyyy-MM-dd", "dd/MM/yyyy", "d.M.yy", "MMM d, yyyy", "d MMMM yyyy", "LLL d yyyy", "yyyyDDD",
    "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSS", "yyyy-MM-dd hh:mm:ss a",
    "yyyy-MM-dd HH:mmXXX", "yyyy-MM-dd HH:mm z", "yyyy-MM-dd HH:mm VV", "yyyy-MM-dd[ HH:mm]",
    "yyyy-MM-dd HH:mm O", "d 'of' MMMM yyyy", "d''M''yyyy", "G yyyy-MM-dd", "yyyyyy-MM-dd",
    "K:mm a d.M.yyyy", "k:m d.M.yyyy", "yyyy-MM-dd HH:mm:ss xxx", "yyyy年MM月dd日",
    "'YYYY' yyyy-MM-dd", "dd-MM-yyyy HH:mm:ss ZZZZZ",
)  # fmt: skip
REFUSED = (
    "YYYY-MM-dd", "%Y-%m-%d", "uuuu-MM-dd", "yyyy-MM-dd e", "c yyyy-MM-dd", "yyyy-'W'ww", "W",
    "E, d MMM yyyy", "EEEE d.M.yyyy", "yyyy-QQ", "yyyy-q", "F", "A", "yyyy-MM-dd n", "N", "B",
    "ppH", "yyyyyyy", "MMMMM", "LLLLL", "GGGGG", "ddd", "HHH", "mmm", "sss", "aa", "hhh", "KKK",
    "kkk", "yyyy-MM-dd HH:mm:ss.SSSSSSSSSS", "yyyy-MM-dd VVV", "V", "ZZZZZZ", "XXXXXX", "xxxxxx",
    "zzzzz", "OO", "yyyy-MM-ddTHH:mm", "yyyy-MM-dd '", "yyyy]", "{yyyy}", "yyyy#MM", "DDDD",
    "YYYY-MM-DD", "jj", "vv",
)  # fmt: skip


def test_date_patterns_are_refused_where_spark_refuses_them(spark):
    def spark_takes(pattern: str) -> bool:
        try:
            spark.sql(f"SELECT try_to_timestamp('2024', {literal(pattern)})").collect()
        except JAVA_REFUSES:
            return False
        return True

    patterns = [*TAKEN, *REFUSED]
    said = {p: not refused(p) for p in patterns}
    assert said == {p: p in TAKEN for p in patterns}
    assert said == {p: spark_takes(p) for p in patterns}


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("yyyy-MM-DD", "the day of the month is dd"), ("DD/MM/yyyy", "is dd"),
        ("yyyy-mm-dd", "mm are the minutes; the month is MM"),
        ("yyyy-mm-dd HH:mm", "the month is MM"), ("yyyy-mm-dd HH:MM", "the minutes are mm"),
        ("yyyy-MM-dd HH:MM:ss", "the minutes are mm"), ("yyyy-MM-dd hh:mm", "needs AM or PM"),
        ("yyyy-MM", "it has no day (d)"), ("yyyy-dd", "it has no month (M)"),
        ("MM/dd", "it has no year (y)"), ("yyyy-MM-dd dd", "d stands in it twice"),
        ("yyyy-DD", "is the day of the year"),
        *((pattern, "") for pattern in TAKEN),
    ],
)  # fmt: skip
def test_patterns_that_cannot_mean_a_date_are_told(pattern, said):
    assert said in misread(pattern) if said else not misread(pattern)


ZONES = {
    "UTC": True, "GMT": True, "Z": True, "Europe/Berlin": True, "US/Pacific": True, "+02:00": True,
    "-5:30": True, "+2": True, "UTC+2": True, "GMT-03:30": True, "+18:00": True, "+18:01": False,
    "+25:00": False, "Etc/GMT+5": True, "CET": True, "Europe/Berlinn": False, "Berlin": False,
    "Mars/Phobos": False, "europe/berlin": False, "": False, "2:00": False, "ROC": False,
    "localtime": False, "America/Argentina/Buenos_Aires": True, "+1:75": False, "UTC+02:00": True,
}  # fmt: skip


def test_time_zones_are_refused_where_java_does_not_know_them(spark):
    def spark_takes(zone: str) -> bool:
        try:
            spark._jvm.org.apache.spark.sql.catalyst.util.DateTimeUtils.getZoneId(zone)
        except JAVA_REFUSES:
            return False
        return True

    assert {zone: not zone_fault(zone) for zone in ZONES} == ZONES
    assert {zone: spark_takes(zone) for zone in ZONES} == ZONES
    named = set(spark._jvm.java.time.ZoneId.getAvailableZoneIds())
    assert {z for z in named if zone_fault(z)} == {z for z in named if z.startswith("SystemV/")}


def test_a_zone_that_is_not_there_is_told_with_the_one_that_was_meant():
    assert zone_fault("Europe/Berlinn").endswith("did you mean Europe/Berlin?")
    assert zone_fault("berlin").endswith("did you mean Europe/Berlin?")
    assert zone_fault("BST").endswith("write a place such as Europe/Berlin, or +02:00")


REGEXES = (
    "T[0-9]+", "[^@ ]+@[^@ ]+[.][^@ ]+", "a++b", "a*+", "a?+", r"\p{L}+", r"\p{Lu}", r"\pL",
    r"\p{IsAlphabetic}", r"\Qa.b\E", "[a-z&&[^b]]", "[a-z&&[def]]", "[]a]", "[^]a]",
    "(?<n>a)\\k<n>",
    "(?i)a", "(?i:a)", "(?-i)a", "(?=a)", "(?!a)", "(?<=a)b", "(?<!ab?)c", "(?>a)", "a{2}",
    "a{2,}", "a{2,3}?", "a|", "|a", "()", r"\Z", r"\z", r"\A", r"\bx\b", r"\R", r"\h", r"\x41",
    r"\x{1F600}", r"\u0041", r"\cA", r"\07", r"a\.b", "a}", "a]", "{2}", "a{2}{3}", "[-a]", "[a-]",
    r"[\d-x]", r"[\w.-]+", "^a$", "^*", "ä+", r"\-", r"\_", "(a)(b)\\2", "[.]", r"[\]]", "a,b",
    "(?<!a{1,3})b", "[[:alpha:]]", "[a-z[A-Z]]", "(?x)a b", r"[\Q]\E]", "[&&a]",
    "[^@]+(\\.[a-z]{2,})+",
    # what Java refuses
    "(?P<name>a)", "(?P<name>a)(?P=name)", "(?#note)a", "(a)?(?(1)b|c)", "(", "a)", "a)|(b", "[a",
    "[", "[]", "*a", "+", "?", "a|*", "(*a)", "a**", "a+++", "{x}", "a{,3}", "a{x}", "a{3,2}",
    "a{2",
    "\\", "a\\", r"\y", r"\i", r"\p{Foo}", r"\p{", r"\Qa", r"\xZ", r"\u12", r"\k<n>",
    "(?<n>a)(?<n>b)",
    "(?<1>a)", "(?<a_b>a)", "[z-a]", r"[\b]", "(?<=(ab)*)b", "(?<=(ab){2,})b",
    "(?<=a{2,})b", "(?<=a*?)b", "(?<=[ab]+)c", "(?<=a*)b", "(?<=a*+)b", "(?q)a", r"\g1", r"[\A]",
    "[a[b]", r"\E", "(?'n'a)", r"\08",
)  # fmt: skip


def test_regular_expressions_are_refused_where_java_refuses_them(spark):
    def java_takes(pattern: str) -> bool:
        try:
            for given in (pattern, f"^(?:{pattern})$"):
                spark._jvm.java.util.regex.Pattern.compile(given)
        except JAVA_REFUSES:
            return False
        return True

    said = {p: not regex_fault(p) for p in REGEXES}
    assert said == {p: java_takes(p) for p in REGEXES}
