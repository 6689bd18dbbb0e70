"""Steps side by side: each after what it needs, and an error that holds back no other."""

import threading

import pytest

from jobs.side_by_side import side_by_side


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
    assert found == {"slow": "SLOW", "first": "FIRST", "last": "LAST"}


def test_an_error_keeps_back_what_needs_the_step_and_nothing_else():
    begun: list[str] = []

    def work(name: str) -> None:
        begun.append(name)
        if name == "bad":
            raise ValueError("bad")

    needs = {"bad": [], "needs bad": ["bad"], "good": [], "needs good": ["good"]}
    with pytest.raises(ValueError, match="bad"):
        side_by_side(needs, work)
    assert sorted(begun) == ["bad", "good", "needs good"]
