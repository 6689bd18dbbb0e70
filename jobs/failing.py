"""What an error means to a person: one sentence with the cure, and how far it reaches."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator

from jobs.errors import (
    DefinitionError,
    LakeBusy,
    LakeError,
    LeaseLost,
    Overtaken,
    RetryableError,
    RunStopped,
)

LONGEST = 300
# What Python, Java and Rust all say of a disk: {their words: what happened, whether it is so for
# every table, and what to do}.
FULL = ("there is no space left", "free some space")
QUOTA = ("the disk quota is used up", "free some space")
READ_ONLY = ("it can only be read", "make it writable")
FORBIDDEN = ("permission was denied", "let this user read and write there")
DISK = {
    "no space left on device": FULL,
    "disk quota exceeded": QUOTA,
    "read-only file system": READ_ONLY,
    "permission denied": FORBIDDEN,
}
NUMBERS = {
    errno.ENOSPC: FULL, errno.EDQUOT: QUOTA, errno.EROFS: READ_ONLY, errno.EACCES: FORBIDDEN,
    errno.EPERM: FORBIDDEN,
}  # fmt: skip
GONE = (
    "sparkcontext was shut down", "stopped sparkcontext", "answer from java side is empty",
    "error while sending or receiving", "an error occurred while trying to connect to the java",
)  # fmt: skip
GONE_NAMES = ("Py4JNetworkError",)
SPARK_ENDED = (
    "The Spark session ended while the run worked. Run it again; if that happens again, give it "
    "more memory (`lake run --memory`) or free some of this machine's."
)
AGAIN = "Run it again with `lake --debug` for the trace"
# com.acme.Thing: or org.acme.Thing$Inner: at the front of what is said.
JAVA_NAME = re.compile(r"\b(?:[a-z][\w$]*\.){2,}[A-Z][\w$]*(?:Exception|Error|Throwable)?:?\s*")
PATH = re.compile(r"(?:[a-z0-9]+:)?/(?:/[^/\s]+/)?[^\s:;,()'\"]+")


def concerns_the_run(error: BaseException) -> bool:
    """Whether an error is none of one table alone, so that no other step is to begin."""
    if not isinstance(error, Exception):
        return True
    if isinstance(error, LakeError):
        return isinstance(error, (LakeBusy, LeaseLost, Overtaken, RunStopped))
    return _session_ended(error) or _disk(error) not in (None, FORBIDDEN)


def translated(error: Exception) -> LakeError:
    """An error as a person is told it; a LakeError as it is."""
    if isinstance(error, LakeError):
        return error
    if _session_ended(error):
        return RetryableError(SPARK_ENDED)
    disk = _disk(error)
    if disk:
        what, cure = disk
        place = _place(error)
        where = place or "the lake's disk"
        return RetryableError(f"{where}: {what}; {cure}, and run it again.")
    said = _said(error)
    if type(error).__name__ == "ParseException":
        return DefinitionError(f"{said}: mend the SQL, and run it again.")
    end = "" if said.endswith((".", "!", "?")) else "."
    return LakeError(f"{said}{end} {AGAIN}.")


def sentence(error: BaseException) -> str:
    """An error in one line."""
    told = translated(error) if isinstance(error, Exception) else error
    return " ".join(str(told).split())


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as other:  # py4j asks Java for the text, which may be gone
        return f"{type(other).__name__}"


def _session_ended(error: Exception) -> bool:
    for each in _chain(error):
        if isinstance(each, ConnectionError) or type(each).__name__ in GONE_NAMES:
            return True
        said = _text(each).lower()
        if any(words in said for words in GONE) or said in map(str.lower, GONE_NAMES):
            return True
    return False


def _disk(error: Exception) -> tuple[str, str] | None:
    for each in _chain(error):
        if isinstance(each, OSError) and each.errno in NUMBERS:
            return NUMBERS[each.errno]
        said = _text(each).lower()
        for words, meaning in DISK.items():
            if words in said:
                return meaning
    return None


def _place(error: Exception) -> str:
    """The path that an error of the disk names; "" where it names none."""
    for each in _chain(error):
        if isinstance(each, OSError) and each.filename:
            return str(each.filename)
        for line in _text(each).split("\n"):
            if any(words in line.lower() for words in DISK):
                found = PATH.search(line)
                if found:
                    return found[0].removeprefix("file:")
    return ""


def _said(error: Exception) -> str:
    """The line of an error's message that says most, without the names of Java's classes."""
    lines = [line.strip() for line in _text(error).strip().split("\n")]
    causes = [line for line in lines if line.startswith(("Caused by: ", ": "))]
    line = causes[-1].partition(": ")[2] if causes else lines[0]
    said = JAVA_NAME.sub("", line).strip().rstrip(":")
    if not said:
        said = f"it failed without a word ({type(error).__name__})"
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}..."
