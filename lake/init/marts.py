"""A first mart or two: the biggest source that has a date and amounts, by month and by group."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lake.init.groups import LONGEST, identifier
from lake.init.guess import Guess
from lake.init.names import THING, is_identifier, sql_name
from lake.init.plan import Plan, SourcePlan, group_rank, silver_columns

MOST_SUMS, MOST_COUNTS = 4, 2
# A sum of prices or of rates says nothing; their mean does.
NO_SUM = re.compile(
    r"price|preis|(?:^|_|steuer|zins|mwst|stunden|tages|hebe)satz(?:_|$)|prozent|prix|precio|rate|pct|percent|ratio|(?:^|_)(?:lat|lon|lng|latitude|longitude|age|"
    r"score|year|month|day|week|temperature|version|rank|unit_cost)(?:_|$)"
)
WHEN = re.compile(
    r"order|sale|sold|invoice|booked|trans|purchas|event|datum|(?:^|_)date(?:_|$)|_at$"
)
NOT_WHEN = re.compile(r"due|ship|deliver|birth|bdate|updat|modif|chang|end|expir|valid|paid")


@dataclass(frozen=True)
class Value:
    """One column of a mart: its name, its type as DDL and its SQL."""

    name: str
    kind: str
    sql: str


@dataclass(frozen=True)
class MartPlan:
    """One mart. when: the column that says the month, "" for none. keys: of its grain."""

    name: str
    grain: str
    source: str
    when: str
    keys: Sequence[Value]
    values: Sequence[Value]


def plan_marts(plan: Plan) -> list[MartPlan]:
    """The first marts of a lake; at least one where there is a row."""
    facts = [source for source in plan.sources if source.table.rows]
    if not facts:
        return []
    fact = max(facts, key=_weight)
    when = _when(fact)
    month = [Value("month" if "month" not in silver_columns(fact) else f"{when}_month", "DATE",
                   month_of(when))] if when else []  # fmt: skip
    values = [Value("lines", "BIGINT", "count(*)"), *_counts(fact), *_measures(fact)]
    marts = []
    if month:
        grain = f"One row per month of {when}: how many lines of {fact.name} there are, and what "
        grain += "they add up to."
        name = _free(plan, f"monthly_{fact.name}")
        marts.append(MartPlan(name, grain, fact.name, when, month, values))
    if (group := _group(plan, fact)) and group not in {v.name for v in (*month, *values)}:
        keys = [*month, Value(group, "STRING", sql_name(group))]
        per = " and ".join(key.name for key in keys)
        by = f"{fact.name}_by_{group.removeprefix(fact.name + '_')}"
        name = _free(plan, identifier(by)[:LONGEST].rstrip("_"))
        marts.append(MartPlan(name, f"One row per {per}.", fact.name, when, keys, values))
    if not marts:
        keys = [Value("file", "STRING", "source_file")]
        grain = f"One row per landing file of {fact.name}."
        name = _free(plan, f"{fact.name}_by_file")
        marts.append(MartPlan(name, grain, fact.name, "", keys, values))
    return marts


def _free(plan: Plan, name: str) -> str:
    """The name, or one like it that no source has: a query could not tell the two apart."""
    taken = {source.name for source in plan.sources}
    while name in taken:
        name += "_mart"
    return name


def month_of(column: str) -> str:
    """SQL: the first day of the month."""
    return f"cast(date_trunc('month', {sql_name(column)}) as date)"


def _weight(source: SourcePlan) -> tuple:
    measured = [v for v in _measures(source) if v.name.startswith(("sum_", "mean_"))]
    dated, amounts = bool(_when(source)), bool(measured)
    return dated and amounts, dated and bool(source.refs), dated or amounts, source.table.rows


def _when(source: SourcePlan) -> str:
    """The date that says when what the row tells of took place."""
    half = source.table.rows / 2
    dates = [g for g in source.guesses.values()
             if g.kind in ("date", "timestamp") and g.looks.given >= half]  # fmt: skip
    ranked = sorted(dates, key=lambda g: (bool(NOT_WHEN.search(g.words)), not WHEN.search(g.words)))
    return ranked[0].name if ranked else ""


def _measures(source: SourcePlan) -> list[Value]:
    """The sums of what adds up; the means of what does not, where nothing does."""
    linked = {ref.link.column for ref in source.refs}
    able = [
        g for g in source.guesses.values()
        if g.kind in ("money", "number", "real", "integer") and g.name not in linked
        and g.words and g.name not in source.key.columns and g.looks.distinct > 1
        and not is_identifier(g.words) and not (g.kind == "integer" and THING.search(g.words))
    ]  # fmt: skip
    able.sort(key=lambda g: g.kind != "money")
    adds = [g for g in able if not NO_SUM.search(g.words)][:MOST_SUMS]
    return [_sum(g) for g in adds] or [_mean(g) for g in able[:MOST_COUNTS]]


def _sum(guess: Guess) -> Value:
    name = sql_name(guess.name)
    exact = f"DECIMAL(28,{guess.scale})"
    kinds = {"integer": ("BIGINT", f"sum({name})"), "real": ("DOUBLE", f"sum({name})")}
    kind, sql = kinds.get(guess.kind, (exact, f"cast(sum({name}) AS {exact})"))
    return Value(f"sum_{guess.name}", kind, sql)


def _mean(guess: Guess) -> Value:
    return Value(f"mean_{guess.name}", "DOUBLE", f"cast(avg({sql_name(guess.name)}) AS DOUBLE)")


def _counts(source: SourcePlan) -> list[Value]:
    """How many different orders, customers and the like."""
    named = [*source.key.columns[:1]] if len(source.key.columns) > 1 else []
    named += [ref.link.column for ref in source.refs]
    chosen = list(dict.fromkeys(named))[:MOST_COUNTS]
    return [Value(f"different_{c}", "BIGINT", f"count(DISTINCT {sql_name(c)})") for c in chosen]


def _group(plan: Plan, source: SourcePlan) -> str:
    """The text by which the rows are best told apart: one that is brought, or the source's own."""
    sizes = dict(source.dimensions)
    for ref in source.refs:
        sizes |= {here: size for here, there in ref.bring.items()
                  if (size := _size(plan, ref.link.target, there))}  # fmt: skip
    ranked = sorted(
        sizes, key=lambda name: (*group_rank(name), name in source.guesses, sizes[name] < 3)
    )
    return ranked[0] if ranked else ""


def _size(plan: Plan, source: str, column: str) -> int:
    """How many values a column has that is brought from ``source``; 0 for too many."""
    there = plan.source(source)
    if column in there.guesses:
        return there.dimensions.get(column, 0)
    for ref in there.refs:
        if column in ref.bring:
            return _size(plan, ref.link.target, ref.bring[column])
    return 0
