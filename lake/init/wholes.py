"""Whole numbers written with a decimal mark and zeros alone, such as ``1001.0``.

That is how pandas writes a column of whole numbers in which some are missing. ``integer()``
takes no decimal mark, so such a column is computed from the text in the file; and it is looked
at without the zeros, so that it equals the same number in another file.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from lake.init.escaped import quoted_text
from lake.init.guess import DIRT, Guess
from lake.init.names import is_identifier, is_money, sql_name
from lake.init.shapes import Looks, literal, look, quoted, values_of


def whole_mark(connection: Any, table: str, looks: Looks) -> str:
    """The decimal mark after which every value has zeros alone; "" where that is not so.

    12.00 is how amounts are written, so only an identifier may have two zeros.
    """
    if is_money(looks.words) or any(shape.zeros for shape in looks.shapes):
        return ""
    most = 2 if is_identifier(looks.words) else 1
    for mark in (".", ","):
        marked = re.compile(rf"[-+]?9+{re.escape(mark)}9{{1,{most}}}")
        shaped = any(marked.fullmatch(shape.text) for shape in looks.shapes)
        if shaped and _zeros_alone(connection, table, looks, mark, most):
            return mark
    return ""


def _zeros_alone(connection: Any, table: str, looks: Looks, mark: str, most: int) -> bool:
    words = ", ".join(map(literal, looks.nulls)) or "''"
    whole = f"regexp_matches(v, '^[-+]?[0-9]+([{mark}]0{{1,{most}}})?$')"
    fit, others = connection.execute(
        f"SELECT coalesce(sum(n) FILTER ({whole}), 0), "
        f"count(*) FILTER (NOT {whole} AND regexp_matches(v, '[0-9]')) "
        f"FROM {values_of(connection, table, looks.name)} WHERE v NOT IN ({words})"
    ).fetchone()
    return not others and fit >= (1 - DIRT) * looks.meant


def without_zeros(connection: Any, table: str, looks: Looks, mark: str) -> Looks:
    """Takes mark and zeros away from the column's values, and looks at it again."""
    name, column = looks.name, quoted(looks.name)
    connection.execute(f"DROP TABLE {values_of(connection, table, name)}")
    connection.execute(
        f"UPDATE {quoted(table)} SET {column} = regexp_replace({column}, '[{mark}]0+$', '') "
        f"WHERE regexp_matches({column}, '^[-+]?[0-9]+[{mark}]0+$')"
    )
    return look(connection, table, name, looks.rows, looks.words)


def computed(guess: Guess, mark: str, example: str, names: Collection[str]) -> Guess:
    """The guess of such a column, computed from the text that stands in the file."""
    written = f"{guess.name}_text"
    while written in names:
        written += "_made"
    # A cast would cut 1001.5 to 1001; with another mark in it, it is none and breaks the rule.
    bare = f"regexp_replace({sql_name(written)}, '[{mark}]0+$', '')"
    sql = quoted_text(f"replace({bare}, '{mark}', '?')")
    why = (f"whole numbers written as {example}", *guess.why)
    return replace(guess, arguments=f"sql={sql}", why=why, written=written)
