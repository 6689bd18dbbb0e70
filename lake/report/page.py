"""The page: everything that was found out, set by the template into one file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import jinja2

from jobs.load import load
from lake import state
from lake.native import Native
from lake.options import Place
from lake.report import business, proof, style, trust
from lake.report.parts import Figure
from lake.report.words import readable

PAGE, CHARTS = "index.html", "charts"
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Made:
    """What was written. charts: how many, each as PNG and as SVG."""

    page: Path
    charts: int


def make(place: Place, folder: Path, title: str, *, with_values: bool = True) -> Made:
    """Writes the page and its charts into ``folder``, which is made.

    title: the page's heading; made from the definition's folder where empty. with_values:
    show what stood in quarantined rows. What else is in the folder is left alone, except
    charts of an earlier page.
    """
    style.prepare()
    native, definition = Native(place), load(place.definition)
    subjects, tiles = business.subjects(native, definition)
    files = state.files(native)
    known = trust.read(native, definition, files, with_values=with_values)
    proofs = proof.figures(known)
    headline = proof.tile(known)
    text = _template().render(
        title=title or _title(place),
        made=datetime.now(timezone.utc),
        css=(HERE / "page.css").read_text(encoding="utf-8"),
        tiles=[*tiles, *([headline] if headline else [])],
        subjects=subjects,
        trust=known,
        holder=state.holder(place),
        proofs=proofs,
        commands={words: place.command(words) for words in ("run", "quarantine --show", "status")},
    )
    figures = [f for subject in subjects for f in subject.figures] + list(proofs.values())
    _write(folder, text, figures)
    return Made(folder / PAGE, len(figures))


def _title(place: Place) -> str:
    folder = Path(place.definition).resolve().name if place.definition else "retail"
    named = Path(place.definition).resolve().parent.name if folder == "definition" else folder
    return f"{readable(named)} report"


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("page.html.j2")


def _write(folder: Path, text: str, figures: list[Figure]) -> None:
    charts = folder / CHARTS
    charts.mkdir(parents=True, exist_ok=True)
    for old in (*charts.glob("*.png"), *charts.glob("*.svg")):
        old.unlink()
    for figure in figures:
        (charts / f"{figure.slug}.png").write_bytes(figure.png)
        (charts / f"{figure.slug}.svg").write_text(figure.svg, encoding="utf-8")
    (folder / PAGE).write_text(text, encoding="utf-8")
