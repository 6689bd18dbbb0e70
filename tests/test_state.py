"""The lake's own JSON files: damage is named, nothing is overwritten unseen, nothing is lost."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict

import pytest

from jobs.errors import LakeDamaged, Overtaken
from jobs.files import open_store
from jobs.lake import Lake
from jobs.ledger import HELD, INGESTED, FileEvent, Files
from jobs.report import FileNote
from jobs.state import Cache, DamagedState, StateFile
from jobs.storage import Storage

DAMAGE = {
    b"": "is empty",
    b'{"seq": 1, "fi': "is cut off",
    b"no JSON": "is not JSON",
    b"[1]": "not an object",
    b'{"format": 2}': "newer version",
    b'{"format": "x"}': "which is none",
}


def no_session():
    raise AssertionError("no Spark here")


def ledger(lake, **options) -> Files:
    return Files.read(Storage(no_session), str(lake), f"{lake}/files", **options)


def event(path: str, status: str = INGESTED, source: str = "sales") -> FileEvent:
    return FileEvent(source, path, "c", 1, "m", status)


@pytest.mark.parametrize(("data", "problem"), DAMAGE.items())
def test_damage_is_named_with_its_cure(tmp_path, data, problem):
    open_store(str(tmp_path)).write_bytes("x.json", data)
    with pytest.raises(DamagedState, match=problem) as error:
        StateFile(str(tmp_path), "x.json").read()
    assert str(tmp_path / "x.json") in str(error.value) and "`lake rebuild`" in str(error.value)
    assert (error.value.exit_status, isinstance(error.value, LakeDamaged)) == (6, True)
    cache = Cache(str(tmp_path), "x.json")
    assert cache.read() == {}
    cache.write({"n": 1})
    assert StateFile(str(tmp_path), "x.json").read() == {"n": 1}


def test_nothing_is_overwritten_that_was_not_seen(tmp_path):
    mine, other = (StateFile(str(tmp_path), "x.json") for _ in range(2))
    assert mine.read() is None
    mine.write({"n": 1})
    mine.write({"n": 2})
    other.read()
    other.write({"n": 3})
    with pytest.raises(Overtaken, match="another program"):
        mine.write({"n": 4})
    assert StateFile(str(tmp_path), "x.json").read() == {"n": 3}


SHAPES = (
    {"files": [{}]}, {"files": 1}, {"files": [1]}, {"seq": "x"}, {"unwritten": [1]}, {"seq": None},
    {"files": [{**asdict(event("a")), "batch": "1"}]},
)  # fmt: skip


@pytest.mark.parametrize("body", SHAPES, ids=str)
def test_a_files_json_of_another_shape_is_damaged_and_a_rebuild_sets_it_aside(tmp_path, body):
    data = json.dumps(body).encode()
    open_store(str(tmp_path)).write_bytes("files.json", data)
    with pytest.raises(DamagedState, match="another shape"):
        ledger(tmp_path)
    files = ledger(tmp_path, anew="run-1")
    assert "accepted or held by hand is no longer known" in files.lost
    files.save()
    assert ledger(tmp_path).all() == []
    assert (tmp_path / "set-aside/run-1/files.json").read_bytes() == data


def test_a_files_json_that_is_gone_is_told_from_a_new_lake(tmp_path):
    table = tmp_path / "bronze"
    assert ledger(tmp_path, tables=[str(table)]).all() == []
    (table / "_delta_log").mkdir(parents=True)
    (table / "_delta_log" / f"{0:020d}.json").write_text('{"commitInfo": {}}')
    with pytest.raises(LakeDamaged, match="is gone, but there is a table"):
        ledger(tmp_path, tables=[str(table)])
    assert ledger(tmp_path, tables=[str(table)], anew="run-1").lost


def test_a_source_is_looked_up_and_events_are_added_without_a_copy_or_a_write(tmp_path):
    files = ledger(tmp_path)
    view = files.of("sales")
    for number in range(20_000):
        files.add([event(f"{number}.csv")], "run")
    assert len(view) == 20_000 and not (tmp_path / "files.json").exists()
    assert files.of("sales") == view and not hasattr(view, "update")
    files.save()
    assert len(ledger(tmp_path).of("sales")) == 20_000


def test_events_added_from_many_threads_each_have_a_number(tmp_path):
    files, barrier = ledger(tmp_path), threading.Barrier(4)

    def add(source: str) -> None:
        barrier.wait()
        for number in range(50):
            files.add([event(f"{number}.csv", source=source)], "run")
            if number % 10 == 0:
                files.save()

    threads = [threading.Thread(target=add, args=(f"s{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    files.save()
    read = ledger(tmp_path)
    assert (len(read.all()), read.seq) == (200, 200)
    assert [seq for seq, _ in read._unwritten] == list(range(1, 201))


def test_a_note_of_another_step_survives_when_notes_are_taken_back():
    lake = Lake(*[None] * 6)  # type: ignore[arg-type]
    lake.notes.extend([FileNote("a", "x.csv", HELD, ""), FileNote("a", "y.csv", HELD, "")])
    other = threading.Thread(target=lambda: lake.notes.extend([FileNote("b", "z", HELD, "")]))

    class InBetween(frozenset):
        """Lets the other step note a file while this one looks at the notes."""

        def __contains__(self, path: object) -> bool:
            if not other.ident:
                other.start()
                other.join(timeout=0.2)
            return super().__contains__(path)

    lake.no_more_noted("a", InBetween({"x.csv"}))
    other.join()
    assert {note.path for note in lake.notes} == {"y.csv", "z"}
