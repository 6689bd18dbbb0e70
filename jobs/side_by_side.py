"""Steps that need each other's results, run as many at once as are ready."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Generic, TypeVar

# Small tables leave cores idle, while Spark plans one and Delta lists another's files.
AT_ONCE = 6
_Cause = TypeVar("_Cause")
_Result = TypeVar("_Result")


@dataclass
class Outcome(Generic[_Result]):
    """How steps ended.

    Attributes:
        done: {name: what its step gave}.
        failed: {name: the error that its step ended in}.
        kept_back: the names whose steps did not begin, as they need one that failed.
    """

    done: dict[str, _Result] = field(default_factory=dict)
    failed: dict[str, Exception] = field(default_factory=dict)
    kept_back: tuple[str, ...] = ()


def stops_all(error: BaseException) -> bool:
    """Whether an error is none of one step alone: an interruption, not an exception."""
    return not isinstance(error, Exception)


def side_by_side(
    needs: Mapping[str, Iterable[str]],
    work: Callable[[str], _Result],
    *,
    without: Collection[str] = (),
    concerns_all: Callable[[BaseException], bool] = stops_all,
) -> Outcome[_Result]:
    """What ``work`` gives for each name in ``needs``, each begun when all that it needs has
    ended. An error keeps back what needs the failed step, and that alone.

    Args:
        needs: {name: the names that it needs}.
        work: makes one step.
        without: names that are not to begin, as if they had failed before.
        concerns_all: which errors keep back every other step. The first of them is raised, when
            the steps at work have ended.
    """
    order = TopologicalSorter(needs)
    order.prepare()
    ready: deque[str] = deque()
    running: dict[Future[_Result], str] = {}
    outcome: Outcome[_Result] = Outcome()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while True:
            ready += [name for name in order.get_ready() if name not in without]
            # None waits in the pool, where it would begin by itself.
            while ready and len(running) < AT_ONCE:
                name = ready.popleft()
                running[pool.submit(work, name)] = name
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                name, error = running.pop(future), future.exception()
                if error is None:
                    outcome.done[name] = future.result()
                    order.done(name)
                elif concerns_all(error) or not isinstance(error, Exception):
                    raise error
                else:
                    outcome.failed[name] = error
    ended = {*outcome.done, *outcome.failed}
    outcome.kept_back = tuple(name for name in needs if name not in ended)
    return outcome


def spread(
    needs: Mapping[str, Iterable[str]], causes: Mapping[str, Iterable[_Cause]]
) -> dict[str, set[_Cause]]:
    """{name: the causes of what it needs, directly or not, and its own}; none is left out."""
    found: dict[str, set[_Cause]] = {}
    for name in TopologicalSorter(needs).static_order():
        behind = [found[needed] for needed in needs.get(name, ())]
        found[name] = set(causes.get(name, ())).union(*behind)
    return found
