"""How far `lab up` has come, on standard error: a bar for each thing under way, or lines where there is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from chaos.lab.parts import Report

__all__ = ["shown"]


@contextmanager
def shown() -> Iterator[Report]:
    """Yield what is told what happens, and show it."""
    if not sys.stderr.isatty():
        yield _Words()
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(finished_text="✓"), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Bars(bars)


class _Words:
    """Says what is ready, one line each."""

    def step(self, part: str, text: str) -> None:
        """Say nothing: what begins will end."""

    def done(self, part: str, seconds: float) -> None:
        """Say that it is ready."""
        print(f"{part}: ready after {seconds:.1f} s", file=sys.stderr, flush=True)


class _Bars:
    """A line for everything under way; it goes when the thing is ready."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def step(self, part: str, text: str) -> None:
        """Show what is being done."""
        description = f"{part}: {text}"
        if part in self._tasks:
            self._bars.update(self._tasks[part], description=description)
        else:
            self._tasks[part] = self._bars.add_task(description, total=None)

    def done(self, part: str, seconds: float) -> None:
        """Take it away, and leave a line."""
        if part in self._tasks:
            self._bars.remove_task(self._tasks.pop(part))
        self._bars.console.print(f"{part}: ready after {seconds:.1f} s")
