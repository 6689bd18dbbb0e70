"""`lake init`: a folder of CSV files becomes a lake."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobs.printable import printable
from lake.options import Place, Verb
from lake.output import echo

if TYPE_CHECKING:
    from lake.init.marts import MartPlan
    from lake.init.plan import Plan

SHOWN = 12


@click.command("init", cls=Verb, short_help="Make a lake of a folder of CSV files.")
@click.argument("folder", type=click.Path(path_type=Path), metavar="MY-LAKE")
@click.option(
    "--from", "csv_folder", required=True, type=click.Path(path_type=Path), metavar="FOLDER",
    help="Where the CSV files are, in any folders below.",
)  # fmt: skip
@click.option("--link", is_flag=True, help="Land links to the files, not copies of them.")
@click.option("--json", "for_scripts", is_flag=True, help="What was found, as JSON.")
@click.pass_obj
def verb(place: Place, folder: Path, csv_folder: Path, link: bool, for_scripts: bool) -> None:
    """Make a lake of a folder of CSV files: look at every row, and write a lake definition.

    Files of one name (but for its dates) and one header are one source. Types, formats, keys and
    references come from all rows, and stand in the definition with their evidence. The files are
    copied into the new lake's landing zone; the folder they come from is left as it is.

    \b
    Example:
      lake init my-lake --from ~/exports
      cd my-lake && lake run
    """
    from lake.display import as_json
    from lake.init.marts import plan_marts
    from lake.init.plan import make_plan
    from lake.init.write import decisions, refuse_taken, write

    refuse_taken(folder)
    plan = make_plan(csv_folder, lambda step: None if for_scripts else echo(f"looking: {step}"))
    marts = plan_marts(plan)
    write(plan, marts, folder, link=link)
    if for_scripts:
        as_json(_as_dict(plan, marts, decisions(plan)))
    else:
        _tell(plan, marts, decisions(plan), replace(place, root=str(folder)))


def _as_dict(plan: Plan, marts: list[MartPlan], to_decide: list[str]) -> dict:
    return {
        "sources": {
            s.name: {
                "files": [f.path for f in s.landed],
                "records": s.table.records,
                "key": list(s.key.columns),
                "columns": {g.name: g.call for g in s.guesses.values()},
                "references": {ref.label: ref.link.target for ref in s.refs},
            }
            for s in plan.sources
        },
        "marts": [mart.name for mart in marts],
        "decide": to_decide,
        "left_out": dict(plan.left_out),
    }


def _tell(plan: Plan, marts: list[MartPlan], to_decide: list[str], made: Place) -> None:
    from lake.display import heading, table

    rows = [
        [
            s.name, len(s.landed), s.table.records, ", ".join(s.key.columns) or "-",
            ", ".join(s.refers_to) or "-",
        ]
        for s in plan.sources
    ]  # fmt: skip
    echo()
    table(["source", "files", "records", "key", "refers to"], rows, right={"files", "records"})
    for mart in marts:
        echo(f"gold.{mart.name}: {mart.grain}")
    if plan.left_out:
        heading("Files that are not in the lake")
        _listed([f"{path} {why}" for path, why in plan.left_out.items()])
    if to_decide:
        heading("What to decide, now or later (also in README.md)")
        _listed(to_decide)
    heading("Next")
    echo(f"  {made.command('run')}  # from landing to gold")
    echo(f"  {made.command('check')}  # after every change of the definition")
    echo(f"In {made.root} itself no option is needed.")


def _listed(lines: list[str]) -> None:
    for line in lines[:SHOWN]:
        echo(f"  {printable(line)}")
    if len(lines) > SHOWN:
        echo(f"  … and {len(lines) - SHOWN:,} more: README.md lists all.")
