"""The words a lake definition is written in: Source, its columns and references, Mart and Chart.

A source or mart file holds one module-level ``Source`` or ``Mart``; the variable's name is
its name. Expressions (``sql=``, checks, repairs) are Spark SQL over the typed columns; the
trimmed text that stood in the file is at hand as ``raw.<column>``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from jobs.sqltext import typed_columns

KNOWN, NOT_KNOWN, NONE_GIVEN = "known", "not known", "none given"


@dataclass(frozen=True)
class Column:
    """One typed column of a source; made by ``text``, ``integer``, ``money`` and the like.

    kind: the type's word. header: the name(s) in the file, matched ignoring case, and any
    spaces and punctuation standing for each other; the column's own name where empty.
    required: a row without a value breaks a rule. optional: files may lack the column; one that
    lacks any other goes on hold, since that may have got another name. nulls: texts that mean
    "no value". mapping: text -> text, matched ignoring case, before parsing. one_of: the only
    values allowed. pattern: a regular expression that the whole value must match. sql: computed
    from other columns instead of read from the file; what does not fit the type breaks a
    rule, but what SQL itself makes null (a cast within it, a division by zero) is null: say
    ``required=True`` to refuse that.
    """

    kind: str
    header: tuple[str, ...] = ()
    required: bool = False
    optional: bool = False
    nulls: tuple[str, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    one_of: tuple[str, ...] = ()
    pattern: str = ""
    sql: str = ""
    formats: tuple[str, ...] = ()
    timezone: str = "UTC"
    decimal: str = "."
    thousands: str = ""
    symbols: str = ""
    precision: int = 18
    scale: int = 2
    case: str = ""
    true: tuple[str, ...] = ()
    false: tuple[str, ...] = ()
    # Options that the column's function was given and does not take.
    refused: tuple[str, ...] = field(default=(), repr=False)

    @property
    def sql_type(self) -> str:
        """The Spark SQL type of the typed column, e.g. ``DECIMAL(18,2)``."""
        types = {
            "text": "STRING",
            "integer": "BIGINT",
            "decimal": f"DECIMAL({self.precision},{self.scale})",
            "float": "DOUBLE",
            "date": "DATE",
            "timestamp": "TIMESTAMP",
            "boolean": "BOOLEAN",
        }
        return types[self.kind]


def as_names(value: str | Iterable[str]) -> tuple[str, ...]:
    """Several words, or one that was written without brackets around it; none for ""."""
    return (value,) if isinstance(value, str) and value else tuple(value)


LISTS = ("header", "nulls", "one_of", "formats", "true", "false")
NUMBERS = ("integer", "decimal", "float")
# The options that some kinds alone take; every kind takes the others.
ONLY: Mapping[str, tuple[str, ...]] = {
    "case": ("text",),
    "formats": ("date", "timestamp"),
    "timezone": ("timestamp",),
    "decimal": NUMBERS,
    "thousands": NUMBERS,
    "symbols": NUMBERS,
    "precision": ("decimal",),
    "scale": ("decimal",),
    "true": ("boolean",),
    "false": ("boolean",),
}
# What is about the text in the file, and so nothing to a column that is computed.
COMPUTED = (
    "header", "nulls", "mapping", "case", "formats", "timezone", "decimal", "thousands",
    "symbols", "true", "false",
)  # fmt: skip


def options_of(kind: str) -> tuple[str, ...]:
    """The options that a column of this kind takes."""
    known = (option.name for option in fields(Column))
    return tuple(
        name
        for name in known
        if name not in ("kind", "refused") and kind in ONLY.get(name, (kind,))
    )


def _column(kind: str, header: str | tuple[str, ...], **options: Any) -> Column:
    """The column, with the names of the options that it does not take: ``lake check`` refuses
    them in one sentence, with the line."""
    taken = options_of(kind)
    told = {"header": header, **options}
    spelt: dict[str, Any] = {
        k: as_names(v) if k in LISTS and isinstance(v, Iterable) else v
        for k, v in told.items()
        if k in taken
    }
    return Column(kind, **spelt, refused=tuple(k for k in told if k not in taken))


def text(header: str | tuple[str, ...] = (), *, case: str = "", **options) -> Column:
    """Text, trimmed of any Unicode white space; empty is no value. ``case``: upper or lower."""
    return _column("text", header, case=case, **options)


def integer(header: str | tuple[str, ...] = (), *, thousands: str = "", **options) -> Column:
    """A whole 64-bit number; a fraction, or one too great, breaks the row's rule. A product in
    ``sql=`` that leaves 64 bits wraps around, as Spark's does: where that may happen, let one
    factor be ``cast(... AS DECIMAL(38,0))``, and what does not fit breaks the rule."""
    if thousands == ".":
        # A whole number has no decimals, so a point in it needs no other mark to be told from.
        options.setdefault("decimal", ",")
    return _column("integer", header, thousands=thousands, **options)


def number(
    header: str | tuple[str, ...] = (), *, precision: int = 18, scale: int = 4, **options
) -> Column:
    """An exact decimal. More decimals than ``scale`` break the rule; nothing is rounded."""
    return _column("decimal", header, precision=precision, scale=scale, **options)


def money(
    header: str | tuple[str, ...] = (),
    *,
    decimal: str = ".",
    thousands: str = "",
    symbols: str = "",
    scale: int = 2,
    **options,
) -> Column:
    """An exact amount, DECIMAL(18,2). ``symbols`` (``"$€"``) are removed; ``thousands``
    separators must stand in groups of three; ``(12.00)`` and ``12.00-`` are negative."""
    return _column(
        "decimal", header, decimal=decimal, thousands=thousands, symbols=symbols, scale=scale,
        **options,
    )  # fmt: skip


def real(header: str | tuple[str, ...] = (), **options) -> Column:
    """A double, for measurements; NaN and Infinity break the rule, and -0.0 is 0.0. Never use it
    for money."""
    return _column("float", header, **options)


def date(*formats: str, header: str | tuple[str, ...] = (), **options) -> Column:
    """A calendar date of the years 1 to 9999 in one of ``formats`` (Spark's datetime patterns;
    default yyyy-MM-dd)."""
    return _column("date", header, **{"formats": formats or ("yyyy-MM-dd",), **options})


def timestamp(
    *formats: str, header: str | tuple[str, ...] = (), timezone: str = "UTC", **options
) -> Column:
    """A moment in one of ``formats``, read in ``timezone`` and stored in UTC."""
    given = {"formats": formats or ("yyyy-MM-dd HH:mm:ss",), "timezone": timezone, **options}
    return _column("timestamp", header, **given)


def boolean(
    header: str | tuple[str, ...] = (),
    *,
    true: tuple[str, ...] = ("true", "t", "yes", "y", "1"),
    false: tuple[str, ...] = ("false", "f", "no", "n", "0"),
    **options,
) -> Column:
    """True or false, from the listed words ignoring case."""
    return _column("boolean", header, true=true, false=false, **options)


# By kind, a column with nothing but defaults, and the function's name.
MADE = {
    made.kind: made
    for made in (text(), integer(), number(), real(), date(), timestamp(), boolean())
}
FUNCTIONS = {**{kind: kind for kind in MADE}, "decimal": "number and money", "float": "real"}


@dataclass(frozen=True)
class Reference:
    """A column that names a row of another source.

    to: the other source. column: the column of it that is named; its key where empty.
    by: the column here that names it, where the reference itself is called otherwise (one
    column can name rows of two sources). required: a row waits in quarantine until the
    other row has come; otherwise it is published at once as ``not known`` and healed
    later. bring: columns of the other source's silver table to carry along, its own or
    those it brings itself, as names or {name here: name there}. key: the name of the
    surrogate-key column here; the other source's own where empty.
    """

    to: str
    column: str = ""
    by: str = ""
    required: bool = False
    bring: Mapping[str, str] | str | tuple[str, ...] = ()
    key: str = ""

    @property
    def brought(self) -> dict[str, str]:
        """{column here: column there}."""
        bring = self.bring
        return dict(bring) if isinstance(bring, Mapping) else {n: n for n in as_names(bring)}


@dataclass(frozen=True)
class Repair:
    """Sets ``column`` to ``to`` (SQL) on the rows where ``when`` (SQL) holds; the row says so.

    Repairs run in the order they are written, each seeing what the ones before it did,
    before checks. A repair of a value that did not parse takes that broken rule away; ``to``
    may be ``"null"``.
    """

    column: str
    when: str
    to: str


@dataclass(frozen=True)
class Source:
    """One kind of landing file: how to read it, what it must be, and the tables it fills.

    columns: {name: Column}. key: the business key's column(s); empty: every line is a fact
    of its own. latest_by: column(s) whose greatest value wins when a key repeats (then the
    greater path, then the later line). checks: {sentence: SQL that must not be false}.
    repairs: {sentence: Repair}. references: {column, or the reference's own name with ``by=``:
    Reference or name of the other source}; the row's ``<that>_status`` says what is known of it.
    max_bad_share: a file with a greater share of bad rows (0 to 1) is held as a whole.
    distinct: without a key, identical lines count once. bronze, silver: table names.
    surrogate_key: the name of the 64-bit key column. landing: the folder's name.
    """

    columns: Mapping[str, Column]
    key: str | tuple[str, ...] = ()
    latest_by: str | tuple[str, ...] = ()
    references: Mapping[str, str | Reference] = field(default_factory=dict)
    checks: Mapping[str, str] = field(default_factory=dict)
    repairs: Mapping[str, Repair] = field(default_factory=dict)
    bronze: str = ""
    silver: str = ""
    surrogate_key: str = ""
    landing: str = ""
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    header: bool = True
    max_bad_share: float = 0.5
    distinct: bool = False
    name: str = ""
    grain: str = ""

    @property
    def referring(self) -> dict[str, Reference]:
        """The references spelt out: all of them, once the definition is loaded."""
        return {label: r for label, r in self.references.items() if isinstance(r, Reference)}


@dataclass(frozen=True)
class Period:
    """What a mart is recomputed by: ``column`` of the mart = ``expression`` over ``table``.

    The query then sees, of ``table``, the rows of the periods in hand alone. A mart that looks
    beyond them (a running total, the period before, a customer's first purchase) has no period.

    within: a column of the mart that is a plain column of ``table``, of the same name, by which the
    mart's rows of a period do not depend on each other, such as the customer of a mart of months
    and customers. Where few of its values changed, the query sees the rows that have them alone.
    """

    column: str
    table: str
    expression: str
    within: str = ""


@dataclass(frozen=True)
class Chart:
    """One chart of a mart on the page that ``lake report`` writes: data alone, no drawing.

    kind: ``trend``, the value period by period, beside the same period a year before;
    ``bars``, the value of each of ``by``; ``movers``, which of ``by`` grew and which faded
    most against the year before; ``heat``, how ``by`` (rows) and ``across`` (columns)
    changed against the year before. title: what it shows; made from the columns where
    empty. value: the column that is summed over the mart's rows; the rows are counted where
    empty; bars may have two, drawn side by side. per: the column whose sum the value's sum
    is divided by, for an average that is right over any rows. by, across: columns. label:
    the column that names each of ``by`` to a reader. unit: what stands before the number.
    top: how many of ``by`` are drawn, the greatest first. note: a sentence that a reader
    should know.

    Bars, movers and heat are of the latest twelve complete months of a mart that has a
    period (movers: the latest three), and of all rows of one that has none.
    """

    kind: str
    title: str = ""
    value: str | tuple[str, ...] = ""
    per: str = ""
    by: str = ""
    across: str = ""
    label: str = ""
    unit: str = ""
    top: int = 10
    note: str = ""

    @property
    def values(self) -> tuple[str, ...]:
        """The columns that are summed; ("",) counts rows."""
        return as_names(self.value) or ("",)


@dataclass(frozen=True)
class Mart:
    """One gold table: a SQL query over silver tables and other marts.

    reads: the tables the query names. columns: the table's contract as SQL DDL; a number that
    is too great for its type stops the mart. key: the columns of its grain. period: recompute
    only what new data touched; whole where None.
    ``quarantine`` and ``files`` (one row per landing file) can be read too. charts: how the
    report draws it; None draws what its columns suggest, () nothing.
    """

    sql: str
    reads: tuple[str, ...]
    columns: str
    key: tuple[str, ...]
    period: Period | None = None
    # Left out of repr, from which the fingerprint is made: another drawing rebuilds no table.
    charts: tuple[Chart, ...] | None = field(default=None, repr=False)
    name: str = ""
    grain: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "reads", as_names(self.reads))
        object.__setattr__(self, "key", as_names(self.key))

    @property
    def types(self) -> dict[str, str]:
        """{column: its SQL type} of the contract."""
        return typed_columns(self.columns)
