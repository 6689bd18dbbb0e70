"""Foreign text in the Python files that are written: never more than text.

File names, headers and cells reach a definition by these functions alone.
"""

from __future__ import annotations

from jobs.printable import escape, is_seen, printable


def quoted_text(text: str) -> str:
    """A Python string in double quotes, as the formatter has them; what it holds is ``text``."""
    return f'"{_inside(text)}"'


def docstring(text: str) -> str:
    """A docstring of one line."""
    return f'"""{_inside(" ".join(text.split()))}"""'


def block(text: str) -> str:
    """What stands between three double quotes and keeps its lines, as SQL does."""
    return "\n".join(map(_inside, text.split("\n")))


def remark(text: str) -> str:
    """The words of a remark in Python or of a line in a README: one line."""
    return printable(" ".join(text.split()))


def _inside(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(c if is_seen(c) else escape(c) for c in escaped)
