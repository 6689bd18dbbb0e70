"""Reads a landing file once, from its bytes to whole lines of text, and tells why it cannot.

What is wrong with the bytes (a broken gzip, another encoding, a binary) is found here.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from jobs.errors import DefinitionError, LakeError

MAX_RECORD = 16 * 1024 * 1024  # characters; beyond it a quote or a line end is surely wrong
BYTE_ORDER_MARK = "\ufeff"
OLD_MAC = "ends its lines by carriage returns alone (old Mac): save it with line feeds"
ANOTHER_ENCODING = 'set encoding= in the contract, for example "cp1252"'
# How a byte that is no text in its encoding travels ("surrogateescape").
STRAY = re.compile("[\udc80-\udcff]")
MAGIC = {
    b"\x1f\x8b": "it looks like gzip: name it .csv.gz",
    b"PK\x03\x04": "it looks like a zip or an Excel file: export it as CSV",
    b"PAR1": "it looks like Parquet: export it as CSV",
    b"\xff\xfe": 'it looks like UTF-16: set encoding="utf-16" in the contract',
    b"\xfe\xff": 'it looks like UTF-16: set encoding="utf-16" in the contract',
}


HEAD = max(map(len, MAGIC))


class Refused(LakeError):
    """A landing file cannot be trusted whole; the message is one sentence that says why."""


class Fingerprint:
    """Passes a file's bytes on, and counts and hashes them as they stand in the landing zone."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.size = 0
        # The first bytes, which tell what kind of file it is however it is read.
        self.head = b""
        self._ahead: bytes | None = None

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes, fewer only at the end. Raises Refused when they cannot be read."""
        try:
            if self._ahead is None:
                self._ahead = self.head = self._file.read(HEAD)
            data = self._ahead if size < 0 else self._ahead[:size]
            self._ahead = self._ahead[len(data) :]
            if not self._ahead and len(data) != size:
                data += self._file.read(size if size < 0 else size - len(data))
        except OSError as error:
            raise Refused(f"cannot be read: {error.strerror or error}") from error
        self._hash.update(data)
        self.size += len(data)
        return data

    def finish(self, chunk: int) -> str:
        """Read what is left; the SHA-256 of the whole file in hex."""
        while self.read(chunk):
            pass
        return self._hash.hexdigest()


def check_encoding(encoding: str) -> None:
    """Raises DefinitionError when ``encoding`` does not name an encoding of text."""
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    except (LookupError, ValueError) as error:
        raise DefinitionError(
            f'encoding="{encoding}" is not known; use one such as utf-8, cp1252 or utf-16.'
        ) from error


def escaped(text: str) -> str:
    """``text`` with each byte that was no text in its encoding as ``\\xNN``."""
    return STRAY.sub(lambda stray: f"\\x{ord(stray[0]) - 0xDC00:02x}", text)


def _byte_by_byte(encoding: str) -> bool:
    """Whether a byte that is no text spoils nothing but its own line: ASCII stands for itself,
    and no other byte is the first half of it."""
    if codecs.lookup(encoding).name in ("utf-8", "utf-8-sig"):
        return True
    ascii_bytes, every = bytes(range(128)), bytes(range(256))
    try:
        same = ascii_bytes.decode(encoding) == ascii_bytes.decode("ascii")
        return same and len(every.decode(encoding, "replace")) == len(every)
    except UnicodeError:
        return False


class TextReader:
    """A landing file's text, in pieces that end at a line's end.

    file: its bytes. gzipped: whether to unpack them. encoding: what they are text in.
    chunk: how many bytes to read at once.
    """

    def __init__(self, file: Fingerprint, gzipped: bool, encoding: str, chunk: int) -> None:
        self._file, self._gzipped, self._chunk = file, gzipped, chunk
        self._encoding = encoding
        self._line = 1

    def blocks(self) -> Iterator[str]:
        """Pieces of whole lines, each line ended by ``\\n``, the last one too.

        Without the byte order mark. A byte that is no text in the encoding is a lone surrogate
        (see ``escaped``) where it concerns its own line alone. Raises Refused for other bytes
        that are no text, for NUL, and for a line of more than MAX_RECORD characters.
        """
        pending = ""
        for text in self._decoded():
            if "\0" in text:
                raise self._binary(text)
            end = text.rfind("\n") + 1
            if end:
                yield pending + text[:end]
                self._line += text.count("\n")
                pending = text[end:]
            else:
                pending += text
            if len(pending) > MAX_RECORD:
                raise Refused(_too_long(pending, self._line))
        if pending:
            yield pending + "\n"

    def _unpacked(self) -> Iterator[bytes]:
        source = cast(BinaryIO, self._file)
        reader = gzip.GzipFile(fileobj=source, mode="rb") if self._gzipped else source
        while True:
            try:
                data = reader.read(self._chunk)
            except EOFError as error:
                raise Refused("is a gzip file cut short: copy it to landing again") from error
            except (gzip.BadGzipFile, zlib.error) as error:
                raise Refused(f"is not a sound gzip file ({error}): copy it again") from error
            if not data:
                return
            yield data

    def _decoded(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(self._encoding)()
        strict = codecs.lookup(self._encoding).name == "utf-8"
        data, offset, begun = b"-", 0, False
        chunks = self._unpacked()
        while data:
            data = next(chunks, b"")
            try:
                text = self._text(decoder, data)
                if not strict and decoder.errors == "strict":
                    text.encode()  # other codecs may let half a surrogate pair through
            except UnicodeError as error:
                raise self._undecodable(error, decoder, data, offset) from error
            offset += len(data)
            if text:
                yield text if begun else text.removeprefix(BYTE_ORDER_MARK)
                begun = True

    def _text(self, decoder: codecs.IncrementalDecoder, data: bytes) -> str:
        try:
            return decoder.decode(data, not data)
        except UnicodeDecodeError:
            told = self._file.head.startswith(tuple(MAGIC))
            if told or decoder.errors != "strict" or not _byte_by_byte(self._encoding):
                raise
        # A decoder that fails has taken nothing.
        decoder.errors = "surrogateescape"
        return decoder.decode(data, not data)

    def _undecodable(
        self, error: UnicodeError, decoder: codecs.IncrementalDecoder, data: bytes, offset: int
    ) -> Refused:
        where = f"{error}, line {self._line} or later"
        if isinstance(error, UnicodeDecodeError):
            before = len(error.object) - len(data)  # bytes the decoder kept from the last chunk
            sound = _ignoring(decoder, data[: max(0, error.start - before)])
            line = self._line + sound.count("\n")
            where = f"byte {offset - before + error.start}, line {line}"
        return Refused(f"is not {self._encoding} ({where}): " + self._hint(ANOTHER_ENCODING))

    def _binary(self, text: str) -> Refused:
        line = self._line + text[: text.index("\0")].count("\n")
        return Refused(
            f"holds NUL bytes (line {line}): "
            + self._hint('it looks binary, or is UTF-16: then set encoding="utf-16"')
        )

    def _hint(self, otherwise: str) -> str:
        return next((hint for magic, hint in MAGIC.items() if self._file.head.startswith(magic)),
                    otherwise)  # fmt: skip


def _ignoring(decoder: codecs.IncrementalDecoder, data: bytes) -> str:
    """The text of the bytes before a fault; "" where the fault is at the very start."""
    decoder.errors = "ignore"
    try:
        return decoder.decode(data)
    except UnicodeError:  # UTF-16 without its byte order mark, which "ignore" does not forgive
        return ""


def _too_long(pending: str, line: int) -> str:
    if line == 1 and "\r" in pending:
        return OLD_MAC
    return f"has a line of more than 16 million characters (line {line}): is it a CSV file?"
