"""What an error means to a person: one sentence with the cure, and how far it reaches."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator

from jobs.errors import (
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
# com.acme.Thing: or org.acme.Thing$Inner: at the front of what is said.
JAVA_NAME = re.compile(r"\b(?:[a-z][\w$]*\.){2,}[A-Z][\w$]*(?:Exception|Error|Throwable)?:?\s*")
# What Spark puts before an error of a task, and the codes it puts around its messages.
TASK = re.compile(r"^.*Job aborted due to stage failure: .*\([^()]*executor[^()]*\): ")
ERROR_CLASS = re.compile(r"^\[[A-Z0-9_.]+\]")
SQLSTATE = re.compile(r"\s*SQLSTATE: \w{5}\b")
# Errors whose own message says most, whatever caused them.
SPARK_KNOWS = ("AnalysisException", "ParseException")
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
        where = _place(error) or "the lake's disk"
        return RetryableError(f"{where}: {what}; {cure}, and run it again.")
    return LakeError(f"{_said(error)}; run it again with --debug for the trace.")


def sentence(error: BaseException) -> str:
    """An error in one line."""
    told = translated(error) if isinstance(error, Exception) else error
    return " ".join(str(told).split())


def first_line(error: BaseException) -> str:
    """What an error of Spark's says, without its stack and its codes."""
    return _said(error)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what caused it, in Python or in Java."""
    while error is not None:
        yield error
        context = None if error.__suppress_context__ else error.__context__
        error = getattr(error, "cause", None) or error.__cause__ or context


def _text(error: BaseException) -> str:
    if isinstance(desc := getattr(error, "desc", None), str):
        # Of an error that Java raised and pyspark took over; its text would be asked of Java.
        return f"{desc}\n{getattr(error, 'stackTrace', '')}"
    try:
        return str(error)
    except Exception as other:  # py4j asks Java for the text, which may be gone
        return type(other).__name__


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


def _said(error: BaseException) -> str:
    """The line of an error's message that says most, without the names of Java's classes."""
    if type(error).__name__ == "UnknownException" and getattr(error, "cause", None):
        return _said(error.cause)  # type: ignore[attr-defined]
    if isinstance(error, OSError) and error.strerror:
        at = f"{error.filename}: " if error.filename else ""
        return f"{at}{error.strerror[0].lower()}{error.strerror[1:]}"
    lines = [line.strip() for line in _text(error).strip().split("\n")]
    causes = [line for line in lines if line.startswith(("Caused by: ", ": "))]
    own = type(error).__name__ in SPARK_KNOWS
    line = causes[-1].partition(": ")[2] if causes and not own else lines[0]
    said = line
    for noise in (TASK, ERROR_CLASS, JAVA_NAME, ERROR_CLASS, SQLSTATE):
        said = noise.sub("", said).strip()
    said = said.rstrip(":;. ")
    if " " not in said:
        shown = said or type(error).__name__
        return f"it failed in a way that the program does not expect ({shown})"
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}..."
