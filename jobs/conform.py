"""Bronze rows held against their contract: typed, repaired, keyed, and told what they break.

Pure frames in, frames out. The result of ``conform`` has one row per bronze row, with the
contract's columns typed, ``_key`` (BIGINT) and ``_key_text``, ``_broken`` (every rule the
row breaks, null where none), ``_repairs`` (the repairs made, null where none), ``_raw`` and
``_record`` (what stood in the file, for rows
that are broken or may have to wait) and the lineage columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pyspark.sql import DataFrame

from jobs import keys
from jobs.definition import Column, Source
from jobs.headers import sanitise
from jobs.load import LINEAGE
from jobs.parse import beyond_time, is_reworded, meant, trimmed, typed, unsigned
from jobs.sqltext import literal, name

KINDS = {
    "integer": "a whole number",
    "decimal": "an amount",
    "float": "a number",
    "date": "a date",
    "timestamp": "a timestamp",
    "boolean": "a yes-or-no",
    "text": "a text",
}
BROKEN_TYPE = "ARRAY<STRUCT<rule:STRING,column:STRING,value:STRING>>"
CARRIED = (*LINEAGE, "_malformed", "_record", "_quarantine_id")


def conform(bronze: DataFrame, source: Source) -> DataFrame:
    """``bronze`` typed and judged; a contract column is fed by every bronze column that has
    one of its header names."""
    frame = _with_typed(_with_texts(bronze, source), source)
    frame = _with_repairs(frame, source, computed=False)
    for column, spec in source.columns.items():
        if spec.sql:
            frame = frame.selectExpr("*", *_computed(column, spec))
    frame = _with_repairs(frame, source, computed=True)
    return _judged(frame, source, stood_columns(bronze))


def _computed(column: str, spec: Column) -> Iterable[str]:
    """SQL: the value, and whether it was lost because it does not fit the type."""
    given = f"({_given(spec.sql)})"
    # To a whole number, a plain cast would wrap around.
    cast = "try_cast" if spec.kind == "integer" else "cast"
    value = unsigned(f"{cast}({given} AS {spec.sql_type})", spec)
    yield f"{value} AS {name(column)}"
    if spec.kind != "text":
        yield f"({given} IS NOT NULL AND {value} IS NULL) AS {name('_bad_' + column)}"


# A row passes through some ten projections, each of which writes it anew. What stood in the file,
# and the same without white space around it, travel as two structs: two copies each time, not two
# for every column.
STOOD = "_stood"
_BRONZE_OWN = (*LINEAGE, "ingestion_timestamp", "run_id")


def _given(expression: str) -> str:
    """A contract's expression, whose last line may end in a comment."""
    return f"{expression}\n"


def _texts(source: Source) -> str:
    """The struct of texts, by the name that expressions call it; a contract's own column of that
    name goes before it."""
    return "_texts" if "raw" in (column.lower() for column in source.columns) else "raw"


def _text(column: str, source: Source) -> str:
    """SQL: the text that a column is read from."""
    return f"{_texts(source)}.{name(column)}"


def _struct(fields: Mapping[str, str]) -> str:
    """SQL: a struct of {name: SQL}."""
    listed = ", ".join(f"{sql} AS {name(field)}" for field, sql in fields.items())
    return f"struct({listed})" if fields else "cast(null AS STRING)"


def stood_columns(bronze: DataFrame) -> list[str]:
    """The bronze columns that stood in the file."""
    return [
        c
        for c in bronze.columns
        if c == "_quarantine_id" or not (c.startswith("_") or c in _BRONZE_OWN)
    ]


def _read(source: Source) -> dict[str, Column]:
    """The columns that are read from the file, not computed."""
    return {column: spec for column, spec in source.columns.items() if not spec.sql}


def _with_texts(bronze: DataFrame, source: Source) -> DataFrame:
    have = set(bronze.columns)
    carried = [c if c in have else f"cast(null AS STRING) AS {c}" for c in CARRIED]
    texts = {column: _fed(bronze, column, spec) for column, spec in _read(source).items()}
    raw = [f"{text} AS {name('_raw_' + column)}" for column, text in texts.items()]
    said = [
        f"{meant(texts[column], spec)} AS {name('_said_' + column)}"
        for column, spec in _read(source).items()
        if is_reworded(spec)
    ]
    stood = _struct({c: name(c) for c in stood_columns(bronze)})
    return bronze.selectExpr(*carried, *raw, *said, f"{stood} AS {STOOD}")


def _fed(bronze: DataFrame, column: str, spec: Column) -> str:
    wanted = dict.fromkeys(sanitise((header,))[0] for header in spec.header or (column,))
    feeding = [trimmed(c) for c in wanted if c in bronze.columns]
    return f"coalesce({', '.join(feeding)})" if feeding else "cast(null AS STRING)"


def _with_typed(frame: DataFrame, source: Source) -> DataFrame:
    read = _read(source)
    texts = _struct({c: name("_raw_" + c) for c in read})
    said = {c: name(("_said_" if is_reworded(spec) else "_raw_") + c) for c, spec in read.items()}
    values = [f"{typed(said[c], spec)} AS {name(c)}" for c, spec in read.items()]
    return frame.selectExpr(*CARRIED, STOOD, f"{texts} AS {_texts(source)}", *values)


def _with_repairs(frame: DataFrame, source: Source, *, computed: bool) -> DataFrame:
    for number, repair in enumerate(source.repairs.values()):
        spec = source.columns[repair.column]
        if bool(spec.sql) != computed:
            continue
        needed = f"coalesce(({_given(repair.when)}), false)"
        mended = unsigned(f"cast(({_given(repair.to)}) AS {spec.sql_type})", spec)
        value = (
            f"CASE WHEN {needed} THEN {mended} "
            f"ELSE {name(repair.column)} END AS {name(repair.column)}"
        )
        kept = (value if c == repair.column else name(c) for c in frame.columns)
        frame = frame.selectExpr(*kept, f"{needed} AS {_done(number)}")
    return frame


def _done(number: int) -> str:
    """SQL: whether the repair of this number was made."""
    return name(f"_repair_{number}")


def _unread(column: str, source: Source) -> str:
    """SQL: whether a value was given, but none could be made of it, nor was it repaired; or is a
    day that no calendar has."""
    spec = source.columns[column]
    lost = f"{meant(_text(column, source), spec)} IS NOT NULL AND {name(column)} IS NULL"
    repairs = enumerate(source.repairs.values())
    mended = [f" AND NOT {_done(n)}" for n, repair in repairs if repair.column == column]
    bad = f"({name('_bad_' + column) if spec.sql else lost}{''.join(mended)})"
    dated = spec.kind in ("date", "timestamp")
    return f"({bad} OR {beyond_time(column, spec)})" if dated else bad


def rules(source: Source) -> Iterable[tuple[str, str, str]]:
    """Every violation of the contract: (what to say of a row, column or "", SQL that is true
    when it is one)."""
    needed = {*source.key, *(r.by for r in source.referring.values() if r.required)}
    for column in source.columns:
        yield from _column_rules(column, source, required=column in needed)
    for sentence, check in source.checks.items():
        # A check says what must hold; a row that is shown beside it is one that does not.
        yield f"failed: {sentence}", "", f"coalesce(NOT ({_given(check)}), false)"


def _column_rules(column: str, source: Source, *, required: bool) -> Iterable[tuple[str, str, str]]:
    value, spec, bad = name(column), source.columns[column], _unread(column, source)
    parses = spec.kind != "text"
    if parses:
        said = "cannot be computed" if spec.sql else f"is not {KINDS[spec.kind]}"
        yield f"{column} {said}", column, bad
    if required or spec.required:
        missing = f"({value} IS NULL AND NOT {bad})" if parses else f"{value} IS NULL"
        yield f"{column} is missing", column, missing
    if spec.pattern:
        match = f"{value} RLIKE {literal('^(?:' + spec.pattern + ')$')}"
        yield f"{column} does not look like {spec.pattern}", column, f"coalesce(NOT {match}, false)"
    if spec.one_of:
        words = ", ".join(spec.one_of)
        listed = ", ".join(literal(word) for word in spec.one_of)
        yield (
            f"{column} is not one of {words}",
            column,
            f"coalesce({value} NOT IN ({listed}), false)",
        )


def _judged(frame: DataFrame, source: Source, stood: list[str]) -> DataFrame:
    told = list(rules(source))
    done = [_done(number) for number in range(len(source.repairs))]
    judged = frame.selectExpr(
        "*",
        *_masks([condition for _, _, condition in told], "_rules"),
        *_masks(done, "_repaired"),
    )
    any_rule, any_repair = _any(len(told), "_rules"), _any(len(done), "_repaired")
    broken = (
        f"CASE WHEN _malformed IS NOT NULL THEN {MALFORMED} "
        f"WHEN {any_rule} THEN {_listed(_spelt(told, source), '_rules')} END"
    )
    sentences = [literal(sentence) for sentence in source.repairs]
    repairs = f"CASE WHEN {any_repair} THEN {_listed(sentences, '_repaired')} END"
    pairs = ", ".join(f"{literal(c)}, {STOOD}.{name(c)}" for c in stood)
    key = _key_columns(source)
    # A row that breaks no rule may yet have to wait for a row that it requires.
    may_wait = any(r.required for r in source.referring.values())
    wanted = "true" if may_wait else any_rule
    return judged.selectExpr(
        *LINEAGE,
        "_quarantine_id",
        *(name(c) for c in source.columns),
        f"cast({broken} AS {BROKEN_TYPE}) AS _broken",
        f"cast({repairs} AS ARRAY<STRING>) AS _repairs",
        f"CASE WHEN _malformed IS NULL AND {wanted} THEN map({pairs}) END AS _raw",
        "CASE WHEN _malformed IS NOT NULL THEN _record END AS _record",
        f"{keys.encoded(key)} AS _key_text",
        f"{keys.surrogate(key)} AS _key",
    )


MALFORMED = "array(struct(_malformed AS rule, '' AS column, cast(null AS STRING) AS value))"
BITS = 62


def _masks(conditions: list[str], called: str) -> list[str]:
    """SQL: which of ``conditions`` hold, a bit each, as BIGINT columns ``<called>_0``, ..."""
    masks = []
    for start in range(0, len(conditions), BITS):
        bits = [
            f"CASE WHEN {condition} THEN {1 << n}L ELSE 0L END"
            for n, condition in enumerate(conditions[start : start + BITS])
        ]
        masks.append(f"({' | '.join(bits)}) AS {called}_{start // BITS}")
    return masks


def _any(count: int, called: str) -> str:
    """SQL: whether any of ``count`` conditions holds."""
    masks = [f"{called}_{n} <> 0" for n in range(-(-count // BITS))]
    return f"({' OR '.join(masks)})" if masks else "false"


def _listed(values: list[str], called: str) -> str:
    """SQL: an array of the values whose condition holds."""
    chosen = (
        f"CASE WHEN ({called}_{n // BITS} & {1 << n % BITS}L) <> 0 THEN {value} END"
        for n, value in enumerate(values)
    )
    return f"array_compact(array({', '.join(chosen)}))" if values else "null"


def _spelt(told: list[tuple[str, str, str]], source: Source) -> list[str]:
    """SQL: each rule in words, with its column and that column's raw value."""
    spelt = []
    for sentence, column, _ in told:
        value = "cast(null AS STRING)"
        if column:
            value = f"cast({name(column)} AS STRING)"
            if not source.columns[column].sql:
                value = _text(column, source)
        spelt.append(
            f"struct({literal(sentence)} AS rule, {literal(column)} AS column, {value} AS value)"
        )
    return spelt


def _key_columns(source: Source) -> tuple[str, ...]:
    if source.key:
        return tuple(source.key)
    if source.distinct:
        return tuple(c for c, s in source.columns.items() if not s.sql)
    return LINEAGE
