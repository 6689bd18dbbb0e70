"""Loads a lake definition from a folder of Python files, and checks that it holds together."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from importlib import resources
from pathlib import Path
from typing import Any

from jobs.charts import chart_faults
from jobs.column_faults import column_faults, expression_faults
from jobs.definition import Column, Mart, Reference, Source, as_names
from jobs.errors import DefinitionError
from jobs.executed import execute, passed_over, python_files, text_of
from jobs.faults import Fault, Problem, line_of
from jobs.headers import same, sanitise
from jobs.naming import name_faults
from jobs.reading import check_encoding
from jobs.sqltext import expression_fault, typed_columns
from jobs.windows import window_faults

ENGINE_TABLES = ("quarantine", "files")
LINEAGE = ("source_file", "source_line")


@dataclass(frozen=True)
class Definition:
    """A checked lake definition: sources and marts, and which others each must wait for."""

    sources: Mapping[str, Source]
    marts: Mapping[str, Mart]
    source_needs: Mapping[str, Collection[str]]
    mart_needs: Mapping[str, Collection[str]]

    def silver_source(self, table: str) -> Source | None:
        """The source that fills a silver table, or None."""
        return next((s for s in self.sources.values() if s.silver == table), None)


def load(folder: str = "") -> Definition:
    """The definition in ``folder``; the packaged retail lake where it is empty.

    Raises DefinitionError, naming the file, the line and what is wrong there.
    """
    found = examine(folder)
    if found.definition is None or found.problems:
        more = len(found.problems) - 1
        said = f" (and {more} more: `lake check`)" if more else ""
        raise DefinitionError(f"{found.problems[0]}{said}")
    return found.definition


@dataclass(frozen=True)
class Examined:
    """A folder that was looked at. definition: as far as it holds together; None where no
    source could be read. problems: all that is wrong. files: of each source and mart."""

    definition: Definition | None
    problems: list[Problem]
    files: Mapping[str, Any]

    def placed(self, fault: Fault) -> Problem:
        """The fault with its file and line."""
        file = self.files[fault.subject]
        line = line_of(text_of(file), fault.subject, fault.word, fault.within) + fault.offset
        return Problem(str(file), line, fault.message)


def examine(folder: str = "") -> Examined:
    """Looks at the definition in ``folder``. DefinitionError where there is no such folder."""
    root: Any = Path(folder) if folder else resources.files("jobs") / "retail"
    if not root.is_dir():
        raise DefinitionError(f"No lake definition at {folder}: it must be a folder of .py files.")
    sources: dict[str, Source] = {}
    marts: dict[str, Mart] = {}
    problems: list[Problem] = []
    problems += passed_over(root)
    files: dict[str, Any] = {}
    for file in python_files(root):
        for kind, name, value in execute(file, problems):
            taken = sources if kind is Source else marts
            if name in taken:
                there = f"there are two {kind.__name__}s called {name}"
                line = line_of(text_of(file), name, "")
                problems.append(Problem(str(file), line, f"{there}; one is in {files[name]}."))
                continue
            taken[name] = value
            files[name] = file
    if not sources:
        if not problems:
            problems.append(Problem(str(root), 1, "holds no Source; a lake needs at least one."))
        return Examined(None, problems, files)
    definition, faults = _checked(sources, marts)
    found = Examined(definition, problems, files)
    problems += map(found.placed, faults)
    return found


def fingerprint(*parts: object) -> str:
    """A short digest of definition values, equal for equal values in any process."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _checked(sources: dict[str, Source], marts: dict[str, Mart]) -> tuple[Definition, list[Fault]]:
    faults: list[Fault] = []
    filled = {name: _filled(source) for name, source in sources.items()}
    filled = {name: _with_references(source, filled, faults) for name, source in filled.items()}
    needs = {
        name: {r.to for r in source.referring.values()} & set(filled)
        for name, source in filled.items()
    }
    in_circle = _in_circle(needs, "sources", faults)
    for source in filled.values():
        faults += _check_source(source)
        faults += () if in_circle else _check_brought(source, filled)
    faults += _check_unique(filled, marts)
    silver = {source.silver for source in filled.values()}
    for mart in marts.values():
        faults += _check_mart(mart, silver, marts)
        faults += _check_within(mart, filled)
    mart_needs = {n: set(m.reads) & set(marts) - silver for n, m in marts.items()}
    _in_circle(mart_needs, "marts", faults)
    return Definition(filled, marts, needs, mart_needs), faults


def _filled(source: Source) -> Source:
    """The source with every default spelt out."""
    return replace(
        source,
        key=as_names(source.key),
        latest_by=as_names(source.latest_by),
        bronze=source.bronze or source.name,
        silver=source.silver or source.name,
        landing=source.landing or source.name,
        surrogate_key=source.surrogate_key or f"{source.name}_key",
    )


def _with_references(source: Source, sources: Mapping[str, Source], faults: list[Fault]) -> Source:
    """The source with its references spelt out, but for those that name nothing."""
    references = {}
    for label, given in source.references.items():
        reference = Reference(given) if isinstance(given, str) else given
        target = sources.get(reference.to)
        if target is None:
            said = f"{source.name}: {label} refers to {reference.to}, but there is no such source; "
            said += f"there are {', '.join(sources)}."
            faults.append(Fault(source.name, reference.to, said))
            continue
        named = reference.column or (target.key[0] if len(target.key) == 1 else "")
        if named not in target.columns:
            said = f"{source.name}: {label} must name one column of {reference.to}, as in "
            said += f'Reference("{reference.to}", column=...).'
            faults.append(Fault(source.name, reference.column or label, said))
            continue
        references[label] = replace(
            reference, column=named, by=reference.by or label,
            key=reference.key or target.surrogate_key,
        )  # fmt: skip
    return replace(source, references=references)


def _check_brought(source: Source, sources: Mapping[str, Source]) -> Iterator[Fault]:
    for label, reference in source.referring.items():
        for there in reference.brought.values():
            if silver_column(sources[reference.to], there, sources) is None:
                said = f"{source.name}: {label} brings {there}, which {reference.to} does not have."
                yield Fault(source.name, there, said)


def silver_column(source: Source, name: str, sources: Mapping[str, Source]) -> Column | None:
    """The contract of a silver table's column, be it the source's own or brought from
    another source (or through it from a third); None where there is none."""
    if name in source.columns:
        return source.columns[name]
    for reference in source.referring.values():
        if name in reference.brought:
            return silver_column(sources[reference.to], reference.brought[name], sources)
    return None


def _check_source(source: Source) -> Iterator[Fault]:
    named = {
        "key": source.key,
        "latest_by": source.latest_by,
        "references": tuple(r.by for r in source.referring.values()),
        "repairs": tuple(repair.column for repair in source.repairs.values()),
    }
    for where, columns in named.items():
        for column in columns:
            if column not in source.columns:
                said = f"{source.name}: {where} names {column}, which is not among its columns."
                yield Fault(source.name, column, said)
    if not source.columns:
        said = f"{source.name}: columns= is empty; name the columns of its files."
        yield Fault(source.name, "columns", said)
    wrong = list(column_faults(source))
    yield from wrong or (*_check_columns(source), *expression_faults(source))
    try:
        check_encoding(source.encoding)
    except DefinitionError as error:
        yield Fault(source.name, "encoding", f"{source.name}: {error}")
    if not 0 <= source.max_bad_share <= 1:
        said = f"{source.name}: max_bad_share must lie between 0 and 1."
        yield Fault(source.name, "max_bad_share", said)
    if len(source.delimiter) != 1 or len(source.quote) > 1 or source.delimiter.isalnum():
        said = f"{source.name}: delimiter and quote are one character each, and no letter or digit."
        yield Fault(source.name, "delimiter", said)
    yield from name_faults(source, [*silver_columns(source)])


def _check_columns(source: Source) -> Iterator[Fault]:
    """Columns that would be read from one cell."""
    fed: dict[str, str] = {}
    for name, column in source.columns.items():
        needed = "computed" if column.sql else "required" if column.required else ""
        needed = needed or ("in key= or latest_by=" if name in _ordering(source) else "")
        if column.optional and needed:
            said = f"{source.name}: {name} is {needed}, so optional=True has no effect on it; "
            yield Fault(source.name, name, said + "take it away.")
        for header in () if column.sql else column.header or (name,):
            (cell,) = sanitise((header,))
            other = fed.setdefault(cell, name)
            if other != name:
                said = f"{source.name}: {name} and {other} would both be read from {cell}; "
                yield Fault(source.name, name, said + "compute one from the other with sql=.")


def _ordering(source: Source) -> tuple[str, ...]:
    return (*source.key, *source.latest_by)


def silver_columns(source: Source) -> Iterator[str]:
    """The names of a silver table's columns, in order (the lineage last)."""
    yield source.surrogate_key
    yield from source.columns
    for label, reference in source.referring.items():
        yield reference.key
        yield f"{label}_status"
        yield from reference.brought
    yield "_repairs"
    yield from LINEAGE


def _check_unique(sources: Mapping[str, Source], marts: Mapping[str, Mart]) -> Iterator[Fault]:
    for layer in ("bronze", "silver", "landing"):
        taken = set(ENGINE_TABLES) if layer != "landing" else set()
        for source in sources.values():
            # Spark, DuckDB and many a disk do not tell capitals from small letters.
            name = getattr(source, layer)
            if same(name) in taken:
                said = f"Two {layer} tables would be called {name}; rename one."
                yield Fault(source.name, name, said)
            taken.add(same(name))
    silver = {same(source.silver) for source in sources.values()}
    for name in marts:
        if same(name) in silver:
            yield Fault(name, "", f"{name} is a silver table and a mart; rename one.")
        if [same(other) for other in marts].count(same(name)) > 1:
            yield Fault(name, "", f"Two marts would be called {name}; rename one.")
        if same(name) in ENGINE_TABLES:
            yield Fault(name, "", f"{name} is a table of the lake itself; rename the mart.")


def _check_mart(mart: Mart, silver: set[str], marts: Mapping[str, Mart]) -> Iterator[Fault]:
    for table in mart.reads:
        if table not in silver and table not in marts and table not in ENGINE_TABLES:
            said = f"{mart.name} reads {table}, which is neither a silver table nor a mart; "
            said += f"there are {', '.join(sorted(silver | set(marts)))}."
            yield Fault(mart.name, table, said)
    if mart.period and (mart.period.table not in silver or mart.period.table not in mart.reads):
        said = f"{mart.name}: its period must be of a silver table that it reads, "
        yield Fault(mart.name, "period", f"{said}not {mart.period.table}.")
    fault = expression_fault(mart.period.expression) if mart.period else ""
    if mart.period and fault:
        said = f"{mart.name}: its period is no sound SQL: {fault}."
        yield Fault(mart.name, mart.period.expression, said)
    try:
        columns = typed_columns(mart.columns)
    except ValueError as error:
        yield Fault(mart.name, "columns", f"{mart.name}: {error}")
        return
    if mart.period and mart.period.column not in columns:
        said = f"{mart.name}: its period names {mart.period.column}, which is not in columns=."
        yield Fault(mart.name, mart.period.column, said)
    yield from chart_faults(mart)
    yield from window_faults(mart)


def _check_within(mart: Mart, sources: Mapping[str, Source]) -> Iterator[Fault]:
    """A part of a period that could not be told in the mart and in its table alike."""
    column = mart.period.within if mart.period else ""
    if not column or not mart.period:
        return
    tables = [s for s in sources.values() if s.silver == mart.period.table]
    if column not in mart.key or any(column not in silver_columns(s) for s in tables):
        said = f"{mart.name}: its period's within= names {column}, which must be in its key and a "
        yield Fault(mart.name, column, f"{said}column of {mart.period.table}.")


def _in_circle(needs: Mapping[str, Collection[str]], what: str, faults: list[Fault]) -> bool:
    """Whether some of them need each other, which is a fault."""
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        names = sorted(set(error.args[1]))
        said = f"These {what} need each other in a circle: {', '.join(names)}."
        faults.append(Fault(names[0], "references" if what == "sources" else "reads", said))
        return True
    return False
