"""``python3 -m lake.package FOLDER``: the jobs as a zip that a Spark cluster takes.

spark-submit --master ... --jars <the Delta jars> --py-files jobs.zip run.py --root ...
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
RUN = '''"""What spark-submit starts; all else is in jobs.zip."""

import sys

from jobs.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
'''
# A file's own time would make another zip of the same code.
DATE = (1980, 1, 1, 0, 0, 0)


def package(folder: Path) -> tuple[Path, Path]:
    """Writes jobs.zip (the package with the retail lake) and run.py into ``folder``, which is
    made; gives both paths. The same code gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    archive, run = folder / "jobs.zip", folder / "run.py"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for file in sorted((PROJECT / "jobs").rglob("*.py")):
            name = zipfile.ZipInfo(file.relative_to(PROJECT).as_posix(), DATE)
            name.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(name, file.read_bytes())
    run.write_text(RUN)
    return archive, run


if __name__ == "__main__":
    for written in package(Path(sys.argv[1])):
        print(written)
