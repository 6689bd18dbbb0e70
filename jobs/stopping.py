"""A run told to stop from outside, by a signal: steps at work end, and no other begins."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stop:
    """Whether a signal has come, and which: a run asks it before each step.

    signal: the first one's number, 0 until then.
    """

    def __init__(self) -> None:
        self.signal = 0

    def __call__(self) -> bool:
        return self.signal != 0

    def take(self, number: int, frame: FrameType | None) -> None:
        """The handler; a second signal changes nothing."""
        self.signal = self.signal or number


@contextmanager
def stop_on(*signals: int) -> Iterator[Stop]:
    """Takes these signals for the length of a ``with`` block; only in the main thread."""
    stop = Stop()
    before = {number: signal.signal(number, stop.take) for number in signals}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
