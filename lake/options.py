"""Where the lake is: the options that every verb takes, before the verb or after it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from jobs.settings import Zones

DEFAULT_ROOT = "lake-data"
# A lake's folder may hold its definition, beside its zones.
OWN_DEFINITION = "definition"
DEBUG = "lake.debug"
ZONES = ("landing", "bronze", "silver", "gold")
ENVIRONMENT = {
    "root": "LAKE_ROOT", "definition": "LAKE_DEFINITION", **{z: f"LAKE_{z.upper()}" for z in ZONES}
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Which lake a verb works on. root: as the user gave it, "" where the zones were given one
    by one. definition: a folder, "" for the one that ships."""

    root: str
    zones: Zones
    definition: str

    @property
    def on_s3(self) -> bool:
        """Whether a zone is on S3."""
        return any(getattr(self.zones, zone).startswith(("s3://", "s3a://")) for zone in ZONES)

    def command(self, words: str) -> str:
        """What to type for ``lake WORDS`` on this lake, the way the command was typed now."""
        here = Path(sys.argv[0])
        installed = here.name != "lake" or shutil.which("lake")
        return f"{'lake' if installed else os.path.relpath(here)} {words}{self._said}"

    @property
    def _said(self) -> str:
        if self.root == DEFAULT_ROOT:
            return ""
        if self.root:
            return f" --root {self.root}"
        return "".join(f" --{zone} {getattr(self.zones, zone)}" for zone in ZONES)


class Verb(click.Command):
    """A command that also takes the shared options; its callback gets a Place first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own = tuple(self.params)
        self.params = [*self.params, *shared(with_environment=False)]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verb's own options first, the shared ones under a heading of their own."""
        records = [(p, p.get_help_record(ctx)) for p in self.get_params(ctx)]
        for title, chosen in (
            (
                "Options",
                [
                    r
                    for p, r in records
                    if r and isinstance(p, click.Option) and (p in self.own or p.name == "help")
                ],
            ),
            ("Which lake", [r for p, r in records if r and p.name in (*ENVIRONMENT, "debug")]),
        ):
            if chosen:
                with formatter.section(title):
                    formatter.write_dl(chosen)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the verb on the lake that the options name."""
        names = (*ENVIRONMENT, "debug")
        given = {**(ctx.obj or {}), **{n: v for n in names if (v := ctx.params.pop(n, None))}}
        ctx.meta[DEBUG] = bool(given.get("debug"))
        ctx.obj = place(given)
        return super().invoke(ctx)


def shared(with_environment: bool) -> list[click.Parameter]:
    """The shared options. Only those before the verb read the environment, so that it never
    outweighs what is typed."""
    texts = {
        "root": "The lake's folder or URI.  [default: the one around here with a definition/, else "
        f"./{DEFAULT_ROOT}]",
        **{zone: f"The {zone} zone, where it is not below the root." for zone in ZONES},
        "definition": "The lake definition's folder.  "
        "[default: definition/ in the lake's folder, else the retail lake]",
    }
    options: list[click.Parameter] = [
        click.Option(
            [f"--{name}"],
            help=f"{text}  [env: {ENVIRONMENT[name]}]",
            metavar="FOLDER" if name == "definition" else "FOLDER|URI",
            envvar=ENVIRONMENT[name] if with_environment else None,
        )
        for name, text in texts.items()
    ]
    return [*options, click.Option(["--debug"], is_flag=True, help="Errors with their traceback.")]


def place(given: dict[str, Any]) -> Place:
    """The lake that options name; a local folder becomes absolute.

    With none, it is the one whose folder this is, or is below: a folder with a definition.
    """
    one_by_one = {zone: _absolute(given[zone]) for zone in ZONES if given.get(zone)}
    root = given.get("root") or ("" if len(one_by_one) == len(ZONES) else DEFAULT_ROOT)
    around = None if given.get("root") or one_by_one else _around(Path.cwd())
    where = str(around) if around else _absolute(root or DEFAULT_ROOT)
    own = str(Path(where) / OWN_DEFINITION) if holds_definition(Path(where)) else ""
    zones = replace(Zones.under(where), **one_by_one)
    return Place("" if one_by_one else root, zones, given.get("definition") or own)


def holds_definition(folder: Path) -> bool:
    """Whether a folder is a lake's that holds its own definition."""
    own = folder / OWN_DEFINITION
    return any((own / "sources").glob("*.py")) or any(own.glob("*.py"))


def _around(folder: Path) -> Path | None:
    """The lake's folder that ``folder`` is, or is in."""
    return next((f for f in (folder, *folder.parents) if holds_definition(f)), None)


def from_environment(environment: Mapping[str, str]) -> Place:
    """The lake that the environment alone names, as the options before the verb would."""
    return place({name: environment.get(variable) for name, variable in ENVIRONMENT.items()})


def _absolute(where: str) -> str:
    return where if "://" in where else str(Path(where).expanduser().absolute())
