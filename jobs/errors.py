"""The errors a run can end in, and the exit status each one carries."""

from __future__ import annotations


class LakeError(Exception):
    """Something a person must act on; the message says what, where and what to do next."""

    exit_status = 1


class DefinitionError(LakeError):
    """The lake definition, a setting or an argument is wrong; nothing was run."""

    exit_status = 2


class LakeBusy(LakeError):
    """Another run holds the lake; try again when it has ended."""

    exit_status = 4


class RetryableError(LakeError):
    """The run stopped for a passing cause; the same command may succeed later."""

    exit_status = 5


class RunStopped(RetryableError):
    """The run was told to stop and did, between two steps; the next one goes on from there."""


class LeaseLost(RetryableError):
    """This run no longer holds the lake, so it stopped before its next commit."""


class BooksDoNotBalance(LakeError):
    """landed = published + quarantined + superseded does not hold; the run stopped."""


class KeyCollision(LakeError):
    """Two business keys share one 64-bit surrogate key; nothing was published."""


class SchemaMismatch(LakeError):
    """A frame does not match its table's contract; nothing was published."""


class Overtaken(RetryableError):
    """Another writer committed to a table since this run read it; nothing was added to it."""


class LakeDamaged(LakeError):
    """A table or the lake's bookkeeping is not what the last run left; nothing that depends on it
    was published. The message is what was found, and then the cure."""

    exit_status = 6

    def __init__(self, found: str) -> None:
        super().__init__(
            f"{found}; nothing that depends on it was published. `lake rebuild` makes the lake "
            "anew from its landing files."
        )


class Overflow(LakeError):
    """A value is too great for the type of its column; nothing was published."""
