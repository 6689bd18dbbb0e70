"""The Python text of a definition: what a person would have written, with the evidence."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from lake.init.escaped import block, docstring, quoted_text, remark
from lake.init.guess import Guess
from lake.init.marts import MartPlan, month_of
from lake.init.names import sql_name
from lake.init.plan import Ref, SourcePlan
from lake.init.table import encoding_of

WIDTH = 98
WORDS = ("boolean", "date", "integer", "money", "number", "real", "text", "timestamp")


def source_text(source: SourcePlan) -> str:
    """The file of a source."""
    body = [f"{source.name} = Source(", *_settings(source), "    columns={"]
    for guess in source.guesses.values():
        body += _column(guess, source)
    for name, sql in source.computed.items():
        body += [*_comment("made for the reference to compare", 8),
                 f"        {quoted_text(name)}: text(sql={quoted_text(sql)}),"]  # fmt: skip
    body += ["    },", *_references(source), ")  # fmt: skip", ""]
    words = [w for w in WORDS if any(w == g.kind for g in source.guesses.values())]
    made = source.computed or any(g.written for g in source.guesses.values())
    words += ["text"] if made and "text" not in words else []
    imported = ", ".join(["Reference"] * bool(source.refs) + ["Source"] + sorted(words))
    head = [docstring(_grain(source)), "", f"from jobs.definition import {imported}", ""]
    return "\n".join([*head, *body])


def _grain(source: SourcePlan) -> str:
    per = " and ".join(source.key.columns) or "line"
    files = [file.path for file in source.landed]
    more = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
    return f"One row per {per} of {files[0]}{more}: {source.table.records:,} records."


def _settings(source: SourcePlan) -> Iterator[str]:
    key, dialect = source.key, source.group.dialect
    yield from _comment(key.why, 4)
    if key.columns:
        names = ", ".join(quoted_text(column) for column in key.columns)
        yield f"    key={names if len(key.columns) == 1 else f'({names})'},"
    if key.latest_by:
        yield f"    latest_by={quoted_text(key.latest_by)},"
    if source.key_name:
        yield f"    surrogate_key={quoted_text(source.key_name)},"
    if dialect.delimiter != ",":
        yield f"    delimiter={quoted_text(dialect.delimiter)},"
    if dialect.quote != '"':
        yield f"    quote={quoted_text(dialect.quote)},"
    if encoding_of(source.group) != "utf-8":
        yield from _comment("some bytes are no UTF-8", 4)
        yield f"    encoding={quoted_text(encoding_of(source.group))},"
    if not dialect.header:
        yield from _comment(f"{dialect.why}: these names are made up; the order is the files'", 4)
        yield "    header=False,"


def _column(guess: Guess, source: SourcePlan) -> Iterator[str]:
    why = list(guess.why)
    missing = source.table.rows - guess.looks.given
    if missing and guess.looks.meant:
        why.append(f"no value in {missing:,} rows")
    lacking = 0 if guess.name in _ordering(source) else source.table.partial.get(guess.name, 0)
    if lacking:
        why.append(f"{lacking:,} of {len(source.landed):,} files lack it")
    yield from _comment("; ".join(why), 8)
    if guess.written:
        call = _optional(guess.written_call) if lacking else guess.written_call
        yield f"        {quoted_text(guess.written)}: {call},"
    call = _optional(guess.call) if lacking and not guess.written else guess.call
    yield f"        {quoted_text(guess.name)}: {call},"


def _ordering(source: SourcePlan) -> tuple[str, ...]:
    """The columns without which a file is refused."""
    return (*source.key.columns, source.key.latest_by)


def _optional(call: str) -> str:
    """A column as it is written in the contract, which files may lack."""
    return f"{call[:-1]}{'' if call.endswith('()') else ', '}optional=True)"


def _references(source: SourcePlan) -> Iterator[str]:
    if not source.refs:
        return
    yield "    references={"
    for ref in source.refs:
        yield from _reference(ref)
    yield "    },"


def _reference(ref: Ref) -> Iterator[str]:
    link = ref.link
    changed = " when they are written alike" if link.here.sql or link.there.sql else ""
    yield from _comment(
        f"{link.share:.2%} of {link.rows:,} values occur in {link.target}.{link.named}{changed}", 8
    )
    given = [quoted_text(link.target)]
    given += [f"column={quoted_text(ref.column)}"] if ref.column else []
    given += [f"by={quoted_text(ref.by)}"] if ref.by != ref.label else []
    given += [] if ref.usual else [f"key={quoted_text(ref.key)}"]
    yield f"        {quoted_text(ref.label)}: Reference("
    yield f"            {', '.join(given)},"
    if ref.bring:
        yield from _bring(ref.bring)
    yield "        ),"


def _bring(bring: dict[str, str]) -> Iterator[str]:
    if all(here == there for here, there in bring.items()):
        names = " ".join(f"{quoted_text(name)}," for name in bring)
        yield from _wrapped(f"bring=({names}),", 12)
    else:
        pairs = ", ".join(f"{quoted_text(h)}: {quoted_text(t)}" for h, t in bring.items())
        yield from _wrapped(f"bring={{{pairs}}},", 12)


def mart_text(mart: MartPlan) -> str:
    """The file of a mart."""
    columns = [f"{sql_name(v.name)} {v.kind}" for v in (*mart.keys, *mart.values)]
    keys = ", ".join(quoted_text(key.name) for key in mart.keys)
    selected = ",\n".join(
        f"            {v.sql}" if v.sql == sql_name(v.name) else
        f"            {v.sql} AS {sql_name(v.name)}" for v in (*mart.keys, *mart.values)
    )  # fmt: skip
    groups = ", ".join(str(n) for n in range(1, len(mart.keys) + 1))
    period = ""
    if mart.when:
        said = (mart.keys[0].name, mart.source, month_of(mart.when))
        period = f"    period=Period({', '.join(map(quoted_text, said))}),\n"
    words = "Mart, Period" if period else "Mart"
    listed = ",\n".join(f"        {column}" for column in columns)
    reads = quoted_text(mart.source)
    return (
        f"{docstring(mart.grain)}\n\nfrom jobs.definition import {words}\n\n"
        f"{mart.name} = Mart(\n    reads=({reads},),\n    key=({keys},),\n{period}"
        f'    columns="""\n{block(listed)}\n    """,\n'
        f'    sql="""\n        SELECT\n{block(selected)}\n        FROM {mart.source}\n'
        f'        GROUP BY {groups}\n    """,\n)\n'
    )


def _comment(text: str, indent: int) -> Iterable[str]:
    """A remark, wrapped; nothing for no text."""
    text = remark(text)
    return textwrap.wrap(
        text, WIDTH, initial_indent=" " * indent + "# ", subsequent_indent=" " * indent + "# ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + 4),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
