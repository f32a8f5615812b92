"""How far a long command has come, on standard error: a bar with the time left, or lines where there is no terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Report", "progress", "spoken"]

Report = Callable[[int, int], None]  # runs done, runs in all
EVERY_S = 5.0  # between two lines where there is no terminal


@contextmanager
def progress(what: str) -> Iterator[Report]:
    """Yield a function that takes (done, total) and shows it under the name `what`."""
    if not sys.stderr.isatty():
        yield _Lines(what).report
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("runs, left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class _Lines:
    """Says one line every few seconds. A real clock is read here: it is people who wait."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began_s = self._said_s = time.monotonic()

    def report(self, done: int, total: int) -> None:
        """Say how far it is, if the last line is old enough."""
        now_s = time.monotonic()
        if now_s - self._said_s >= EVERY_S and done < total:
            self._said_s = now_s
            print(spoken(self._what, done, total, now_s - self._began_s), file=sys.stderr, flush=True)


def spoken(what: str, done: int, total: int, took_s: float) -> str:
    """Return `compare x: 40 of 270 runs, about 1m30s left`; the time left goes by the pace so far."""
    from sim.quantities import show_duration

    left = f", about {show_duration(float(f'{took_s / done * (total - done):.2g}'))} left" if done else ""
    return f"{what}: {done} of {total} runs{left}"
