"""A column as it will stand in the contract, with the evidence for it."""

from __future__ import annotations

from dataclasses import dataclass

from lake.init.escaped import quoted_text
from lake.init.shapes import Looks

# Up to this share of a column's values may not fit its type: they are dirt, which the contract
# quarantines, and no reason to call the column text.
DIRT = 0.02


@dataclass(frozen=True)
class Guess:
    """A column as the contract will have it. kind: the function's name. arguments: what is
    written between its brackets. why: the evidence, a sentence each. dirt: rows whose value
    does not fit. decide: what a person should settle. low, high: the days it runs between.
    mark, order: the decimal mark, or ``dM`` or ``Md``, where the column is sure of it.
    unsure: whether another column's may help. written: the name of the text column that it is
    computed from, "" where it is read from the file itself."""

    looks: Looks
    kind: str
    arguments: str = ""
    why: tuple[str, ...] = ()
    dirt: int = 0
    low: str = ""
    high: str = ""
    scale: int = 0
    decide: tuple[str, ...] = ()
    mark: str = ""
    order: str = ""
    unsure: bool = False
    written: str = ""

    @property
    def name(self) -> str:
        return self.looks.name

    @property
    def words(self) -> str:
        """The words of its name, ``_`` between them."""
        return self.looks.words

    @property
    def call(self) -> str:
        """The column as it is written in the contract."""
        return f"{self.kind}({self.arguments})"

    @property
    def written_call(self) -> str:
        """The text column that it is computed from, as it is written in the contract."""
        given = [f"header={quoted_text(self.name)}", *nulls_argument(self.looks)]
        return f"text({', '.join(given)})"


def nulls_argument(looks: Looks) -> list[str]:
    """The words that mean no value, as the contract's argument; nothing where there are none."""
    listed = ", ".join(map(quoted_text, looks.nulls))
    return [f"nulls=({listed},)"] if listed else []
