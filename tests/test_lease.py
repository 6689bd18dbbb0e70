"""One run at a time per lake, and a dead holder does not block for ever."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from jobs import lease
from jobs.errors import LakeBusy, LeaseLost, RetryableError
from jobs.files import LocalStore, open_store
from jobs.lease import LEASE, Lease, held, seconds


def body(lake, **changes) -> bytes:
    """What the lease file says, with some of it changed."""
    told = json.loads(open_store(str(lake)).read_bytes(LEASE))
    return json.dumps({**told, **changes}).encode()


def aged(lake, seconds: float) -> None:
    """Makes the lease file as old as that."""
    os.utime(lake / LEASE, (time.time() - seconds,) * 2)


def test_a_second_run_is_told_who_holds_the_lake_since_when(tmp_path):
    with held(str(tmp_path), "first") as holder:
        told = json.loads(body(tmp_path))
        with pytest.raises(LakeBusy) as busy, held(str(tmp_path), "second"):
            pass
        assert "run first" in str(busy.value)
        assert told["since"] in str(busy.value)
        assert f"process {os.getpid()}" in str(busy.value)
        holder.check()
    with held(str(tmp_path), "third") as after:
        after.check()


def test_a_holder_of_this_machine_that_died_is_followed_at_once(tmp_path):
    code = f"from jobs.lease import Lease; Lease({str(tmp_path)!r}, 'dead').acquire()"
    code += "; import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    subprocess.run([sys.executable, "-c", code], check=False)
    assert json.loads(body(tmp_path))["expires"] > time.time() + 10
    with held(str(tmp_path), "heir") as heir:
        heir.check()


def test_a_later_process_of_the_same_id_is_not_taken_for_the_holder(tmp_path):
    first = Lease(str(tmp_path), "first")
    first.acquire()
    open_store(str(tmp_path)).write_bytes(LEASE, body(tmp_path, started="1"))
    with held(str(tmp_path), "heir") as heir:
        heir.check()


def test_a_holder_on_another_machine_is_followed_when_its_lease_has_expired(tmp_path):
    first = Lease(str(tmp_path), "first")
    first.acquire()
    store = open_store(str(tmp_path))
    store.write_bytes(LEASE, body(tmp_path, host="elsewhere", pid=1))
    with pytest.raises(LakeBusy):
        Lease(str(tmp_path), "second").acquire()
    store.write_bytes(LEASE, body(tmp_path, host="elsewhere", pid=1))
    aged(tmp_path, lease.SECONDS + 1)
    with held(str(tmp_path), "second") as second:
        second.check()
        first.release()  # the one that woke up late takes nothing away
        assert json.loads(body(tmp_path))["run_id"] == "second"


def test_a_run_whose_lease_was_taken_stops_before_its_next_commit(tmp_path):
    mine = Lease(str(tmp_path), "mine")
    mine.acquire()
    open_store(str(tmp_path)).write_bytes(LEASE, body(tmp_path, run_id="other"))
    mine.renew()
    with pytest.raises(LeaseLost, match="run it again"):
        mine.check()


def test_a_holder_that_cannot_renew_stops_before_others_may_take_over(tmp_path, monkeypatch):
    monkeypatch.setattr(lease, "RENEW_EVERY", 3600)
    mine = Lease(str(tmp_path), "mine")
    mine.acquire()
    expires = json.loads(body(tmp_path))["expires"]
    left = mine.good_until - seconds()
    assert time.time() + left < expires - lease.MARGIN + 1
    mine.good_until = seconds() - 0.001
    with pytest.raises(LeaseLost):
        mine.check()


def test_a_lease_is_renewed_while_its_holder_works(tmp_path, monkeypatch):
    monkeypatch.setattr(lease, "RENEW_EVERY", 0.02)
    with held(str(tmp_path), "mine") as mine:
        was = mine.good_until
        deadline = seconds() + 10
        while mine.good_until == was and seconds() < deadline:
            time.sleep(0.02)
        assert mine.good_until > was


@pytest.mark.parametrize(
    "error", [RetryableError("S3 is slow"), ValueError("half a body"), RuntimeError("no thread")]
)
def test_a_passing_fault_does_not_end_the_renewing(tmp_path, monkeypatch, error):
    monkeypatch.setattr(lease, "RENEW_EVERY", 0.02)
    faults, renew = [], Lease.renew

    def faulty(self):
        if not faults:
            faults.append(1)
            raise error
        renew(self)

    monkeypatch.setattr(Lease, "renew", faulty)
    with held(str(tmp_path), "mine") as mine:
        was = mine.good_until
        deadline = seconds() + 10
        while mine.good_until == was and seconds() < deadline:
            time.sleep(0.02)
        assert mine.good_until > was


def test_a_holder_among_other_processes_of_this_machine_is_not_thought_dead(tmp_path):
    first = Lease(str(tmp_path), "in a container")
    first.acquire()
    open_store(str(tmp_path)).write_bytes(LEASE, body(tmp_path, pids="pid:[1]", pid=2**22 + 1))
    with pytest.raises(LakeBusy):
        Lease(str(tmp_path), "beside it").acquire()


@pytest.fixture
def answers_lost(monkeypatch):
    """Each conditional put arrives, and its second try, for want of an answer, is refused."""
    for name in ("put_if_absent", "replace_if_unchanged"):
        put = getattr(LocalStore, name)
        monkeypatch.setattr(LocalStore, name, lambda *told, put=put: put(*told) and False)


def test_a_lease_whose_answer_was_lost_is_held_all_the_same(tmp_path, answers_lost):
    with held(str(tmp_path), "mine") as mine:
        mine.check()
        was = mine.good_until
        time.sleep(0.01)
        mine.renew()
        assert mine.good_until > was
    Lease(str(tmp_path), "dead").acquire()
    aged(tmp_path, lease.SECONDS + 1)
    with held(str(tmp_path), "heir") as heir:
        heir.check()


@pytest.mark.parametrize("data", [b"", b'{"run_id": "x', b"no JSON", b"[]", b"{}", b"null"])
def test_a_lease_that_cannot_be_read_is_held_until_it_has_aged(tmp_path, data):
    open_store(str(tmp_path)).write_bytes(LEASE, data)
    with pytest.raises(LakeBusy, match=r"lease\.json cannot be read .* counts as held until"):
        Lease(str(tmp_path), "second").acquire()
    told = lease.holder(str(tmp_path))
    assert told is not None and "cannot be read" in told["run_id"]
    aged(tmp_path, lease.SECONDS + 1)
    assert lease.holder(str(tmp_path)) is None
    with held(str(tmp_path), "heir") as heir:
        heir.check()


@pytest.mark.parametrize("data", [None, b"", b"{", b"[]"])
def test_a_run_whose_lease_is_deleted_or_damaged_stops_before_its_next_commit(tmp_path, data):
    mine = Lease(str(tmp_path), "mine")
    mine.acquire()
    mine.check()
    store = open_store(str(tmp_path))
    store.write_bytes(LEASE, data) if data is not None else store.delete(LEASE)
    with pytest.raises(LeaseLost, match="before its next commit; run it again"):
        mine.check()
    mine.renew()
    mine.release()


def test_a_lease_that_another_took_in_that_moment_is_not_held(tmp_path, monkeypatch):
    mine = Lease(str(tmp_path), "mine")
    mine.acquire()

    def taken(self, path, data, version):
        self.write_bytes(path, body(tmp_path, run_id="other"))
        return False

    monkeypatch.setattr(LocalStore, "replace_if_unchanged", taken)
    mine.renew()
    with pytest.raises(LeaseLost):
        mine.check()
