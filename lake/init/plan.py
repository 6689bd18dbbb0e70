"""The whole lake as it will be written: each source with its key and references."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from jobs.errors import DefinitionError
from jobs.headers import QUARANTINE_ID
from lake.init.columns import guess_columns
from lake.init.found import Found, find
from lake.init.groups import Group, grouped
from lake.init.guess import Guess
from lake.init.keys import Key, find_key
from lake.init.links import Link, Subject, Way, find_links
from lake.init.names import is_identifier, sql_name
from lake.init.table import Table, load_table

NAMED = re.compile(r"(?:^|_)(?:name|title|nm|label|bezeichnung)(?:_|$)|name$")
# The names of what rows are told apart by, the most telling first.
FIRST_GROUPS = re.compile(r"categor|(?:^|_)cat(?:_|$)|country|cntry|ctry|region|segment|channel")
GROUPS = re.compile(r"type|status|group|class|line|kind|brand|store|city|state|department|payment")
FEWEST, MOST = 2, 60
MOST_BROUGHT, MOST_PASSED_ON = 4, 3
BARE = f"has no column but {QUARANTINE_ID}, which is the lake's own"
ENGINE_COLUMNS = ("_repairs", "source_file", "source_line")


@dataclass
class Ref:
    """A reference as it is written. label: its name in the contract. by: the column that names
    the row. column: what it names there, "" for the key. bring: {name here: name there}. key: the
    surrogate key's name here; usual: whether it is the one that the target gives it."""

    link: Link
    label: str
    by: str
    column: str
    key: str
    usual: bool
    bring: dict[str, str] = field(default_factory=dict)


@dataclass
class SourcePlan:
    """One source. computed: {column: SQL}. key_name: its surrogate key's, "" for the default."""

    group: Group
    table: Table
    guesses: Mapping[str, Guess]
    key: Key
    computed: dict[str, str] = field(default_factory=dict)
    refs: list[Ref] = field(default_factory=list)
    key_name: str = ""

    @property
    def name(self) -> str:
        return self.group.name

    @property
    def landed(self) -> list[Found]:
        """The files that will be landed."""
        return [f for f in self.group.files if f.path not in self.table.refused]

    @property
    def refers_to(self) -> tuple[str, ...]:
        """The sources that it refers to, each once."""
        return tuple(dict.fromkeys(ref.link.target for ref in self.refs))

    @property
    def surrogate(self) -> str:
        return self.key_name or f"{self.name}_key"

    @property
    def dimensions(self) -> dict[str, int]:
        """{column of the silver table: how many values} of the texts that rows fall into."""
        return {
            g.name: g.looks.distinct
            for g in self.guesses.values()
            if g.kind == "text" and FEWEST <= g.looks.distinct <= MOST
            and g.looks.distinct * 2 <= g.looks.given and not is_identifier(g.words)
        }  # fmt: skip

    def decisions(self) -> Iterator[str]:
        """What a person should settle."""
        if self.group.decide:
            yield self.group.decide
        yield from (d for g in self.guesses.values() for d in g.decide)
        if self.key.decide:
            yield self.key.decide
        if QUARANTINE_ID in self.group.layout:
            yield f"{QUARANTINE_ID} is no column: it names the quarantined line that a line mends"
        if self.group.dialect.why:
            yield f"there is no header ({self.group.dialect.why}): name the columns"
        lost = self.table.records - self.table.rows
        if lost:
            yield f"{lost:,} lines have the wrong number of fields, and will be quarantined"


@dataclass(frozen=True)
class Plan:
    """All sources, and {path: why} of the files that are left out."""

    sources: Sequence[SourcePlan]
    left_out: Mapping[str, str]

    def source(self, name: str) -> SourcePlan:
        """The source of that name."""
        return next(source for source in self.sources if source.name == name)


def make_plan(folder: Path, told: Callable[[str], None] = lambda step: None) -> Plan:
    """Looks at every row of every CSV file below ``folder``. told: is handed each step.

    Raises DefinitionError when there is no CSV file.
    """
    files, left_out = find(folder)
    with tempfile.TemporaryDirectory(prefix="lake-init-") as scratch:
        connection = duckdb.connect(str(Path(scratch) / "looked-at.duckdb"))
        connection.execute("SET enable_progress_bar = false")
        try:
            groups = grouped(files)
            bare = [group for group in groups if set(group.layout) == {QUARANTINE_ID}]
            sources = [
                _source(connection, group, Path(scratch), told)
                for group in groups if group not in bare
            ]  # fmt: skip
            told("references")
            _link(connection, sources)
        finally:
            connection.close()
    nothing = {file.path: BARE for group in bare for file in group.files}
    for refused in (nothing, *(source.table.refused for source in sources)):
        left_out = {**left_out, **refused}
    kept = [source for source in sources if source.landed]
    if not kept:
        why = "".join(f"\n  {path} {reason}" for path, reason in list(left_out.items())[:10])
        raise DefinitionError(f"--from {folder}: no file in it can be read whole.{why}")
    return Plan(kept, left_out)


def _source(
    connection: Any, group: Group, scratch: Path, told: Callable[[str], None]
) -> SourcePlan:
    told(group.name)
    table = load_table(connection, group, scratch)
    guesses = guess_columns(
        connection, table.name, table.columns, table.rows, group.headers, group.dialect.delimiter
    )
    return SourcePlan(group, table, guesses, find_key(connection, table, guesses))


def _link(connection: Any, sources: Sequence[SourcePlan]) -> None:
    subjects = [Subject(s.name, s.guesses, s.key) for s in sources if s.table.rows]
    by_name = {source.name: source for source in sources}
    links = find_links(connection, subjects)
    for source in sources:
        _name_key(source, {s.name for s in sources})
    # What a source brings can be brought on from it, so those referred to come first.
    for name in _in_order([s.name for s in sources], links):
        source = by_name[name]
        for link in (link for link in links if link.source == name):
            same = sum((o.source, o.column) == (name, link.column) for o in links) > 1
            source.refs.append(_ref(source, by_name[link.target], link, same))


def _in_order(names: Sequence[str], links: Sequence[Link]) -> list[str]:
    done: list[str] = []
    while len(done) < len(names):
        done += [
            n for n in names
            if n not in done and all(k.target in done for k in links if k.source == n)
        ]  # fmt: skip
    return done


def _name_key(source: SourcePlan, sources: set[str]) -> None:
    """Another name for the surrogate key where a column has the usual one."""
    count, name = 1, source.surrogate
    while name in source.guesses:
        count += 1
        name = f"{source.name}_sk" if count == 2 else f"{source.name}_sk{count}"
    source.key_name = name if name != f"{source.name}_key" else ""


def _ref(source: SourcePlan, target: SourcePlan, link: Link, same: bool) -> Ref:
    by = _computed(source, link.column, link.here)
    named = _computed(target, link.named, link.there)
    label = link.target if same or link.here.sql else link.column
    taken = silver_columns(source)
    while (label != by and label in taken) or f"{label}_status" in taken:
        label = f"{label}_row"
    usual = target.surrogate not in taken
    key = target.surrogate if usual else f"{label}_sk"
    ref = Ref(link, label, by, "" if (named,) == target.key.columns else named, key, usual)
    taken |= {f"{label}_status", key}
    for there in _worth_bringing(target):
        here = there if there not in taken else f"{label}_{there}"
        if here not in taken:
            ref.bring[here] = there
            taken.add(here)
    return ref


def silver_columns(source: SourcePlan) -> set[str]:
    """The names that the source's silver table has so far."""
    names = {*source.guesses, *source.computed, *ENGINE_COLUMNS, source.surrogate}
    names |= {guess.written for guess in source.guesses.values() if guess.written}
    for ref in source.refs:
        names |= {f"{ref.label}_status", ref.key, *ref.bring}
    return names


def _computed(source: SourcePlan, column: str, way: Way) -> str:
    """The column to compare, computed where the link needs it changed."""
    if not way.sql:
        return column
    name = f"{column}_{way.suffix}"
    while name in source.guesses:
        name += "_made"
    source.computed[name] = way.spark(sql_name(column))
    return name


def _worth_bringing(target: SourcePlan) -> list[str]:
    """What a row that refers to the target gains by: its groups and its name."""
    groups = sorted(target.dimensions, key=group_rank)
    names = [n for n, g in target.guesses.items() if g.kind == "text" and NAMED.search(g.words)]
    brought = [here for ref in target.refs for here in ref.bring]
    own = [*groups[: MOST_BROUGHT - 1], *(n for n in names if n not in groups)][:MOST_BROUGHT]
    ordered = [name for name in target.guesses if name in own]
    return [*ordered, *brought[:MOST_PASSED_ON]]


def group_rank(name: str) -> tuple[bool, bool]:
    """The smaller, the more telling a column is by its name."""
    return not FIRST_GROUPS.search(name), not GROUPS.search(name)
