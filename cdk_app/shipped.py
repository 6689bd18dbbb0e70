"""What of the project goes to a box, and so into its image."""

from __future__ import annotations

import shutil
from pathlib import Path

# What the box builds its image from, and nothing else: tests, documents and the infrastructure's
# own code change without a new box. Every change of what is shipped replaces the box, and is meant
# to: the asset's name is its content, so the user data names exactly the code that the deployment
# was made from, the update policy boots it, and the deployment fails, not the next night's run, if
# that code does not start. Code brought to a running box would leave what runs and what the
# template says apart. A run that is under way is ended; its tables stay as they were.
SHIPPED_FOLDERS = ("bootstrap", "jobs", "lake", "notebooks", "requirements")
SHIPPED_FILES = (".dockerignore", "constraints.txt", "pyproject.toml")
# What machines and editors leave behind is no change.
LITTER = ("__pycache__", "*.pyc", "*.egg-info", ".DS_Store", "*~", "*.swp", ".ipynb_checkpoints")


def ship(project: Path, to: Path) -> None:
    """Copies what a box would be sent.

    :param to: a folder that is not there yet
    """
    for name in SHIPPED_FOLDERS:
        shutil.copytree(project / name, to / name, ignore=shutil.ignore_patterns(*LITTER))
    for name in SHIPPED_FILES:
        shutil.copy(project / name, to)
