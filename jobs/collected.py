"""What steps that run side by side collect: a list that any thread may extend."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

_Item = TypeVar("_Item")


class Collected(Generic[_Item]):
    """Items in the order they came; every operation is atomic."""

    def __init__(self, items: Iterable[_Item] = ()) -> None:
        self._items, self._lock = list(items), threading.Lock()

    def append(self, item: _Item) -> None:
        """One more item."""
        self.extend([item])

    def extend(self, items: Iterable[_Item]) -> None:
        """More items, next to each other."""
        added = list(items)
        with self._lock:
            self._items += added

    def discard(self, unwanted: Callable[[_Item], bool]) -> None:
        """Removes the items for which ``unwanted`` is true."""
        with self._lock:
            self._items = [item for item in self._items if not unwanted(item)]

    def __iter__(self) -> Iterator[_Item]:
        """The items as they are at this moment."""
        with self._lock:
            return iter(tuple(self._items))

    def __len__(self) -> int:
        with self._lock:
            return len(self._items)
