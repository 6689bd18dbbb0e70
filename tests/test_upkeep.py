"""Which tables a run keeps up."""

from __future__ import annotations

from types import SimpleNamespace

from jobs import upkeep
from jobs.load import load
from jobs.settings import Zones


def test_tables_that_come_due_together_are_kept_up_over_the_next_runs(tmp_path, monkeypatch):
    definition, zones, kept = load(), Zones.under(str(tmp_path)), []
    storage = SimpleNamespace(head=lambda path: SimpleNamespace(version=upkeep.EVERY))
    monkeypatch.setattr(upkeep, "_unconsumed", lambda *_: {})
    monkeypatch.setattr(upkeep, "_keep", lambda storage, path, *_: kept.append(path))
    paths = upkeep.tables(definition, zones)
    each_run = []
    for _ in range(upkeep.EVERY):
        before = len(kept)
        upkeep.within_run(storage, definition, zones)
        each_run.append(len(kept) - before)
    assert max(each_run) == 2
    assert sorted(kept) == sorted(paths)  # each of them once, before it is due again
