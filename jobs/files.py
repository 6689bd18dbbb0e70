"""Files below a root, on a local disk or on S3, behind one small interface.

The landing zone is read through it, and the lake's own small files (the lease, the
bookmarks) are written through it; Delta tables are not.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from jobs.errors import DefinitionError

# {what cannot be listed or read: why, and what to do}; a folder ends in ``/``.
Unreadable = dict[str, str]
FORBIDDEN = "it cannot be read: permission was denied; let this user read it"
TO_NOTHING = "it is a link to a file that is not there: mend the link, or take it away"
TO_ITSELF = "it is a link to itself: mend it, or take it away"
NO_FILE = "it is a pipe, a socket or a device and no file: take it away"
LEFTOVERS = ("~", ".tmp", ".part", ".crdownload")


@dataclass(frozen=True)
class FileStat:
    """A file as listed. path: relative to the store, with ``/``. size: bytes. modified: the
    time in nanoseconds on a local disk, the ETag on S3; it is only ever compared."""

    path: str
    size: int
    modified: str


@dataclass(frozen=True)
class Aged:
    """A small file as read. version: to hand to ``replace_if_unchanged``. age: seconds since it
    was written, by the clock of whoever stores it."""

    data: bytes
    version: str
    age: float


class Store(Protocol):
    """Files below one root; every path is relative to it and written with ``/``.

    A missing file raises FileNotFoundError, one that may not be read PermissionError; a
    passing failure of the network raises RetryableError.
    """

    def list(self, prefix: str = "", unreadable: Unreadable | None = None) -> Iterator[FileStat]:
        """The files whose path starts with ``prefix``, in the order of their paths' bytes.

        unreadable: is given what cannot be listed or read, which is left out, and why; without,
        a folder that cannot be listed raises PermissionError.
        """

    def stat(self, path: str) -> FileStat | None:
        """The file as it is now, or None."""

    def exists(self, path: str) -> bool:
        """Whether the file is there."""

    def open_read(self, path: str) -> BinaryIO:
        """The file as a stream of bytes, read as it is asked for."""

    def read_bytes(self, path: str) -> bytes:
        """The whole file."""

    def read_tail(self, path: str, size: int) -> bytes:
        """The last ``size`` bytes of the file; all of it where it has no more."""

    def read_versioned(self, path: str) -> tuple[bytes, str] | None:
        """The whole file and the version to hand to ``replace_if_unchanged``, or None."""

    def read_aged(self, path: str) -> Aged | None:
        """The whole file, its version and its age, or None."""

    def write_bytes(self, path: str, data: bytes) -> None:
        """Write or replace the file in one step."""

    def put_if_absent(self, path: str, data: bytes) -> bool:
        """Write the file if there is none; False, and nothing written, if there is one."""

    def replace_if_unchanged(self, path: str, data: bytes, version: str) -> bool:
        """Replace the file if it still is ``version``; False, and nothing written, if not."""

    def upload(self, local_path: Path, path: str) -> None:
        """Copy a local file here, in one step."""

    def delete(self, path: str) -> None:
        """Delete the file; none there is no error."""

    def delete_prefix(self, prefix: str) -> None:
        """Delete every file whose path starts with ``prefix``, which may not be empty."""

    def uri(self, path: str = "") -> str:
        """The name Spark reads the path by: ``s3a://...``, or an absolute local path."""


def open_store(uri: str) -> Store:
    """The store whose root is ``uri``: a local path, ``file://``, ``s3://`` or ``s3a://``.

    The root need not exist yet. Raises DefinitionError for any other kind of URI.
    """
    scheme, _, rest = uri.partition("://")
    if not rest:
        return LocalStore(Path(uri))
    if scheme == "file":
        return LocalStore(Path(unquote(urlsplit(uri).path)))
    if scheme in ("s3", "s3a"):
        from jobs.s3 import S3Store

        bucket, _, prefix = rest.partition("/")
        return S3Store(bucket, prefix.strip("/"))
    raise DefinitionError(f"{uri}: a zone is a local folder, file:// or s3://, not {scheme}://.")


def is_landing_file(path: str) -> bool:
    """Whether ``path`` names a landing file: ``*.csv`` or ``*.csv.gz`` in any case, nothing
    hidden on its way (a name that starts with ``.`` or ``_``), not an editor's leftover."""
    name = path.lower()
    hidden = any(part.startswith((".", "_")) for part in name.split("/"))
    return not hidden and not name.endswith(LEFTOVERS) and name.endswith((".csv", ".csv.gz"))


class LocalStore:
    """A local folder; see Store."""

    def __init__(self, root: Path) -> None:
        self._root = Path(os.path.abspath(root))

    def list(self, prefix: str = "", unreadable: Unreadable | None = None) -> Iterator[FileStat]:
        """See Store. A folder that is a link is followed, unless it leads back up."""
        found = self._walk(prefix.rpartition("/")[0], unreadable)
        paths = (path for path in found if path.startswith(prefix))
        for path in sorted(paths, key=os.fsencode):
            why = self._why_unreadable(path) if unreadable is not None else ""
            found_now = None if why else self.stat(path)
            if unreadable is not None and why:
                unreadable[path] = why
            elif found_now:
                yield found_now

    def _why_unreadable(self, path: str) -> str:
        """Why what has this name cannot be read as a file; "" where it can, or is gone by now.
        It is not opened: a pipe would never answer."""
        full = self._full(path)
        try:
            mode = os.stat(full).st_mode
        except FileNotFoundError:
            return TO_NOTHING if os.path.lexists(full) else ""
        except OSError as error:
            return _why(error)
        if not stat.S_ISREG(mode):
            return NO_FILE
        return "" if os.access(full, os.R_OK) else FORBIDDEN

    def _walk(self, folder: str, unreadable: Unreadable | None) -> Iterator[str]:
        def not_listed(error: OSError) -> None:
            if isinstance(error, (FileNotFoundError, NotADirectoryError)):
                return  # gone meanwhile, or never there
            if unreadable is None:
                raise error
            path = os.path.relpath(error.filename, self._root).replace(os.sep, "/")
            unreadable[f"{path}/"] = _why(error)

        seen: set[str] = set()
        walk = os.walk(self._full(folder), onerror=not_listed, followlinks=True)
        for base, folders, names in walk:
            real = os.path.realpath(base)
            if real in seen:
                folders.clear()
                continue
            seen.add(real)
            for name in names:
                yield os.path.relpath(os.path.join(base, name), self._root).replace(os.sep, "/")

    def stat(self, path: str) -> FileStat | None:
        """See Store."""
        try:
            found = os.stat(self._full(path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:
                return None
            raise
        if not stat.S_ISREG(found.st_mode):
            return None
        return FileStat(path, found.st_size, str(found.st_mtime_ns))

    def exists(self, path: str) -> bool:
        """See Store."""
        return self.stat(path) is not None

    def open_read(self, path: str) -> BinaryIO:
        """See Store."""
        return open(self._full(path), "rb")

    def read_bytes(self, path: str) -> bytes:
        """See Store."""
        return self._full(path).read_bytes()

    def read_tail(self, path: str, size: int) -> bytes:
        """See Store."""
        with open(self._full(path), "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - size))
            return file.read()

    def read_versioned(self, path: str) -> tuple[bytes, str] | None:
        """See Store; the version is a hash of the content."""
        try:
            data = self.read_bytes(path)
        except FileNotFoundError:
            return None
        return data, _version(data)

    def read_aged(self, path: str) -> Aged | None:
        """See Store; the age is by the file's own time and this machine's clock."""
        try:
            with self.open_read(path) as file:
                modified = os.fstat(file.fileno()).st_mtime
                data = file.read()
        except FileNotFoundError:
            return None
        return Aged(data, _version(data), time.time() - modified)

    def write_bytes(self, path: str, data: bytes) -> None:
        """See Store."""
        with self._beside(path) as temporary:
            temporary.write_bytes(data)
            _sync(temporary)
            os.replace(temporary, self._full(path))

    def put_if_absent(self, path: str, data: bytes) -> bool:
        """See Store. A hard link appears whole or not at all, which O_EXCL alone does not."""
        with self._beside(path) as temporary:
            temporary.write_bytes(data)
            _sync(temporary)
            try:
                os.link(temporary, self._full(path))
            except FileExistsError:
                return False
            return True

    def replace_if_unchanged(self, path: str, data: bytes, version: str) -> bool:
        """See Store. Everyone who replaces this way takes the same lock file beside it."""
        full = self._full(path)
        if not full.parent.is_dir():
            return False
        with open(full.with_name(f".{full.name}.lock"), "ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            current = self.read_versioned(path)
            if current is None or current[1] != version:
                return False
            self.write_bytes(path, data)
            return True

    def upload(self, local_path: Path, path: str) -> None:
        """See Store."""
        with self._beside(path) as temporary:
            shutil.copyfile(local_path, temporary)
            _sync(temporary)
            os.replace(temporary, self._full(path))

    def delete(self, path: str) -> None:
        """See Store."""
        self._full(path).unlink(missing_ok=True)

    def delete_prefix(self, prefix: str) -> None:
        """See Store. A prefix that ends in ``/`` takes its folder with it."""
        if not prefix.strip("/"):
            raise ValueError("delete_prefix needs a prefix; an empty one would delete the root")
        for found in list(self.list(prefix)):
            self.delete(found.path)
        if prefix.endswith("/") and self._full(prefix).is_dir():
            shutil.rmtree(self._full(prefix))

    def uri(self, path: str = "") -> str:
        """See Store."""
        return str(self._full(path))

    def _full(self, path: str) -> Path:
        if path.startswith("/") or ".." in path.split("/"):
            raise ValueError(f"{path}: not a path below {self._root}")
        return self._root / path

    @contextmanager
    def _beside(self, path: str) -> Iterator[Path]:
        """A temporary, hidden file in the folder of ``path``, gone at the end."""
        folder = self._full(path).parent
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=folder)
        os.close(handle)
        os.chmod(name, 0o644)
        try:
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)


def _why(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return TO_ITSELF
    if isinstance(error, PermissionError):
        return FORBIDDEN
    return f"it cannot be read ({error.strerror}): mend that, or take it away"


def _version(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _sync(path: Path) -> None:
    """Bring the bytes to the disk before a name points at them."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
