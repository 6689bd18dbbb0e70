"""``python -m lake.reference``: writes the parts of docs/ that the code itself tells.

docs/verbs.md is the command's own help; docs/definition.md the docstrings of the words that a
lake definition is written in. A test fails where they are not what this writes.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from jobs import definition
from lake.__main__ import VERBS, cli
from lake.options import Verb
from lake.output import echo
from lake.setup import PROJECT

DOCS = PROJECT / "docs"
MARK = "<!-- {name} -->\n{text}\n<!-- /{name} -->"
WORDS = ("Source", "Reference", "Repair", "Mart", "Period", "Chart")
COLUMNS = ("text", "integer", "number", "money", "real", "date", "timestamp", "boolean")
SETTINGS = ("header", "required", "nulls", "mapping", "one_of", "pattern", "sql")


def verbs() -> str:
    """Every verb: what it does, its options, its example."""
    context = click.Context(cli, info_name="lake")
    parts = []
    for name in VERBS:
        command = cli.get_command(context, name)
        assert command is not None
        parts.append("\n\n".join((f"## lake {name}", *_help(command), _options(command))))
    shared = [p for p in cli.params if isinstance(p, click.Option) and p.name != "version"]
    parts.append(
        f"## Which lake\nEvery verb takes these, before its name or after it.\n\n{_table(shared)}"
    )
    return "\n\n".join(parts)


def words() -> str:
    """Every word of a definition: its docstring and its settings."""
    parts = [f"## {name}\n{_told(getattr(definition, name))}" for name in WORDS]
    columns = [f"### {name}\n{_column(getattr(definition, name))}" for name in COLUMNS]
    every = _told(definition.Column).partition("\n| ")[0]
    return "\n\n".join((parts[0], f"## Columns\n{every}", *columns, *parts[1:]))


def written(text: str, name: str, told: str) -> str:
    """``text`` with the part called ``name`` put anew. Raises ValueError where it has none."""
    found = re.search(rf"<!-- {name} -->.*?<!-- /{name} -->", text, re.DOTALL)
    if found is None:
        raise ValueError(f"there is no <!-- {name} --> ... <!-- /{name} --> to write into")
    return text.replace(found[0], MARK.format(name=name, text=told))


def pages() -> Iterator[tuple[Path, str]]:
    """Each page with a part that the code tells, as it must be."""
    for name, told in (("verbs", verbs()), ("definition", words())):
        page = DOCS / f"{name}.md"
        yield page, written(page.read_text(encoding="utf-8"), name, told)


def _help(command: click.Command) -> Iterator[str]:
    """The help text; its example as code."""
    text, _, example = inspect.cleandoc(command.help or "").partition("\b\nExample:\n")
    yield " ".join(text.split("\n\n")[0].split())
    yield from (" ".join(part.split()) for part in text.split("\n\n")[1:] if part.strip())
    lines = inspect.cleandoc(example)
    yield f"```\n{lines}\n```"


def _options(command: click.Command) -> str:
    """The verb's own options; `destroy` takes none of the shared ones."""
    given = command.own if isinstance(command, Verb) else tuple(command.params)
    own = [param for param in given if isinstance(param, click.Option)]
    return _table(own) if own else "It has no options of its own."


def _table(options: list[click.Option]) -> str:
    """Options as a table."""
    context = click.Context(click.Command("lake"))
    rows = ["| option | what it does |", "|---|---|"]
    for option in options:
        record = option.get_help_record(context)
        if record:
            name = record[0].replace("|", "\\|")
            rows.append(f"| `{name}` | {_cell(record[1])} |")
    return "\n".join(rows)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _told(word: Any) -> str:
    """A docstring and the table of the dataclass's fields."""
    rows = ["", "| setting | type | default |", "|---|---|---|"]
    for field in dataclasses.fields(word):
        if field.name not in ("name", "grain"):
            rows.append(f"| `{field.name}` | `{_cell(str(field.type))}` | {_default(field)} |")
    return "\n".join((_prose(word), *rows))


def _default(field: dataclasses.Field) -> str:
    if field.default_factory is not dataclasses.MISSING:
        return "`{}`"
    return "required" if field.default is dataclasses.MISSING else f"`{field.default!r}`"


def _column(function: Any) -> str:
    """A column's docstring and how it is written."""
    given = str(inspect.signature(function)).partition(" ->")[0]
    given = re.sub(r": '([^']+)'", r": \1", given).replace(
        ", **options)", f", {', '.join(SETTINGS[1:])})"
    )
    return f"```\n{function.__name__}{given}\n```\n{_prose(function)}"


def _prose(thing: Any) -> str:
    """A docstring as Markdown: what it calls settings, in code."""
    text = inspect.cleandoc(thing.__doc__).replace("``", "`")
    names = [f.name for f in dataclasses.fields(thing)] if dataclasses.is_dataclass(thing) else []
    paragraphs = []
    for paragraph in text.split("\n\n"):
        line = " ".join(paragraph.split())
        for name in names:
            line = re.sub(rf"(^|[.,] ){name}([:,])", rf"\1`{name}`\2", line)
        # A list is read more easily than a row of sentences.
        paragraphs.append(re.sub(r"(^|\. )(?=`\w+`(?:, `?\w+`?)*:)", r"\1\n\n- ", line, count=1))
        paragraphs[-1] = re.sub(r"\. (?=`\w+`(?:, `?\w+`?)*:)", ".\n- ", paragraphs[-1]).strip()
    return "\n\n".join(paragraphs)


def main() -> None:
    """Writes the pages."""
    for page, text in pages():
        page.write_text(text, encoding="utf-8")
        echo(page)


if __name__ == "__main__":
    main()
