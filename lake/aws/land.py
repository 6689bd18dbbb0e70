"""Landing files, uploaded: each once, whole, and proved to have arrived as it was."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.errors import DefinitionError, LakeError
from jobs.files import is_landing_file

BLOCK = 1 << 20
SHA256 = "sha256"
Progress = Callable[[int], object]


@dataclass(frozen=True)
class Upload:
    """A file on its way. size: bytes. there: whether the same bytes have landed already."""

    file: Path
    key: str
    size: int
    sha256: str
    crc32: str
    there: bool


def plan(s3: Any, bucket: str, folder: str, paths: Sequence[Path]) -> list[Upload]:
    """What is to be uploaded, before anything is.

    :param folder: the source's folder in the landing bucket
    :param paths: files, which land by their names, and folders, whose landing files land by their
        paths below them
    :raises DefinitionError: a path is not there, is no landing file or holds none, two would land
        under one name, or a name has landed with other bytes; nothing was uploaded
    """
    named: dict[str, Path] = {}
    for path in paths:
        for name, file in _files(path):
            if name in named:
                raise DefinitionError(
                    f"{named[name]} and {file} would both land as {name}; nothing was uploaded: "
                    "give one another name."
                )
            named[name] = file
    below = folder.strip("/")
    return [_upload(s3, bucket, f"{below}/{name}", file) for name, file in named.items()]


def _files(path: Path) -> list[tuple[str, Path]]:
    """The landing files that a path stands for, by the name that each gets."""
    if path.is_file():
        found = [(path.name, path)]
    elif path.is_dir():
        found = [(f.relative_to(path).as_posix(), f) for f in sorted(path.rglob("*"))]
    else:
        raise DefinitionError(f"There is no file {path}; nothing was uploaded.")
    landing = [(name, file) for name, file in found if is_landing_file(name) and file.is_file()]
    if not landing:
        raise DefinitionError(
            f"{path} is no landing file and holds none (.csv or .csv.gz, not hidden); nothing was "
            "uploaded."
        )
    return landing


def _upload(s3: Any, bucket: str, key: str, file: Path) -> Upload:
    size, sha256, crc32 = fingerprint(file)
    landed = _landed(s3, bucket, key)
    if landed is not None and landed != (size, sha256):
        raise DefinitionError(
            f"{key} has landed already, with other bytes; nothing was uploaded. A landing file is "
            "never changed: land the new one under another name."
        )
    return Upload(file, key, size, sha256, crc32, there=landed is not None)


def fingerprint(file: Path) -> tuple[int, str, str]:
    """A file's size, its SHA-256 in hex, and its CRC-32 as S3 writes it."""
    digest, crc, size = hashlib.sha256(), 0, 0
    with file.open("rb") as content:
        while block := content.read(BLOCK):
            digest.update(block)
            crc = zlib.crc32(block, crc)
            size += len(block)
    return size, digest.hexdigest(), base64.b64encode(crc.to_bytes(4, "big")).decode()


def _landed(s3: Any, bucket: str, key: str) -> tuple[int, str] | None:
    """Size and SHA-256 of what stands there; it is read where it was not this that put it."""
    from botocore.exceptions import ClientError

    try:
        found = s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
            return None
        raise
    sha256 = found["Metadata"].get(SHA256) or _read(s3, bucket, key)
    return found["ContentLength"], sha256


def _read(s3: Any, bucket: str, key: str) -> str:
    digest = hashlib.sha256()
    for block in s3.get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(BLOCK):
        digest.update(block)
    return digest.hexdigest()


def send(s3: Any, bucket: str, upload: Upload, progress: Progress) -> None:
    """Uploads one file, in parts where it is large; S3 checks the whole of it by its CRC-32.

    :param progress: is told each number of bytes that went
    :raises LakeError: the file changed meanwhile; what was uploaded is taken back
    """
    s3.upload_file(
        str(upload.file), bucket, upload.key,
        ExtraArgs={"ChecksumCRC32": upload.crc32, "Metadata": {SHA256: upload.sha256}},
        Callback=progress,
    )  # fmt: skip
    there = s3.head_object(Bucket=bucket, Key=upload.key, ChecksumMode="ENABLED")
    # A store that does not keep checksums still tells the size.
    same = there.get("ChecksumCRC32", upload.crc32) == upload.crc32
    if not same or there["ContentLength"] != upload.size:
        s3.delete_object(Bucket=bucket, Key=upload.key)
        raise LakeError(
            f"{upload.file} did not arrive as it was, and was taken back: does something still "
            "write it? Land it again when it is complete."
        )
