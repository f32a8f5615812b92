"""Processes that do one kind of task: fed in small batches, stopped at once, never lost silently.

Not `multiprocessing.Pool`, which waits for ever for a worker that was killed, and not `concurrent.futures`, which
cannot stop a task that has begun. Workers come from a fork server that has loaded what they need (a plain fork after
threads of BLAS or polars may deadlock); where there is none (Windows) they are spawned. The caller's `__main__` is
never imported by them, so a script without `if __name__ == "__main__"`, a notebook and `python -c` all work.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any, Generic, TypeVar, cast

from sim.errors import RunError

__all__ = ["Workers", "available_cores"]

Job = TypeVar("Job")
Task = TypeVar("Task")
Done = TypeVar("Done")

BATCH_S = 0.05  # of work in a batch at least, where tasks are short: sending one costs about 0.1 ms
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _serve(pipe: Connection, do: Callable[[Any, Any], Any], job: Any) -> None:
    """Do batches of tasks until told to stop (None) or the other side is gone. Runs in the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; the parent decides what it means
    try:
        while (batch := pipe.recv()) is not None:
            began_s = time.perf_counter()  # paces batches, decides nothing about results
            pipe.send(([(task, do(job, task)) for task in batch], time.perf_counter() - began_s))
    except (EOFError, BrokenPipeError):
        return
    except Exception as error:  # whatever it is, the parent raises it again: nothing is swallowed here
        error.add_note("in a worker process:\n" + traceback.format_exc())
        pipe.send(error)


class Workers(Generic[Job, Task, Done]):
    """Processes that answer `do(job, task)`; `do` must be importable, all values picklable. Use as a context manager.

    `preload`: modules for the fork server to load. Leaving the context kills whoever still works.
    """

    def __init__(self, count: int, do: Callable[[Job, Task], Done], job: Job, preload: Iterable[str] = ()) -> None:
        self._context = _context(list(preload))
        self._crew: dict[Connection, BaseProcess] = {}
        self._took_s, self._done = 0.0, 0
        with _hidden_main(), _one_thread():
            for _ in range(count):
                self._hire(do, job)

    def _hire(self, do: Callable[[Job, Task], Done], job: Job) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, do, job), daemon=True)
        process.start()
        theirs.close()  # so that its end is seen when the worker dies
        self._crew[ours] = process

    def __enter__(self) -> Workers[Job, Task, Done]:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe, process in self._crew.items():
            process.terminate()
            pipe.close()
        for process in self._crew.values():
            process.join()

    def map(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Done]]:
        """Yield (task, what it gave) as they come, in any order.

        Raises what a task raised, or RunError if a worker died (out of memory, most likely).
        """
        left = deque(tasks)
        busy = 0
        for pipe in self._crew:
            busy += self._feed(pipe, left)
        while busy:
            for ready in cast("list[Connection]", wait(list(self._crew))):  # what was given comes back
                busy -= 1
                found = self._answer(ready)
                busy += self._feed(ready, left)  # before the results are used: it should not stand idle
                yield from found

    def _feed(self, pipe: Connection, left: deque[Task]) -> int:
        """Send a worker its next batch; return how many were sent (0 or 1)."""
        if not left:
            return 0
        pipe.send([left.popleft() for _ in range(self._batch(len(left)))])
        return 1

    def _batch(self, left: int) -> int:
        """Return how many tasks make BATCH_S of work, but no more than leaves two batches for everybody."""
        if not self._done:
            return 1
        enough = math.ceil(BATCH_S * self._done / max(self._took_s, 1e-9))
        return max(1, min(enough, left // (2 * len(self._crew))))

    def _answer(self, pipe: Connection) -> list[tuple[Task, Done]]:
        try:
            answer = pipe.recv()
        except (EOFError, ConnectionResetError):
            process = self._crew[pipe]
            process.join(1.0)
            raise RunError(f"a worker process died (exit code {process.exitcode}); out of memory?") from None
        if isinstance(answer, BaseException):
            raise answer
        found, took_s = answer
        self._done += len(found)
        self._took_s += took_s
        return list(found)


def _context(preload: list[str]) -> Any:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(preload)
    return context


@contextmanager
def _hidden_main() -> Iterator[None]:
    """Let workers see an empty `__main__`: theirs would be the caller's script, run once more."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let libraries in workers use one thread each: as many processes as cores are at work already."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
