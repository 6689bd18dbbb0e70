"""The virtual environment: made once, brought up to date when the requirements change."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from lake.setup import DEFAULT_SPARK, PROJECT, SetupError, interpreter

# What each purpose installs, besides the Spark pair.
PURPOSES = {
    "local": ("requirements/local.txt",),
    "cloud": ("requirements/local.txt", "requirements/cloud.txt"),
    "notebook": ("requirements/local.txt", "requirements/notebook.txt"),
    "docs": ("requirements/local.txt", "requirements/docs.txt"),
    "test": (
        "requirements/local.txt", "requirements/cloud.txt", "requirements/notebook.txt",
        "requirements/docs.txt", "requirements-dev.txt",
    ),
}  # fmt: skip
# Templates are made without a job being run: no Spark, no Java, no jars.
WITHOUT_SPARK = {"cloud"}
STAMP = ".lake-setup.json"


def folder(spark: str) -> Path:
    """The environment for a Spark version: ``.venv``, or ``.venv-3.5.2`` for another pair."""
    return PROJECT / (".venv" if spark == DEFAULT_SPARK else f".venv-{spark}")


def python(venv: Path) -> Path:
    """The environment's interpreter."""
    return venv / "bin" / "python"


def ensure(spark: str, purpose: str, say: Callable[[str], None]) -> Path:
    """Make or update the environment for a Spark version and purpose; its folder.

    Nothing happens when the requirement files are those it was made from. Raises SetupError
    when no interpreter fits or pip fails.
    """
    venv = folder(spark)
    pair = f"requirements/spark-{spark}.txt"
    if not (PROJECT / pair).exists():
        raise SetupError(f"Spark {spark} is not known here: there is no {pair}.")
    files = _files(purpose, pair)
    stamp = _read_stamp(venv)
    if stamp.get(purpose) == _fingerprint(files) and _starts(venv):
        return venv
    if not _starts(venv):
        _create(venv, say)
        stamp = {}
    what = "the CDK" if purpose in WITHOUT_SPARK else f"Spark {spark}"
    say(f"installing {what} and the rest into {venv.name} (some minutes the first time)")
    pip(venv, *(argument for name in files for argument in ("-r", name)))
    pip(venv, "--no-deps", "--no-build-isolation", "-e", ".")
    # Whatever these files hold besides is there too: the next `make` need not look again.
    held = {other for other in PURPOSES if set(_files(other, pair)) <= set(files)}
    stamp |= {other: _fingerprint(_files(other, pair)) for other in held}
    (venv / STAMP).write_text(json.dumps(stamp))
    return venv


def _files(purpose: str, pair: str) -> tuple[str, ...]:
    """The requirement files of a purpose. pair: the Spark pair's file."""
    return PURPOSES[purpose] if purpose in WITHOUT_SPARK else (*PURPOSES[purpose], pair)


def pip(venv: Path, *arguments: str) -> None:
    """Install with the project's constraints; SetupError with pip's last words if it fails."""
    command = [
        str(python(venv)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
        "--constraint", "constraints.txt", *arguments,
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        last = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise SetupError(f"pip could not install {' '.join(arguments)}:\n{last}")


def _create(venv: Path, say: Callable[[str], None]) -> None:
    chosen = interpreter.choose()
    say(f"making {venv.name} with {chosen}")
    shutil.rmtree(venv, ignore_errors=True)
    done = subprocess.run(
        [chosen, "-m", "venv", str(venv)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        raise SetupError(f"{chosen} could not make {venv}: {done.stdout.decode().strip()}")


def _starts(venv: Path) -> bool:
    """Whether the environment's interpreter runs (its base may have been removed)."""
    try:
        return subprocess.run([str(python(venv)), "-c", ""]).returncode == 0
    except OSError:
        return False


def _read_stamp(venv: Path) -> dict[str, str]:
    stamp = venv / STAMP
    return json.loads(stamp.read_text()) if stamp.exists() else {}


def _fingerprint(names: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for name in (*names, "constraints.txt", "pyproject.toml"):
        digest.update((PROJECT / name).read_bytes())
    return digest.hexdigest()
