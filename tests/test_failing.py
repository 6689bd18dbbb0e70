"""What an error means: one sentence with the cure, an exit status, and how far it reaches."""

from __future__ import annotations

import errno
import threading
from typing import Any

import pytest

from jobs.errors import (
    DefinitionError,
    KeyCollision,
    LakeDamaged,
    LeaseLost,
    Overtaken,
    RunStopped,
)
from jobs.failing import concerns_the_run, sentence, translated
from jobs.frames import Frames

ONE_TABLE, WHOLE_RUN = False, True
AGAIN = "run it again with --debug for the trace"


class Py4JJavaError(Exception):
    """As py4j raises what Java did: the stack is part of the text."""


class Py4JNetworkError(Exception):
    pass


class Captured(Exception):
    """As pyspark takes over what Java raised; its text cannot be had when Java is gone."""

    def __init__(self, desc: str, stack: str = "", cause: Exception | None = None) -> None:
        self.desc, self.stackTrace, self.cause = desc, stack, cause

    def __str__(self) -> str:
        raise Py4JNetworkError


class AnalysisException(Captured):
    pass


class UnknownException(Captured):
    pass


class ArithmeticException(Captured):
    pass


class AskedOfTheDead(Exception):
    def __str__(self) -> str:
        raise Py4JNetworkError("Answer from Java side is empty")


def of_java(*lines: str) -> Exception:
    return Py4JJavaError("An error occurred while calling o270.parquet.\n: " + "\n".join(lines))


def os_error(number: int) -> OSError:
    return OSError(number, "no matter", "/lake/silver/sales")


def because_of(cause: BaseException) -> Exception:
    error = RuntimeError("the write failed")
    error.__cause__ = cause
    return error


ABORTED = (
    "org.apache.spark.SparkException: Job aborted due to stage failure: Task 0 in stage 12.0 "
    "failed 1 times, most recent failure: Lost "
    "task 0.0 in stage 12.0 (TID 8) (host executor driver): "
)
CASES: dict[str, tuple[Any, int, bool, tuple[str, ...]]] = {
    "full": (os_error(errno.ENOSPC), 5, WHOLE_RUN, ("/lake/silver/sales", "no space")),
    "quota": (os_error(errno.EDQUOT), 5, WHOLE_RUN, ("/lake/silver/sales", "quota")),
    "read-only": (os_error(errno.EROFS), 5, WHOLE_RUN, ("/lake/silver/sales", "writable")),
    "forbidden": (os_error(errno.EACCES), 5, ONE_TABLE, ("/lake/silver/sales", "permission")),
    "behind another": (because_of(os_error(errno.ENOSPC)), 5, WHOLE_RUN, ("no space",)),
    "Java's full": (
        of_java("org.apache.spark.SparkException: Job aborted.", "\tat a.b.C.d(C.scala:1)",
                "Caused by: java.io.IOException: No space left on device", "\tat e.f.G"),
        5, WHOLE_RUN, ("no space",),
    ),
    "Java's read-only": (
        of_java("java.io.FileNotFoundException: /lake/gold/x.parquet (Read-only file system)"),
        5, WHOLE_RUN, ("/lake/gold/x.parquet", "writable"),
    ),
    "Java's forbidden": (
        UnknownException("org.apache.spark.SparkException: Task failed", "Caused by: java.io."
                         "FileNotFoundException: file:/lake/gold/y.crc (Permission denied)"),
        5, ONE_TABLE, ("/lake/gold/y.crc", "permission"),
    ),
    "Rust's full": (OSError("Generic LocalFileSystem error: No space left on device (os error 28)"),
                    5, WHOLE_RUN, ("no space",)),
    "session gone": (Py4JNetworkError("Answer from Java side is empty"), 5, WHOLE_RUN, ("Spark",)),
    "nobody answers": (ConnectionRefusedError(111, "Connection refused"), 5, WHOLE_RUN, ("Spark",)),
    "text of the dead": (AskedOfTheDead(), 5, WHOLE_RUN, ("Spark",)),
    "context stopped": (of_java("java.lang.IllegalStateException: Cannot call methods on a stopped "
                                "SparkContext."), 5, WHOLE_RUN, ("Spark",)),
    "analysis": (
        AnalysisException("[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column `nothing` cannot be "
                          "resolved. Did you mean `n`?; line 1 pos 7;\n'Project\n+- x", "at a.b.C"),
        1, ONE_TABLE, ("A column `nothing` cannot be resolved", AGAIN),
    ),
    "a task's": (
        UnknownException(ABORTED + "x", "", ArithmeticException("[DIVIDE_BY_ZERO] Division by zero "
                         "is undefined. SQLSTATE: 22012\n== SQL ==", "stack")),
        1, ONE_TABLE, ("Division by zero is undefined; ", AGAIN),
    ),
    "a task's without a cause": (
        UnknownException(ABORTED + "java.lang.RuntimeException: the row is too wide"),
        1, ONE_TABLE, ("the row is too wide; ", AGAIN),
    ),
    "not found": (FileNotFoundError(2, "No such file or directory", "/l/x"),
                  1, ONE_TABLE, ("/l/x: no such file or directory", AGAIN)),
    "one word": (KeyError("batch"), 1, ONE_TABLE, ("'batch'", AGAIN)),
    "no word": (AssertionError(), 1, ONE_TABLE, (AGAIN,)),
    "endless": (ValueError("so " * 1000), 1, ONE_TABLE, ("so so", AGAIN)),
    "collision": (KeyCollision("two keys are one;\n  see both"), 1, ONE_TABLE, ("one; see both",)),
    "damaged": (LakeDamaged("silver/sales is gone"), 6, ONE_TABLE, ("silver/sales", "rebuild")),
    "lease": (LeaseLost("lost"), 5, WHOLE_RUN, ("lost",)),
    "overtaken": (Overtaken("late"), 5, WHOLE_RUN, ("late",)),
    "stopped": (RunStopped("told to"), 5, WHOLE_RUN, ("told to",)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_error_is_one_sentence_with_its_cure(name):
    error, status, reach, words = CASES[name]
    said = sentence(error)
    assert all(word in said for word in words), said
    assert translated(error).exit_status == status
    assert concerns_the_run(error) is reach
    assert "\n" not in said and len(said) < 400
    noise = (
        "java.",
        "org.apache",
        "Exception",
        "Error",
        "\tat ",
        "stage",
        "[",
        "SQLSTATE",
        ";;",
    )
    assert not [each for each in noise if each in said.replace("AssertionError", "")], said


def test_an_interruption_concerns_the_run():
    assert concerns_the_run(KeyboardInterrupt())


def test_a_session_that_cannot_be_opened_is_told_where_it_is_needed(monkeypatch):
    tried, in_threads = [], []
    refused = DefinitionError("--conf a=b: no")

    def refuse():
        tried.append("once")
        raise refused

    monkeypatch.setattr(threading, "excepthook", in_threads.append)
    before, frames = {*threading.enumerate()}, Frames(refuse)
    frames.warm_up()
    for thread in {*threading.enumerate()} - before:
        thread.join(20)
    for _ in range(2):
        with pytest.raises(DefinitionError) as raised:
            _ = frames.spark
        assert raised.value is refused is frames.not_opened
    assert (tried, in_threads) == (["once"], [])
