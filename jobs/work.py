"""One publish of one silver table: what it starts from, and what it is to become."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.commits import Commit
from jobs.contract import enforce, fields
from jobs.definition import Source
from jobs.errors import BooksDoNotBalance
from jobs.lake import Lake
from jobs.ledger import ACCEPTED, FileEvent
from jobs.load import fingerprint, silver_column
from jobs.quarantine import Quarantine
from jobs.settings import Limits
from jobs.sqltext import name
from jobs.superseded import Superseded, joined

NOTHING_SEEN = {"version": -1, "generation": 0, "stamp": -1}
# What those that refer to a source are handed: its whole table, marked by its version.
WHOLE = "whole"


class NeedsRebuild(Exception):
    """What came cannot be merged into the table; only a rebuild from bronze is right."""


@dataclass
class Work:
    """One publish of one source. bronze, last: the commits of its two tables that it starts
    from. refs: the latest commit of each source referred to. held: files left out. reasons: {file:
    why} of those. kept: frames in memory."""

    lake: Lake
    source: Source
    bronze: Commit
    last: Commit | None
    full: bool
    refs: dict[str, Commit | None]
    quarantine: Quarantine
    held: set[str] = field(default_factory=set)
    reasons: dict[str, str] = field(default_factory=dict)
    kept: list[DataFrame] = field(default_factory=list)

    def keep(self, frame: DataFrame) -> DataFrame:
        """``frame``, held in memory (and on disk where that is short) until ``forget``."""
        self.kept.append(self.lake.storage.keep(frame))
        return self.kept[-1]

    def forget(self) -> None:
        """Frees every frame that was kept."""
        while self.kept:
            self.lake.storage.free(self.kept.pop())

    @property
    def limits(self) -> Limits:
        return self.lake.limits

    @property
    def is_referred_to(self) -> bool:
        """Whether another source refers to this one, and so reads its table after it."""
        sources = self.lake.definition.sources.values()
        return any(r.to == self.source.name for s in sources for r in s.referring.values())

    @property
    def note(self) -> Mapping[str, Any]:
        return self.last.note if self.last else {}

    @property
    def path(self) -> str:
        return self.lake.silver_path(self.source)

    @property
    def order(self) -> tuple[str, ...]:
        """What the rows of a file are sorted by."""
        return moment(self.source)

    @property
    def seq(self) -> int:
        return int(self.note.get("seq", 0)) + 1

    @property
    def files(self) -> Mapping[str, FileEvent]:
        """What the ledger knows of this source's landing files; follows what is added."""
        return self.lake.files.of(self.source.name)

    @property
    def accepted(self) -> list[str]:
        """Files that were held back so far and are taken now."""
        return sorted(set(self.note.get("held", [])) - self.held)

    @property
    def fresh(self) -> bool:
        """Whether bronze has rows that silver has not seen."""
        return bool(self.accepted) or self.bronze.note["batch"] > self.note.get("batch", 0)

    @property
    def refs_moved(self) -> bool:
        """Whether a source referred to has published since this one last did."""
        return self.moved_refs() != []

    def moved_refs(self) -> list[str]:
        """The sources referred to that have published since this one last did."""
        return [to for to, c in self.refs.items() if c and c.stamp != self.seen(to)["stamp"]]

    def seen(self, to: str) -> Mapping[str, int]:
        """What the last publish saw of a source referred to: version (-1: none), stamp."""
        return self.note.get("refs", {}).get(to, NOTHING_SEEN)

    def expected(self) -> dict[str, int]:
        """{file: records counted in it} of the files that this publish takes."""
        since, accepted = int(self.note.get("batch", 0)), set(self.accepted)
        return {
            path: event.records
            for path, event in self.files.items()
            if event.in_bronze and (self.full or event.batch > since or path in accepted)
        }

    def of_latest_batch(self) -> bool:
        """Whether every file that this publish takes came with the latest bronze batch."""
        batch = self.bronze.note["batch"]
        return all(self.files[path].batch == batch for path in self.expected())

    def landed(self) -> int:
        """Records that silver stands for, as they were counted in the landing files."""
        return sum(
            event.records
            for path, event in self.files.items()
            if event.in_bronze and path not in self.held
        )

    def table(self) -> DataFrame:
        """The silver table as this publish finds it."""
        assert self.last is not None
        return self.lake.storage.read(self.path, self.last.version)

    def reference_tables(self) -> dict[str, DataFrame | None]:
        """The silver table of each source referred to, as this publish consumes it."""
        return {to: self._table(to, commit) if commit else None for to, commit in self.refs.items()}

    def _table(self, to: str, commit: Commit) -> DataFrame:
        source, lake = self.lake.definition.sources[to], self.lake
        whole = lake.handed(WHOLE, source, commit.version)
        if whole is None:
            whole = lake.storage.read(lake.silver_path(source), commit.version)
            if published(commit) > lake.limits.in_memory:
                return whole
            whole = lake.storage.keep(whole)
            lake.hand_over(WHOLE, source, commit.version, whole)
        # Spark takes what is in memory for larger than it is.
        return F.broadcast(whole)

    def next_note(
        self, books: Mapping[str, int], *, stubs: bool, lost: Superseded
    ) -> dict[str, Any]:
        """The note of the commit that this publish makes. lost: the rows that it supersedes."""
        books_sum = books["published"] + books["quarantined"] + books["superseded"]
        if books["landed"] != books_sum:
            raise BooksDoNotBalance(
                f"{self.source.name}: {books['landed']} records landed, but "
                f"{books['published']} published + {books['quarantined']} quarantined + "
                f"{books['superseded']} superseded are {books_sum}; nothing was published."
            )
        return {
            "run": self.lake.run_id,
            "seq": self.seq,
            "batch": self.bronze.note["batch"],
            "bronze_generation": self.bronze.note["generation"],
            "generation": int(self.note.get("generation", 0)) + self.full,
            "fingerprint": contract_fingerprint(self.lake, self.source),
            "refs": {to: seen(commit) for to, commit in self.refs.items() if commit},
            "held": sorted(self.held),
            "reasons": {path: why for path, why in self.reasons.items() if path in self.held},
            "books": dict(books),
            "stubs": stubs,
            **self._replaced(lost),
        }

    def _replaced(self, lost: Superseded) -> dict[str, Any]:
        """What the note says of superseded rows. doubts: by which files the key may be none,
        found by this publish and those before it."""
        new = lost.doubts({path: event.records for path, event in self.files.items()})
        before = () if self.full else self.note.get("doubts", ())
        told = {"identical": lost.identical, "changed": lost.changed, "loud": new}
        return {"replaced": told, "doubts": joined(before, new)}


def start(lake: Lake, source: Source) -> Work | None:
    """What there is to publish from; None where the source has no bronze table yet."""
    head = lake.storage.head
    bronze = head(lake.bronze_path(source))
    if bronze is None:
        return None
    last = head(lake.silver_path(source))
    note = last.note if last else {}
    refs = {
        r.to: head(lake.silver_path(lake.definition.sources[r.to]))
        for r in source.referring.values()
    }
    were = note.get("refs", {})
    full = (
        not note
        or lake.settings.rebuild
        or note["fingerprint"] != contract_fingerprint(lake, source)
        or note["bronze_generation"] != bronze.note["generation"]
        or any(
            c and t in were and were[t]["generation"] != c.note["generation"]
            for t, c in refs.items()
        )
    )
    mine = Quarantine(lake.storage, lake.zones.lake, lake.zones.quarantine, source.name)
    work = Work(lake, source, bronze, last, full, refs, mine)
    if not full:
        held = note.get("held", [])
        work.held = {p for p in held if p in work.files and work.files[p].status != ACCEPTED}
        work.reasons = dict(note.get("reasons", {}))
    return work


def moment(source: Source) -> tuple[str, ...]:
    """The source's first column of dates or times, if any: a file's rows are sorted by it, so that
    what comes later, or corrects the last days, stands in few files."""
    return tuple(c for c, s in source.columns.items() if s.kind in ("date", "timestamp"))[:1]


def published(commit: Commit) -> int:
    """How many rows a silver table had after this commit."""
    return int(commit.note["books"]["published"])


def seen(commit: Commit) -> dict[str, int]:
    """What a note remembers of a commit that was consumed."""
    return {
        "version": commit.version,
        "generation": commit.note.get("generation", 0),
        "stamp": commit.stamp,
    }


def contract_fingerprint(lake: Lake, source: Source) -> str:
    """Changes whenever the silver table would be another one from the same bronze rows."""
    return fingerprint(source, ddl(source, lake.definition.sources))


def ddl(source: Source, sources: Mapping[str, Source]) -> str:
    """The contract of the silver table, as SQL DDL."""
    parts = [f"{name(source.surrogate_key)} BIGINT"]
    parts += [f"{name(c)} {spec.sql_type}" for c, spec in source.columns.items()]
    for label, reference in source.referring.items():
        target = sources[reference.to]
        parts.append(f"{name(reference.key)} BIGINT")
        parts.append(f"{name(label + '_status')} STRING")
        parts += [
            f"{name(here)} {_type(target, there, sources)}"
            for here, there in reference.brought.items()
        ]
    return ", ".join([*parts, "_repairs ARRAY<STRING>", "source_file STRING", "source_line BIGINT"])


def _type(target: Source, there: str, sources: Mapping[str, Source]) -> str:
    column = silver_column(target, there, sources)
    assert column is not None, f"{target.name} has no {there}"
    return column.sql_type


def silver_rows(frame: DataFrame, work: Work) -> DataFrame:
    """The silver table's columns of winning rows."""
    source = work.source
    contract = ddl(source, work.lake.definition.sources)
    rows = frame.withColumnRenamed("_key", source.surrogate_key)
    wanted = (name(column) for column in fields(contract))
    return enforce(rows.selectExpr(*wanted), contract, f"silver.{source.silver}")


def written(commit: Commit, what: str, *, added: int, removed: int = 0) -> Commit:
    """``commit``, whose files hold the counts taken before it.

    Raises BooksDoNotBalance, naming the table and both counts.
    """
    if (commit.added, commit.removed) != (added, removed):
        raise BooksDoNotBalance(
            f"{what}: in version {commit.version} {commit.added} rows came and {commit.removed} "
            f"went, but {added} and {removed} were counted before it. Run `lake run --rebuild`."
        )
    return commit


def checked(found: Mapping[str, int], expected: Mapping[str, int], what: Iterable[str]) -> None:
    """Raises BooksDoNotBalance where bronze does not hold what landed, file by file."""
    for path in what:
        if found.get(path, 0) != expected.get(path, 0):
            raise BooksDoNotBalance(
                f"{path} landed with {expected.get(path, 0)} records, but bronze holds "
                f"{found.get(path, 0)}; nothing was published. Run `lake run --rebuild`."
            )
