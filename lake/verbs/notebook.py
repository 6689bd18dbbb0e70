"""`lake notebook`: Jupyter on this machine, with the notebooks that read this lake."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click

from jobs.errors import DefinitionError
from lake.options import ENVIRONMENT, Place, Verb
from lake.output import echo
from lake.setup import PROJECT

NOTEBOOKS = PROJECT / "notebooks"
ELSEWHERE = "lake-notebooks"


@click.command("notebook", cls=Verb, short_help="Open Jupyter on this lake.")
@click.option("--port", default=8888, show_default=True, help="Where it listens on 127.0.0.1.")
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening it.")
@click.pass_obj
def verb(place: Place, port: int, no_browser: bool) -> None:
    """Open Jupyter with notebooks that read this lake. Only this machine reaches it.

    They are copies of your own, in the folder notebooks of the lake: change them as you like;
    the next time brings only those that are not there.

    \b
    Example:
      lake notebook
      lake notebook --port 9999 --no-browser
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise DefinitionError("Jupyter is not installed: `make notebook` brings and opens it.")
    folder = copies(place)
    echo(f"The notebooks are in {folder}. Ctrl-C ends Jupyter.")
    command = [
        sys.executable, "-m", "jupyterlab", "--ip=127.0.0.1", f"--port={port}",
        f"--ServerApp.root_dir={folder.absolute()}", *(["--no-browser"] if no_browser else []),
        *(["--allow-root"] if os.geteuid() == 0 else []),
    ]  # fmt: skip
    done = subprocess.run(command, env={**os.environ, **variables(place)})
    click.get_current_context().exit(done.returncode)


def copies(place: Place) -> Path:
    """The folder with the user's own notebooks; those that are not there yet are put there."""
    folder = place.folder / "notebooks" if place.folder else Path(ELSEWHERE)
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in sorted(NOTEBOOKS.glob("*.ipynb")):
        if not (folder / notebook.name).exists():
            shutil.copy(notebook, folder)
    return folder


def variables(place: Place) -> dict[str, str]:
    """What tells the notebooks which lake they read, wherever they stand."""
    told = {zone: getattr(place.zones, zone) for zone in ("landing", "bronze", "silver", "gold")}
    if place.definition:
        told["definition"] = str(Path(place.definition).absolute())
    return {ENVIRONMENT[name]: value for name, value in told.items()} | {ENVIRONMENT["root"]: ""}
