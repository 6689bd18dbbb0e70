"""What a call of the generator has written so far."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any


class Tally:
    """Rows and dirt by source, and the checksum of each file.

    expected: about how many rows there will be. on_progress: told (written, expected).
    """

    def __init__(
        self, expected: int, on_progress: Callable[[int, int], None] | None = None
    ) -> None:
        self.rows: Counter[str] = Counter()
        self.dirt: dict[str, Counter[str]] = defaultdict(Counter)
        self.files: dict[str, int] = {}
        self._expected = expected
        self._on_progress = on_progress

    def add(self, source: str, rows: int) -> None:
        """Counts rows that were written."""
        self.rows[source] += rows
        if self._on_progress:
            written = self.rows.total()
            self._on_progress(written, max(written, self._expected))

    def memory(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        dirt = {source: dict(sorted(kinds.items())) for source, kinds in self.dirt.items()}
        return {"rows": dict(self.rows), "dirt": dirt, "files": self.files}
