"""The page of plain facts that a run ends with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from jobs.load import load
from jobs.printable import printable
from jobs.report import LOOK_AT, Books, FileNote, Replaced, Report, failed
from lake.display import heading, interactive, number, table
from lake.options import Place
from lake.output import echo, secho
from lake.progress import Span

HEAD = 8


def page(report: Report, spans: Mapping[str, Span], place: Place) -> None:
    """Prints what the run did, to which lake, what to type next, and last what failed."""
    _page(report, spans, place)
    if report.failures:
        echo()
    for said in failed(report):
        secho(printable(said), fg="red" if interactive() else None)


def _page(report: Report, spans: Mapping[str, Span], place: Place) -> None:
    if report.status == "unchanged":
        echo("nothing new: nothing changed")
    if not report.books and not report.notes:
        if report.failures:
            return
        echo(
            f"No file has landed in {place.zones.landing} yet: put CSV files into its folder of a "
            f"source, or try `{place.command('generate')}`."
        )
        return
    if report.books:
        _books(report.books)
        _rules(report.books, place)
        _replaced(report.replaced)
    _notes(report.notes, place)
    if report.status != "unchanged":
        _speed(report, spans)
    if report.status in ("done", "attention"):
        _mart(place)
    _next(report, place)
    warn(report.replaced)


def as_dict(report: Report, spans: Mapping[str, Span]) -> dict[str, Any]:
    """The report for scripts; seconds of the layers as a clock on the wall has them."""
    told = report.as_dict()
    told["replaced"] = [{**asdict(one), "warning": one.warning} for one in report.replaced]
    for books, given in zip(told["books"], report.books, strict=True):
        books["balanced"] = given.balanced
    told["layers"] = {layer: {"seconds": span.seconds} for layer, span in spans.items()}
    return told


def _books(books: tuple[Books, ...]) -> None:
    heading("Every record that has landed, and where it is now")
    names = ["source", "landed", "published", "quarantined", "superseded", "the sum"]
    rows = [
        [
            b.source, b.landed, b.published, b.quarantined, b.superseded,
            "is right" if b.balanced else "DOES NOT HOLD",
        ]
        for b in books
    ]  # fmt: skip
    total = [sum(column) for column in zip(*(row[1:5] for row in rows), strict=True)]
    right = "is right" if all(b.balanced for b in books) else "DOES NOT HOLD"
    rows = [*rows, ["all", *total, right]]
    beside = any(b.files_on_hold for b in books)
    if beside:
        names, held = [*names, "on hold"], [b.on_hold for b in books]
        rows = [[*row, count] for row, count in zip(rows, [*held, sum(held)], strict=True)]
    table(names, rows, right={*names[1:5], "on hold"})
    echo("landed = published + quarantined + superseded" + "; on hold is beside it" * beside)
    for b in books:
        if b.files_on_hold:
            echo(f"on hold: {b.on_hold:,} records in {_files(b.files_on_hold)} of {b.source}")
        if b.files_rejected:
            echo(
                f"rejected: {_files(b.files_rejected)} of {b.source}, whose records are not counted"
            )


def _files(count: int) -> str:
    return f"{count:,} file{'s'[: count != 1]}"


def _replaced(found: tuple[Replaced, ...]) -> None:
    if not found:
        return
    heading("Superseded by this run: rows that another row of their key replaced")
    names = ["source", "identical copies", "replaced other values"]
    table(names, [[r.source, r.identical, r.changed] for r in found], right=set(names[1:]))


def warn(found: Iterable[Replaced]) -> None:
    """Says of which sources the key is in doubt."""
    for replaced in found:
        if replaced.warning:
            echo()
            secho(f"Warning: {replaced.warning}", fg="yellow" if interactive() else None)


def _rules(books: tuple[Books, ...], place: Place) -> None:
    rows = [
        [b.source, rule, count]
        for b in books
        for rule, count in sorted(b.by_rule.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    if rows:
        heading("In quarantine, by what is wrong (a row can have several violations)")
        table(["source", "violation", "rows"], rows, right={"rows"})
        echo(f"`{place.command('quarantine --show')}` shows the rows.")


def _notes(notes: tuple[FileNote, ...], place: Place) -> None:
    if not notes:
        return
    heading("Landing files that need a look")
    for note in sorted(notes, key=lambda n: (n.status not in LOOK_AT, n.source, n.path)):
        echo(f"  {note.status}  {printable(f'{note.source}/{note.path}: {note.reason}')}")
    if any(note.status == "held" for note in notes):
        echo(f"`{place.command('accept SOURCE/FILE')}` takes a held file as it is.")


def _speed(report: Report, spans: Mapping[str, Span]) -> None:
    heading("Time")
    rows = []
    for layer, span in spans.items():
        done = [t for t in report.tables if t.layer == layer and t.status == "published"]
        count = sum(t.rows_out for t in done)
        pace = f"{count / span.seconds:,.0f}" if span.seconds and count else ""
        rows.append([layer, len(done), count, span.seconds, pace])
    table(
        ["layer", "tables published", "rows", "seconds", "rows/s"], rows,
        right={"tables published", "rows", "seconds", "rows/s"},
    )  # fmt: skip
    startup = report.startup_seconds
    spark = f"Spark took {number(startup)} s to start; " if startup else ""
    echo(f"{spark}the whole run took {number(report.seconds)} s.")


def _mart(place: Place) -> None:
    """The head of the first mart that goes by periods, else of the first there is."""
    from lake.native import Native, quoted, texts

    marts = load(place.definition).marts.values()
    ordered = sorted(
        marts, key=lambda mart: (mart.name != "monthly_sales_summary", not mart.period)
    )
    native = Native(place)
    for mart in ordered:
        if native.view("gold", mart.name):
            keys = ", ".join(map(quoted, mart.key)) or "ALL"
            head = f"FROM gold.{quoted(mart.name)} ORDER BY {keys} LIMIT {HEAD}"
            names, numbers, rows = texts(native.connection, head)
            heading(f"gold.{mart.name}: {mart.grain}")
            table(names, rows, right=numbers)
            return


def _next(report: Report, place: Place) -> None:
    heading("Where it is")
    for layer in ("bronze", "silver", "gold"):
        echo(f"  {layer:7} {getattr(place.zones, layer)}")
    heading("Next")
    marts = [t.table for t in report.tables if t.layer == "gold"]
    mart = "monthly_sales_summary" if "monthly_sales_summary" in marts else (marts or ["<mart>"])[0]
    for words, why in (
        (f'query "SELECT * FROM gold.{mart} LIMIT 20"', "ask the lake in SQL"),
        ("report", "a page of charts, and of how far to trust them"),
        ("quarantine --show", "the rejected rows, and what is wrong with each"),
        ("status", "tables, runs, and what waits"),
        ("run", "after new files have landed"),
    ):
        echo(f"  {place.command(words)}  # {why}")
