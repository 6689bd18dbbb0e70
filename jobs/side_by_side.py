"""Steps that need each other's results, run as many at once as are ready."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from typing import TypeVar

# Small tables leave cores idle, while Spark plans one and Delta lists another's files.
AT_ONCE = 6
_Result = TypeVar("_Result")


def side_by_side(
    needs: Mapping[str, Iterable[str]], work: Callable[[str], _Result]
) -> dict[str, _Result]:
    """What ``work`` gives for each name in ``needs``, each begun when all that it needs has
    ended. An error keeps back what needs the failed step, and that alone; the first one is
    raised when all others have ended."""
    order = TopologicalSorter(needs)
    order.prepare()
    running: dict[Future[_Result], str] = {}
    done: dict[str, _Result] = {}
    errors: list[BaseException] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while True:
            running |= {pool.submit(work, name): name for name in order.get_ready()}
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                name, error = running.pop(future), future.exception()
                if error is not None:
                    errors.append(error)
                else:
                    done[name] = future.result()
                    order.done(name)
    if errors:
        raise errors[0]
    return done
