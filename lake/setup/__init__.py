"""What a bare clone needs before anything runs: an interpreter, packages, a Java, the jars.

Standard library alone, since it runs before anything is installed: ``python3 -m lake.setup``.
"""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
DEFAULT_SPARK = "3.5.7"


class SetupError(Exception):
    """The machine lacks something; the message says what, and how to get it."""
