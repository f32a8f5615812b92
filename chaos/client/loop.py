"""The event loop that a real run gets: uvloop where it is installed, and a collector that keeps still."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

__all__ = ["allow_files", "quiet_collector", "run"]

T = TypeVar("T")
Which = Literal["auto", "uvloop", "asyncio"]


def run(work: Coroutine[Any, Any, T], which: Which = "auto") -> T:
    """Run a coroutine to its end on a new loop and return its result. `auto`: uvloop if it is installed.

    uvloop makes three times the calls on one core (docs/performance.md); nothing else depends on it.
    """
    with asyncio.Runner(loop_factory=_factory(which)) as runner:
        return runner.run(work)


def _factory(which: Which) -> Callable[[], asyncio.AbstractEventLoop]:
    if which == "asyncio":
        return asyncio.new_event_loop
    try:
        import uvloop
    except ImportError:
        if which == "uvloop":
            raise
        return asyncio.new_event_loop
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


@contextmanager
def quiet_collector() -> Iterator[None]:
    """Spare what exists now from garbage collection: walking it takes tens of milliseconds, which would be lag.

    What a run makes is collected less often: a call leaves no cycles, and looking for them took 6 % of its time.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50 * before[0], *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def allow_files(count: int) -> None:
    """Raise this process's soft limit of open files to `count` or to its hard limit, where there are such limits."""
    try:
        import resource
    except ImportError:  # Windows has none
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
