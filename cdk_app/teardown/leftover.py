"""Something of the lake that is still there, and what it costs to leave it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

GIB = 1024**3
DELETE_IT = "delete it, or the stack that still holds it"


@dataclass(frozen=True)
class Leftover:
    """One thing that was found.

    :param kind: what it is, in the words of AWS's console
    :param why: why it stayed, and how it goes
    :param monthly_usd: about what it costs a month in US dollars, by lake/aws/rates.py
    :param kept: whether it stayed by the user's choice, and so is no fault
    """

    kind: str
    name: str
    why: str
    monthly_usd: float = 0.0
    kept: bool = False

    def line(self) -> str:
        """The thing as one line of a report."""
        return f"{self.kind} {self.name}: {self.why} (about ${self.monthly_usd:.2f} a month)"


def report(found: Iterable[Leftover]) -> tuple[str, bool]:
    """What is left, in words.

    :returns: the text, and whether nothing is left but what the user chose to keep
    """
    found = list(found)
    if not found:
        return "Nothing is left.", True
    clean = all(item.kept for item in found)
    head = "Nothing is left but what you chose to keep:" if clean else "Still there:"
    lines = [f"  {item.line()}" for item in sorted(found, key=lambda item: item.kept)]
    return "\n".join([head, *lines]), clean
