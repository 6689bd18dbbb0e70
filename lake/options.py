"""Where the lake is: the options that every verb takes, before the verb or after it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jobs.errors import DefinitionError
from jobs.settings import SPARK_LOG, Zones
from lake.setup import PROJECT

if TYPE_CHECKING:
    from lake.aws.lake import AwsLake

DEFAULT_ROOT = "lake-data"
# A lake's folder may hold its definition, beside its zones.
OWN_DEFINITION = "definition"
DEBUG = "lake.debug"
ZONES = ("landing", "bronze", "silver", "gold")
ENVIRONMENT = {
    "root": "LAKE_ROOT", "definition": "LAKE_DEFINITION", **{z: f"LAKE_{z.upper()}" for z in ZONES}
}  # fmt: skip
# On AWS a lake is found by its name; what it is made of is not said again.
ON_AWS = ("aws", "name")
DEFAULT_NAME = "medallion"


@dataclass(frozen=True)
class Place:
    """Which lake a verb works on. root: as the user gave it, "" where the zones were given one
    by one. definition: a folder, "" for the one that ships. name: of a lake that is found on AWS
    by its name, else "". aws: that lake, where this process may ask AWS for it."""

    root: str
    zones: Zones
    definition: str
    name: str = ""
    aws: AwsLake | None = field(default=None, compare=False)

    @property
    def lake(self) -> AwsLake:
        """The lake on AWS. Raises DefinitionError for one that was not found there by its name."""
        if self.aws is None:
            raise DefinitionError("This is done to a lake on AWS: say --aws, or --name NAME.")
        return self.aws

    @property
    def folder(self) -> Path | None:
        """The local folder that the zones are in, or the last of them is; None on S3."""
        if "://" in self.zones.gold:
            return None
        return Path(self.zones.gold).parent

    def refuse_none(self) -> None:
        """Raises DefinitionError where there is no lake: no zone, and no definition of its own."""
        zones = {zone: getattr(self.zones, zone) for zone in ZONES}
        folders = [Path(uri) for uri in zones.values() if "://" not in uri]
        if any(map(Path.is_dir, folders)) or (self.folder and holds_definition(self.folder)):
            return
        if any(_holds_files(uri) for uri in zones.values() if "://" in uri):
            return
        one = {uri.rpartition("/")[0] for uri in zones.values()}
        where = one.pop() if len(one) == 1 else ", ".join(zones.values())
        raise DefinitionError(
            f"There is no lake at {where}: it has none of the folders {', '.join(ZONES)}. Name "
            "another with --root, or make one: `lake init --from FOLDER`, or `lake generate` and "
            "`lake run`."
        )

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
        if self.name:
            return " --aws" if self.name == DEFAULT_NAME else f" --name {self.name}"
        if self.root == DEFAULT_ROOT:
            return ""
        if self.root:
            return f" --root {self.root}"
        return "".join(f" --{zone} {getattr(self.zones, zone)}" for zone in ZONES)


class Verb(click.Command):
    """A command that also takes the shared options; its callback gets a Place first."""

    # Which of the shared options it takes, and what it takes for said.
    takes: tuple[str, ...] = (*ENVIRONMENT, *ON_AWS, "debug")
    implied: Mapping[str, Any] = {}
    # Whether there has to be a lake already.
    needs_lake = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own = tuple(self.params)
        options = [o for o in shared(with_environment=False) if o.name in self.takes]
        self.params = [*self.params, *options]

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
            (
                "Which lake",
                [r for p, r in records if r and p not in self.own and p.name in self.takes],
            ),
        ):
            if chosen:
                with formatter.section(title):
                    formatter.write_dl(chosen)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the verb on the lake that the options name."""
        own = {n: v for n in self.takes if (v := ctx.params.pop(n, None))}
        outweighed = _other_place(own)
        before = {
            n: v for n, v in (ctx.obj or {}).items() if n in self.takes and n not in outweighed
        }
        given = {**before, **own, **self.implied}
        ctx.meta[DEBUG] = bool(given.get("debug"))
        if ctx.meta[DEBUG]:
            os.environ.setdefault(SPARK_LOG, "ERROR")
        if not (given.get("aws") or given.get("name")):
            ctx.obj = place(given)
            if self.needs_lake:
                ctx.obj.refuse_none()
            return super().invoke(ctx)
        from lake.aws.lake import open_lake

        lake = open_lake(given.get("name") or "", os.environ, PROJECT / "cdk.json")
        with _plainly(lake.region):
            ctx.obj = place_on_aws(lake, given)
            return super().invoke(ctx)


def _other_place(said: Mapping[str, Any]) -> tuple[str, ...]:
    """The options that name a lake in the other way than these do: what is said behind a verb
    outweighs what stands before it and in the environment."""
    here = ("root", *ZONES)
    if any(name in said for name in here):
        return ON_AWS
    return here if any(name in said for name in ON_AWS) else ()


class LakeVerb(Verb):
    """A verb that works on what a lake holds: there has to be one."""

    needs_lake = True


class AwsVerb(Verb):
    """A verb that is about AWS alone: no zone or root to say, and no need to say --aws."""

    takes: tuple[str, ...] = (*ON_AWS, "debug")
    implied: Mapping[str, Any] = {"aws": True}


def _plainly(region: str) -> AbstractContextManager[None]:
    from lake.aws.errors import plainly

    return plainly(region)


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
    where = "[default: the setting name: LAKE_AWS_NAME, cdk.json, medallion]"
    return [
        *options,
        click.Option(
            ["--aws"], is_flag=True, help="The lake on AWS, by its name.  [env: LAKE_AWS]",
            envvar="LAKE_AWS" if with_environment else None,
        ),
        click.Option(["--name"], metavar="NAME", help=f"Which lake on AWS.  {where}"),
        click.Option(["--debug"], is_flag=True, help="Errors with their traceback."),
    ]  # fmt: skip


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


def _holds_files(uri: str) -> bool:
    from jobs.files import open_store

    try:
        return any(True for _ in open_store(uri).list())
    except PermissionError:
        return True  # it is there: who reads one zone alone need not see the others


def _around(folder: Path) -> Path | None:
    """The lake's folder that ``folder`` is, or is in."""
    return next((f for f in (folder, *folder.parents) if holds_definition(f)), None)


def place_on_aws(lake: AwsLake, given: Mapping[str, Any]) -> Place:
    """The lake that was found on AWS, with the definition that its box was deployed with unless
    another is said. Raises DefinitionError where another place was named too."""
    also = [f"--{name}" for name in ("root", *ZONES) if given.get(name)]
    if also:
        raise DefinitionError(
            f"--aws finds the lake by its name: leave {', '.join(also)} out "
            f"({', '.join(ENVIRONMENT[name[2:]] for name in also)} in the environment)."
        )
    from lake.aws.definition import deployed

    box = deployed(lake)
    definition = given.get("definition") or (box.here if box else "")
    return Place("", lake.zones(), definition, lake.name, lake)


def from_environment(environment: Mapping[str, str]) -> Place:
    """The lake that the environment alone names, as the box's does: its zones, and its name, by
    which its user knows it."""
    named = {name: environment.get(variable) for name, variable in ENVIRONMENT.items()}
    return replace(place(named), name=environment.get("LAKE_NAME", ""))


def _absolute(where: str) -> str:
    return where if "://" in where else str(Path(where).expanduser().absolute())
