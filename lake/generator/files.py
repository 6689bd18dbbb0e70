"""How generated files reach the landing folder: whole, never over others, and remembered.

What was written stands in ``.generated.json`` beside the landing folder, so that the same
call again can tell that nothing is to be done, and a later day knows what came before it.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any

from jobs.errors import DefinitionError

_CHUNK = 1 << 20


class Landing:
    """A landing folder that the generator writes, and its memory of what it wrote."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.marker = root.parent / ".generated.json"
        self._part = root.parent / ".generated.part"

    def memory(self) -> dict[str, Any]:
        """What ``remember`` kept; empty when nothing was generated here."""
        return json.loads(self.marker.read_text("utf-8")) if self.marker.exists() else {}

    def remember(self, memory: dict[str, Any]) -> None:
        """Keeps ``memory``, in one step."""
        self.root.parent.mkdir(parents=True, exist_ok=True)
        self._part.write_text(json.dumps(memory, indent=1, sort_keys=True), "utf-8")
        os.replace(self._part, self.marker)

    def is_empty(self) -> bool:
        """True when no file stands anywhere in the landing folder."""
        return not any(path.is_file() for path in self.root.rglob("*"))

    def still_stand(self, files: dict[str, int]) -> bool:
        """True when every file is there as written; False when one is missing.

        Raises DefinitionError for a file whose bytes have changed.
        """
        for name, checksum in files.items():
            path = self.root / name
            if not path.exists():
                return False
            if crc(path) != checksum:
                raise _differs(path)
        return True

    @contextmanager
    def write(self, name: str, files: dict[str, int], *, crlf: bool = False) -> Iterator[IO[str]]:
        """A text file ``name`` below landing, moved to its place when it is complete.

        Its checksum goes to ``files``. A file that is there already with the same bytes stays
        as it is; with others: DefinitionError.
        """
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with _text(self._part, packed=name.endswith(".gz"), crlf=crlf) as out:
            yield out
        files[name] = crc(self._part)
        if not path.exists():
            shutil.move(self._part, path)
        elif crc(path) == files[name]:
            self._part.unlink()
        else:
            raise _differs(path)


@contextmanager
def _text(path: Path, *, packed: bool, crlf: bool) -> Iterator[IO[str]]:
    newline = "\r\n" if crlf else "\n"
    with path.open("wb") as raw, ExitStack() as stack:
        # No name and no time in gzip's header: the same lines are the same bytes.
        packer = gzip.GzipFile("", "wb", 6, raw, mtime=0) if packed else raw
        yield stack.enter_context(TextIOWrapper(packer, "utf-8", newline=newline))


def crc(path: Path) -> int:
    """The CRC-32 of a file's bytes."""
    value = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            value = zlib.crc32(chunk, value)
    return value


def _differs(path: Path) -> DefinitionError:
    return DefinitionError(
        f"{path} is not as the generator wrote it, and is never overwritten; "
        "move it away or generate into another folder."
    )
