"""Which files are of one source: those with one name but for its dates, and one header."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from jobs.load import ENGINE_TABLES
from lake.init.dialect import Dialect, dialect_of
from lake.init.found import Found

# What a name says of when or which part, and not of what: 2024-01, 20240131, jan, part3, q1.
# Months in full or as they are cut short; marketing and junior are none.
MONTHS = (
    "jan(?:uary|uar|vier)?|feb(?:ruary|ruar|rero)?|mar(?:ch|s|zo)?|apr(?:il|ile)?|may|mayo|mai|"
    "june?|juni|junio|july?|juli|julio|aug(?:ust)?|sept?|septem(?:ber|bre)|septiembre|"
    "oct(?:ober|obre|ubre)?|okt(?:ober)?|nov(?:ember|embre|iembre)?|dec(?:ember|embre)?|"
    "dez(?:ember)?|enero|fevrier|maerz|avril|juin|juillet|aout|agosto|abril|diciembre"
)
WHEN = re.compile(
    rf"(?:^|[\W_]+)(?:\d[\dTt:.-]*|(?:{MONTHS})\d*|(?:part|q|week|w|v|batch|export)\d+)"
    r"(?=[\W_]|$)",
    re.IGNORECASE,
)
# What is written together with a name: sales2023, 2023sales, sales2023q1, orders1.
NUMBER = re.compile(r"^(?:t_)?\d+_?|_?\d+(?:[qhw]\d+)?$")
PART = re.compile(r"(.*[^\d_])_?(\d{1,3})")
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?:(?:0[1-9]|1[0-2])(?:[0-3]\d)?)?(?!\d)")
# A source is the name of a folder, of a file and of tables, and a part of other names.
LONGEST = 60
# What pandas calls the row numbers that it wrote without a name.
UNNAMED = re.compile(r"^Unnamed: \d+$")
# Identical short headers, such as id and name, say nothing.
TELLING = 3
# Words that SQL keeps for itself, here or there.
RESERVED = {
    "select", "from", "where", "group", "order", "by", "join", "on", "and", "or", "not", "null",
    "case", "when", "then", "else", "end", "table", "all", "distinct", "having", "union", "in",
    "date", "timestamp", "interval", "cross", "left", "right", "full", "inner", "user", "index",
    "column", "check", "current_date", "current_user", "limit", "using", "with", "as", "is", "to",
}  # fmt: skip
KEYWORDS = {*ENGINE_TABLES, *RESERVED, *keyword.kwlist}


@dataclass
class Group:
    """The files that become one source, and how they are written."""

    name: str
    dialect: Dialect
    encoding: str
    files: list[Found] = field(default_factory=list)
    # Whether others are called so but for the number of a part: orders1, orders2.
    numbered: bool = False

    @property
    def layout(self) -> tuple[str, ...]:
        return self.dialect.layout

    @property
    def headers(self) -> dict[str, str]:
        """{column: its name as the header has it, "" where it has none}."""
        named = (UNNAMED.sub("", cell) for cell in self.dialect.cells)
        return dict(zip(self.layout, named)) if self.dialect.header else {}

    @property
    def decide(self) -> str:
        """What a person should settle of its files, "" where nothing is."""
        stems = sorted({stem_of(file.path) for file in self.files})
        if not self.numbered or len(stems) < 2 or YEAR.search(stems[0]):
            return ""
        return f"{stems[0]} and {stems[-1]} are taken as parts of one source; are they?"

    @property
    def folder(self) -> str:
        """The folder that all its files are in, below the one that is looked at; "" for none."""
        folders = {folder_of(file.path) for file in self.files}
        return folders.pop() if len(folders) == 1 else ""

    def takes(self, stem: str, file: Found, dialect: Dialect) -> bool:
        """Whether the file is one more of this source's."""
        mine, other = set(self.layout), set(dialect.layout)
        same_way = (self.dialect.delimiter, self.dialect.header) == (
            dialect.delimiter, dialect.header,
        )  # fmt: skip
        if not same_way or not _agree(self.encoding, file.encoding):
            return False
        alike = _bare(stem) == _bare(self.name)
        if stem == self.name or (alike and YEAR.search(stem) and YEAR.search(self.name)):
            # A column that was added later makes no other source.
            return mine <= other or mine >= other
        if alike and self.numbered and mine == other:
            return len(mine) >= TELLING
        near = _first_word(stem) == _first_word(self.name)
        near = near or folder_of(file.path) == self.folder != ""
        return mine == other and len(mine) >= TELLING and near

    def add(self, file: Found, dialect: Dialect) -> None:
        """Takes one more file."""
        self.files.append(file)
        if file.encoding != "ascii":
            self.encoding = file.encoding
        if len(dialect.cells) > len(self.dialect.cells):
            self.dialect = dialect


def grouped(files: Iterable[Found]) -> list[Group]:
    """The sources that the files make, named and in the order of their names."""
    groups: list[Group] = []
    files = list(files)
    parts = _in_parts({stem_of(file.path) for file in files})
    for file in files:
        dialect, stem = dialect_of(file), stem_of(file.path)
        group = next((g for g in groups if g.takes(stem, file, dialect)), None)
        if group is None:
            group = Group(stem, dialect, "ascii", numbered=_bare(stem) in parts)
            groups.append(group)
        group.add(file, dialect)
    _name(groups)
    return sorted(groups, key=lambda group: group.name)


def stem_of(path: str) -> str:
    """A file's name without what says when or which part; its folder's, where that is all."""
    parts = path.split("/")
    stem = re.sub(r"\.(csv|tsv)(\.gz)?$", "", parts[-1], flags=re.IGNORECASE)
    for name in (stem, *reversed(parts[:-1])):
        kept = identifier(WHEN.sub("", name))
        if kept:
            return kept
    return identifier(stem) or "data"


def folder_of(path: str) -> str:
    """The first folder on the way to a file; "" where there is none."""
    return path.split("/")[0] if "/" in path else ""


def identifier(text: str) -> str:
    """Text as a name in Python, SQL and a folder: a-z, digits and ``_``, a letter first."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = "_".join(re.findall(r"[a-z0-9]+", ascii_text.lower()))
    if name and not name[0].isalpha():
        name = f"t_{name}"
    if name.startswith("test_") or name == "conftest":
        name = f"t_{name}"  # files of these names are pytest's, and no definition's
    return f"{name}_data" if name in KEYWORDS else name


def _agree(one: str, other: str) -> bool:
    """Whether one encoding can read both; ascii is a part of all but UTF-16."""
    return one == other or ("ascii" in (one, other) and "utf-16" not in (one, other))


def _first_word(stem: str) -> str:
    return stem.split("_")[0]


def _bare(stem: str) -> str:
    """A stem without the numbers that are written together with it; as it is where it is one."""
    return NUMBER.sub("", stem) or stem


def _in_parts(stems: Iterable[str]) -> set[str]:
    """The bare names whose numbers count parts from 0 or 1 on; pm10 and pm25 count nothing."""
    counted: dict[str, set[int]] = {}
    for stem in stems:
        if found := PART.fullmatch(stem):
            counted.setdefault(found[1], set()).add(int(found[2]))
    return {
        bare
        for bare, numbers in counted.items()
        if min(numbers) <= 1 and max(numbers) - min(numbers) == len(numbers) - 1
    }


def _name(groups: list[Group]) -> None:
    """One name each; groups found under different names take what those have in common."""
    taken: set[str] = set()
    for group in groups:
        stems = {stem_of(file.path) for file in group.files}
        bare = {_bare(stem) for stem in stems}
        common = identifier(group.folder) or _first_word(group.name)
        common = identifier(bare.pop()) if len(bare) == 1 else common
        name = group.name if len(stems) == 1 else common
        name = name[:LONGEST].rstrip("_")
        count, wanted = 1, name
        while name in taken:
            count += 1
            name = f"{wanted}_{count}"
        taken.add(name)
        group.name = name
