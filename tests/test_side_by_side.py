"""Steps side by side: each after what it needs, and an error that holds back no other."""

import threading
from collections.abc import Callable

import pytest

from jobs.side_by_side import AT_ONCE, side_by_side, spread


def test_a_step_begins_as_soon_as_what_it_needs_has_ended():
    last_begun = threading.Event()

    def work(name: str) -> str:
        if name == "slow":
            # Waits for a step that a slower neighbour of its own needs must not keep back.
            assert last_begun.wait(20)
        if name == "last":
            last_begun.set()
        return name.upper()

    found = side_by_side({"slow": [], "first": [], "last": ["first"]}, work)
    assert found.done == {"slow": "SLOW", "first": "FIRST", "last": "LAST"}
    assert (found.failed, found.kept_back) == ({}, ())


class Lost(Exception):
    """Concerns every step."""


def trying(begun: list[str], **errors: BaseException) -> Callable[[str], None]:
    def work(name: str) -> None:
        begun.append(name)
        if name in errors:
            raise errors[name]

    return work


def test_an_error_keeps_back_what_needs_the_step_and_nothing_else():
    begun: list[str] = []
    bad, worse = ValueError("bad"), KeyError("worse")
    needs = {"bad": [], "needs": ["bad"], "more": ["needs"], "good": [], "on": ["good"],
             "worse": ["good"], "out": [], "of": ["out", "good"]}  # fmt: skip
    found = side_by_side(needs, trying(begun, bad=bad, worse=worse), without=("out",))
    assert sorted(begun) == ["bad", "good", "on", "worse"]
    assert sorted(found.done) == ["good", "on"]
    assert found.failed == {"bad": bad, "worse": worse}
    assert found.kept_back == ("needs", "more", "out", "of")
    assert spread(needs, {"bad": ["x"], "out": ["y"], "needs": ["z"]}) == {
        "bad": {"x"}, "needs": {"x", "z"}, "more": {"x", "z"}, "good": set(), "on": set(),
        "worse": set(), "out": {"y"}, "of": {"y"},
    }  # fmt: skip


@pytest.mark.parametrize("error", [Lost("lost"), KeyboardInterrupt()], ids=repr)
def test_an_error_that_concerns_every_step_begins_no_other_and_is_raised(error):
    begun: list[str] = []
    first = [f"step {number}" for number in range(AT_ONCE)]
    all_at_work, told = threading.Barrier(AT_ONCE), threading.Event()

    def work(name: str) -> None:
        begun.append(name)
        if name in first:
            all_at_work.wait(20)
        if name == first[0]:
            raise error
        assert told.wait(20)

    def concerns_all(found: BaseException) -> bool:
        told.set()
        return isinstance(found, Lost)

    # More are ready than can be at work at once; others become ready when they have ended.
    needs = {**dict.fromkeys(first, ()), "waits": (), "needs": (first[1],)}
    with pytest.raises(type(error)) as raised:
        side_by_side(needs, work, concerns_all=concerns_all)
    assert raised.value is error
    assert sorted(begun) == first
