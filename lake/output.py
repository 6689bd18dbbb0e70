"""What the commands print. All of it passes here: data never steers the terminal.

A message keeps its line ends; every other control character in it, whether it comes from a
cell, a header, a file's name or another program's error, is written as an escape.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import datetime
from typing import IO, Any

import click

from jobs.printable import is_seen, printable


def echo(message: object = "", *, err: bool = False, nl: bool = True) -> None:
    """Prints a message."""
    click.echo(printable(str(message), lines=True), err=err, nl=nl)


def secho(message: object = "", *, err: bool = False, **style: Any) -> None:
    """Prints a message in a style, such as ``bold=True``."""
    click.secho(printable(str(message), lines=True), err=err, **style)


def drawn(text: str, *, nl: bool = True) -> None:
    """Prints what was made of texts that are printable already, with its own colours."""
    click.echo(text, nl=nl)


def as_json(value: Any) -> None:
    """Prints a value for scripts."""
    drawn(json_text(json.dumps(value, indent=2, ensure_ascii=False, default=_plain)))


def json_text(text: str) -> str:
    """JSON with what is not seen in its texts as JSON's own escapes, so that it reads the same."""
    return re.sub(r"[^\x20-\x7e\n]", lambda found: _json_letter(found[0]), text)


def _json_letter(letter: str) -> str:
    return letter if is_seen(letter) else json.dumps(letter)[1:-1]


class _Screen:
    """A terminal that rows are written to as another program would get them."""

    def write(self, text: str) -> int:
        """Writes rows with escapes."""
        return sys.stdout.write(printable(text, lines=True))


def rows_out() -> IO[str] | _Screen:
    """Where rows for another program are written: to the letter, but with escapes on a
    terminal."""
    return _Screen() if sys.stdout.isatty() else sys.stdout


def exact_streams() -> None:
    """Sets stdout so that no text is beyond it: files and pipes get UTF-8, and a terminal whose
    letters do not suffice gets escapes."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        encoding = None if sys.stdout.isatty() else "utf-8"
        reconfigure(encoding=encoding, errors="backslashreplace")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
