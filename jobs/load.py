"""Loads a lake definition from a folder of Python files, and checks that it holds together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from jobs.charts import check_charts
from jobs.definition import Column, Mart, Reference, Source
from jobs.errors import DefinitionError

ENGINE_TABLES = ("quarantine", "files")
LINEAGE = ("source_file", "source_line")


@dataclass(frozen=True)
class Definition:
    """A checked lake definition: sources and marts, each in levels that can run side by side."""

    sources: Mapping[str, Source]
    marts: Mapping[str, Mart]
    source_levels: tuple[tuple[str, ...], ...]
    mart_levels: tuple[tuple[str, ...], ...]

    def silver_source(self, table: str) -> Source | None:
        """The source that fills a silver table, or None."""
        return next((s for s in self.sources.values() if s.silver == table), None)


def load(folder: str = "") -> Definition:
    """The definition in ``folder``; the packaged retail lake where it is empty.

    Raises DefinitionError, naming the file and what is wrong in it.
    """
    root: Any = Path(folder) if folder else resources.files("jobs") / "retail"
    if not root.is_dir():
        raise DefinitionError(f"No lake definition at {folder}: it must be a folder of .py files.")
    sources: dict[str, Source] = {}
    marts: dict[str, Mart] = {}
    for file in _python_files(root):
        for kind, name, value in _execute(file):
            taken = sources if kind is Source else marts
            if name in taken:
                raise DefinitionError(f"{file}: there are two {kind.__name__}s called {name}.")
            taken[name] = value
    if not sources:
        raise DefinitionError(f"{root} holds no Source; a lake needs at least one.")
    return _checked(sources, marts)


def fingerprint(*parts: object) -> str:
    """A short digest of definition values, equal for equal values in any process."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _python_files(root: Any) -> Iterator[Any]:
    for entry in sorted(root.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and not entry.name.startswith(("_", ".")):
            yield from _python_files(entry)
        elif entry.name.endswith(".py") and not entry.name.startswith(("_", "test_")):
            yield entry


def _execute(file: Any) -> Iterator[tuple[type, str, Any]]:
    namespace: dict[str, Any] = {"__name__": f"definition.{file.name[:-3]}", "__file__": str(file)}
    try:
        exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), namespace)
    except DefinitionError:
        raise
    except Exception as error:
        raise DefinitionError(
            f"{file} cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    grain = " ".join((namespace.get("__doc__") or "").split())
    for name, value in namespace.items():
        for kind in (Source, Mart):
            if isinstance(value, kind):
                if not grain:
                    raise DefinitionError(
                        f"{file}: say the grain of {name} in a docstring at the top of the file, "
                        'such as """One row per customer."""'
                    )
                yield kind, name, replace(value, name=name, grain=grain)


def _tuple(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) and value else tuple(value)


def _checked(sources: dict[str, Source], marts: dict[str, Mart]) -> Definition:
    filled = {name: _filled(source) for name, source in sources.items()}
    filled = {name: _with_references(source, filled) for name, source in filled.items()}
    needs = {
        name: {r.to for r in source.references.values() if isinstance(r, Reference)}
        for name, source in filled.items()
    }
    source_levels = _levels(needs, "sources")
    for source in filled.values():
        _check_source(source)
        _check_brought(source, filled)
    _check_unique(filled, marts)
    silver = {source.silver for source in filled.values()}
    for mart in marts.values():
        _check_mart(mart, silver, marts)
    return Definition(
        sources=filled,
        marts=marts,
        source_levels=source_levels,
        mart_levels=_levels({n: set(m.reads) & set(marts) for n, m in marts.items()}, "marts"),
    )


def _filled(source: Source) -> Source:
    """The source with every default spelt out."""
    return replace(
        source,
        key=_tuple(source.key),
        latest_by=_tuple(source.latest_by),
        bronze=source.bronze or source.name,
        silver=source.silver or source.name,
        landing=source.landing or source.name,
        surrogate_key=source.surrogate_key or f"{source.name}_key",
    )


def _with_references(source: Source, sources: Mapping[str, Source]) -> Source:
    references = {}
    for label, given in source.references.items():
        reference = Reference(given) if isinstance(given, str) else given
        target = sources.get(reference.to)
        if target is None:
            raise DefinitionError(
                f"{source.name}: {label} refers to {reference.to}, but there is no such source; "
                f"there are {', '.join(sources)}."
            )
        named = reference.column or (target.key[0] if len(target.key) == 1 else "")
        if named not in target.columns:
            raise DefinitionError(
                f"{source.name}: {label} must name one column of {reference.to}, as in "
                f'Reference("{reference.to}", column=...).'
            )
        references[label] = replace(
            reference, column=named, by=reference.by or label,
            key=reference.key or target.surrogate_key,
        )  # fmt: skip
    return replace(source, references=references)


def _check_brought(source: Source, sources: Mapping[str, Source]) -> None:
    for label, reference in source.references.items():
        assert isinstance(reference, Reference)
        for there in reference.brought.values():
            if silver_column(sources[reference.to], there, sources) is None:
                raise DefinitionError(
                    f"{source.name}: {label} brings {there}, which {reference.to} does not have."
                )


def silver_column(source: Source, name: str, sources: Mapping[str, Source]) -> Column | None:
    """The contract of a silver table's column, be it the source's own or brought from
    another source (or through it from a third); None where there is none."""
    if name in source.columns:
        return source.columns[name]
    for reference in source.references.values():
        assert isinstance(reference, Reference)
        if name in reference.brought:
            return silver_column(sources[reference.to], reference.brought[name], sources)
    return None


def _check_source(source: Source) -> None:
    named = {
        "key": source.key,
        "latest_by": source.latest_by,
        "references": tuple(r.by for r in source.references.values() if isinstance(r, Reference)),
        "repairs": tuple(repair.column for repair in source.repairs.values()),
    }
    for where, columns in named.items():
        for column in columns:
            if column not in source.columns:
                raise DefinitionError(
                    f"{source.name}: {where} names {column}, which is not among its columns."
                )
    if not 0 <= source.max_bad_share <= 1:
        raise DefinitionError(f"{source.name}: max_bad_share must lie between 0 and 1.")
    if len(source.delimiter) != 1 or len(source.quote) > 1 or source.delimiter.isalnum():
        raise DefinitionError(
            f"{source.name}: delimiter and quote are one character each, and no letter or digit."
        )
    out = [*silver_columns(source)]
    twice = sorted({c for c in out if [o.lower() for o in out].count(c.lower()) > 1})
    if twice:
        raise DefinitionError(
            f"{source.name}: its silver table would have two columns called {twice[0]}; "
            "rename one, or give the reference key= or bring={new: old}."
        )


def silver_columns(source: Source) -> Iterator[str]:
    """The names of a silver table's columns, in order (the lineage last)."""
    yield source.surrogate_key
    yield from source.columns
    for label, reference in source.references.items():
        yield reference.key  # type: ignore[union-attr]
        yield f"{label}_status"
        yield from reference.brought  # type: ignore[union-attr]
    yield "_repairs"
    yield from LINEAGE


def _check_unique(sources: Mapping[str, Source], marts: Mapping[str, Mart]) -> None:
    for layer in ("bronze", "silver", "landing"):
        names = [getattr(source, layer) for source in sources.values()]
        for name in names:
            if names.count(name) > 1 or (layer != "landing" and name in ENGINE_TABLES):
                raise DefinitionError(f"Two {layer} tables would be called {name}; rename one.")
    for name in {source.silver for source in sources.values()} & set(marts):
        raise DefinitionError(f"{name} is a silver table and a mart; rename one.")


def _check_mart(mart: Mart, silver: set[str], marts: Mapping[str, Mart]) -> None:
    for table in mart.reads:
        if table not in silver and table not in marts and table not in ENGINE_TABLES:
            raise DefinitionError(
                f"{mart.name} reads {table}, which is neither a silver table nor a mart; "
                f"there are {', '.join(sorted(silver | set(marts)))}."
            )
    if mart.period and (mart.period.table not in silver or mart.period.table not in mart.reads):
        raise DefinitionError(
            f"{mart.name}: its period must be of a silver table that it reads, "
            f"not {mart.period.table}."
        )
    check_charts(mart)


def _levels(needs: Mapping[str, Iterable[str]], what: str) -> tuple[tuple[str, ...], ...]:
    """Names in levels, each after all that it needs."""
    done: set[str] = set()
    levels = []
    while len(done) < len(needs):
        level = tuple(n for n in needs if n not in done and not set(needs[n]) - done)
        if not level:
            circle = ", ".join(sorted(set(needs) - done))
            raise DefinitionError(f"These {what} need each other in a circle: {circle}.")
        levels.append(level)
        done |= set(level)
    return tuple(levels)
